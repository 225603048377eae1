"""Tweedie τ-leaping: each token is drawn from its own exact posterior, given all tokens."""

from dataclasses import dataclass
from typing import ClassVar

from jax import Array

from harness.foundation.registry import samplers
from harness.law.claims import Claims, Trait
from harness.law.step import StepLaw, Tokens
from harness.process.noise import Noise
from harness.process.score import Score


def rates_in_step(score: Score, noise: Noise, x: Array, t: Array, u: Array) -> Array:
    """``[n, d, S, S]`` ``R(b, a) m(b)/m(a)``, ``m ∝ Pr(X_u^i = · | X_t^{-i})``.

    The reverse rates of a single token whose law is ``m``: given all others at ``t``, the posterior
    of token ``i`` at ``u`` is ``m(b) P(b, x_i)``.
    """
    m = noise.earlier(score(t, x), t - u)
    return noise.rate_matrix(m.shape[-1]).T * m[..., None, :] / m[..., :, None]


@samplers.add("tweedie")
@dataclass(frozen=True)
class Tweedie:
    """Tweedie τ-leaping: each token is drawn from its own posterior given all tokens.

    To ``b``: ``∝ [s_t(x)_i P_h^{-1}]_b P_h(b, x_i)``, the ratios ``s_t(x)_i`` a row vector.

    With the exact score this *is* ``Pr(X_s^i = b | X_t = x)``.  (Row times ``P_h^{-1}`` undoes the
    noise of token ``i`` alone in ``q_t(x^{i←b})/q_t(x)``; times ``P_h(b, x_i)`` is Bayes' rule.)
    With an estimated score entries can be negative: they are clipped, and the amount is reported.
    """

    claims: ClassVar[Claims] = Claims(
        output_order=2,
        chain_order=1,
        traits={
            Trait.INDEPENDENT_TOKENS,
            Trait.KEEPS_MASS,
            Trait.SCORE_AT_GRID_TIMES,
            Trait.POSITIONS_ALIKE,
            Trait.EXACT_TOKEN_MARGINALS,
        },
        rates_in_step=rates_in_step,
    )

    def step(self, score: Score, noise: Noise, x: Array, t: Array, s: Array) -> StepLaw:
        return Tokens.clip_negative(noise.bridge(score(t, x), x, t - s))
