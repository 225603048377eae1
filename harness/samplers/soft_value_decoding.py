"""Soft value decoding: one of ``k`` proposals is kept, by what each promises."""

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from harness.foundation.registry import samplers
from harness.foundation.validation import integer
from harness.law.claims import Claims, Trait
from harness.law.step import Chosen, StepLaw, Tokens
from harness.process.noise import Noise
from harness.process.score import Score
from harness.samplers.tweedie import Tweedie


@samplers.add("soft_value_decoding")
@dataclass(frozen=True)
class SoftValueDecoding:
    """Soft value decoding: ``k`` next states of ``proposal``, one kept with weight ``v_s(y)``.

    ``v_s(y) = E[e^{r(X_0)/α} | X_s = y]`` is the exponential of the soft value, exact here.  For a
    ``Tilted`` target the proposal has the score of the base, so that ``k = 1`` samples the base;
    as ``k → ∞`` the step is ``K(y) v_s(y)/Σ K v_s``, which is the tilted law's own step where
    ``K`` is that of the base.  On other targets ``v`` is 1 and the sampler is its proposal.

    Statement.  With ``k`` fixed and ``h → 0`` it does not sample the tilted law: it jumps to ``y``
    at ``k v(y)/(v(y) + (k-1) v(x))`` times the base's rate, in place of ``v(y)/v(x)`` times.
    Proof.  With probability ``k h r(y)`` one proposal is ``y`` and the others, to first order, stay
    at ``x``; it is kept with probability ``v(y)/(v(y) + (k-1) v(x))``.  ∎

    ``proposal`` is a sampler whose tokens move independently and lose nothing.  Its law on all
    states is a table, on up to 1,024 of them.  Source: Li et al., arXiv 2408.08252 (SVDD).
    """

    k: int = 4
    proposal: Any = Tweedie()  # noqa: RUF009 (frozen)

    def __post_init__(self) -> None:
        integer("k", self.k, 1)
        claims = getattr(self.proposal, "claims", None)
        wanted = {Trait.INDEPENDENT_TOKENS, Trait.KEEPS_MASS}
        if not isinstance(claims, Claims) or not wanted <= claims.traits or claims.memory > 1:
            raise ValueError(
                "proposal must be a sampler of independent tokens that keeps mass and no memory, "
                f"got {self.proposal!r}"
            )

    @property
    def claims(self) -> Claims:
        inner = self.proposal.claims
        return Claims(
            output_order=inner.output_order,  # where nothing is tilted
            chain_order=inner.chain_order,
            traits={
                Trait.KEEPS_MASS,
                Trait.SCORE_AT_GRID_TIMES,
                *(inner.traits & {Trait.POSITIONS_ALIKE}),
            },
            score_calls=inner.score_calls,
            adds_values=inner.adds_values,
            needs_mask=inner.needs_mask,
            starts_masked=inner.starts_masked,
            begins_with=self.proposal,
            tilted_order=0,
            draws=self.k,
        )

    def step(self, score: Score, noise: Noise, x: Array, t: Array, s: Array) -> StepLaw:
        law = self.proposal.step(score.prior, noise, x, t, s)
        if not isinstance(law, Tokens):
            raise TypeError(f"a proposal must be a law of independent tokens, got {law!r}")
        return Chosen(law, jax.tree_util.Partial(_log_value, score, s), self.k)


def _log_value(score: Score, s: Array, y: Array) -> Array:
    return score.log_value(jnp.maximum(s, 0.0), y)  # a step may be told to end past the data
