"""A sampler that is not part of the library, written against its public contract only."""

from dataclasses import dataclass
from typing import ClassVar

from jax import Array

from harness.claims import Claims, Trait
from harness.noise import Noise
from harness.score import Score
from harness.step import StepLaw, Tokens


@dataclass(frozen=True)
class ImplicitEuler:
    """Backward Euler: to ``b`` with probability ``h r(b)/(1 + h R)``, stay with ``1/(1 + h R)``.

    A law however long the step is, with nothing to clip.  As ``1/(1 + u)`` and ``e^{-u}`` agree to
    first order, each token's law is within ``O(h²)`` of the true one: the orders of τ-leaping.
    """

    claims: ClassVar[Claims] = Claims(
        output_order=2,
        chain_order=1,
        traits={
            Trait.INDEPENDENT_TOKENS,
            Trait.KEEPS_MASS,
            Trait.SCORE_AT_GRID_TIMES,
            Trait.POSITIONS_ALIKE,
        },
    )

    def step(self, score: Score, noise: Noise, x: Array, t: Array, s: Array) -> StepLaw:
        moves = (t - s) * noise.reverse_rates(score(t, x), x)
        stay = 1 / (1 + moves.sum(-1))
        return Tokens.stay_or_move(x, moves * stay[..., None], stay)
