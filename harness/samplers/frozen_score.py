"""The frozen-score sampler of Zhang, Chen and Gu: only the score's *time* is frozen in a step."""

from dataclasses import dataclass
from typing import ClassVar

from jax import Array

from harness.foundation.registry import samplers
from harness.law.claims import Claims, Trait
from harness.law.step import Generator, StepLaw
from harness.process.noise import Noise
from harness.process.score import Score


@samplers.add("frozen_score")
@dataclass(frozen=True)
class FrozenScore:
    """Frozen score: the exact chain of a step whose score does not age.

    Inside a step it runs with rates ``R(b, y_i) s_t(y)_{i,b}`` at its current state ``y`` and the
    time ``t`` where the step began: law ``expm(h G_t)``.  Every jump asks for the score at a new
    state, so the number of score calls is random; one a step is only the least.  Algorithm 1 of
    arXiv 2410.02321.
    """

    claims: ClassVar[Claims] = Claims(
        output_order=2,
        chain_order=2,
        traits={
            Trait.KEEPS_MASS,
            Trait.SCORE_AT_GRID_TIMES,
            Trait.POSITIONS_ALIKE,
            Trait.FROZEN_RATES,
        },
    )

    def step(self, score: Score, noise: Noise, x: Array, t: Array, s: Array) -> StepLaw:
        return Generator(noise.reverse_rates(score(t, x), x), t - s)
