"""The Euler method: each token jumps with probability ``h`` times its rate."""

from dataclasses import dataclass
from typing import ClassVar

import jax.numpy as jnp
from jax import Array

from harness.foundation.registry import samplers
from harness.law.claims import Claims, Trait
from harness.law.step import StepLaw, Tokens, first_jump
from harness.process.noise import Noise
from harness.process.score import Score


def rates_in_step(score: Score, noise: Noise, x: Array, t: Array, u: Array) -> Array:
    """``[n, d, S, S]``: a token that has not jumped does at ``r/(1 - (t - u) R)``, then rests."""
    rates = noise.reverse_rates(score(t, x), x)
    left = 1.0 - (t - u) * rates.sum(-1, keepdims=True)
    return first_jump(x, rates / left)


@samplers.add("euler")
@dataclass(frozen=True)
class Euler:
    """The Euler method: a token jumps to ``b`` with probability ``h r(b)``, else it stays.

    Where ``h R > 1`` the stay probability is set to 0, the moves are scaled to sum to one, and
    the excess is reported as clipped.
    """

    claims: ClassVar[Claims] = Claims(
        output_order=2,
        chain_order=1,
        traits={
            Trait.INDEPENDENT_TOKENS,
            Trait.KEEPS_MASS,
            Trait.SCORE_AT_GRID_TIMES,
            Trait.POSITIONS_ALIKE,
            Trait.LINEAR_IN_RATES,
        },
        rates_in_step=rates_in_step,
    )

    def step(self, score: Score, noise: Noise, x: Array, t: Array, s: Array) -> StepLaw:
        moves = (t - s) * noise.reverse_rates(score(t, x), x)
        leave = moves.sum(-1)
        over = jnp.maximum(leave, 1.0)
        return Tokens.stay_or_move(
            x,
            moves / over[..., None],
            jnp.maximum(1.0 - leave, 0.0),
            clipped=over - 1.0,
        )
