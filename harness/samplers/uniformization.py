"""Uniformization: the estimated reverse chain itself, run without any discretisation."""

import math
from dataclasses import dataclass
from typing import ClassVar

from jax import Array
from jax.tree_util import Partial

from harness.foundation.registry import samplers
from harness.law.claims import Claims, Trait
from harness.law.step import StepLaw, Varying
from harness.process.noise import Noise
from harness.process.score import Score


def _rates(score: Score, noise: Noise, u: Array, y: Array) -> Array:
    return noise.reverse_rates(score(u, y), y)


@samplers.add("uniformization")
@dataclass(frozen=True)
class Uniformization:
    """Uniformization: the chain with the rates ``R(b, y_i) s_u(y)_{i,b}`` of *every* time ``u``.

    Candidate events come at the constant rate ``λ`` of the step, a bound on the rate out of any
    state; at each the score is asked at that time and state, and a jump happens with probability
    ``rate/λ``.  The law does not depend on the grid: there is no discretisation error, and with the
    exact score and start none at all.

    ``λ = d max_{c,a} Σ_{b≠a} P_s(c, b) R(b, a)/P_s(c, a)`` times what the score overstates at most:
    ``d (1/(1 - e^{-s}) - 1/S)`` for uniform noise, ``d/(e^s - 1)`` for absorbing noise.  It is
    infinite at ``s = 0``, hence ``δ > 0``.  The number of score calls is random, one a candidate
    event: see ``harness.measurement.score_calls``.  Source: Chen and Ying, arXiv 2402.08095.
    """

    claims: ClassVar[Claims] = Claims(
        output_order=math.inf,
        chain_order=math.inf,
        traits={Trait.KEEPS_MASS, Trait.POSITIONS_ALIKE, Trait.EXACT_TIME},
        score_calls=0,
        needs_early_stopping=True,
        no_derivative="its rates are followed through as many pieces of a step as they need",
    )

    def step(self, score: Score, noise: Noise, x: Array, t: Array, s: Array) -> StepLaw:
        top = x.shape[1] * noise.largest_exit(s, score.symbols) * score.inflation
        return Varying(Partial(_rates, score, noise), t, s, top)
