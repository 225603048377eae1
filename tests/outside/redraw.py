"""A right sampler that corrects itself: Tweedie, then one position drawn anew at the step's end."""

from dataclasses import dataclass
from typing import ClassVar

import jax.numpy as jnp
import numpy as np

from harness.claims import Claims, Trait
from harness.noise import own_token
from harness.samplers import Tweedie
from harness.step import InTurn, Mixture


@dataclass(frozen=True)
class Redraw:
    """Tweedie τ-leaping to ``s``, then a random position drawn from its law there given the rest.

    The second stage keeps ``q_s`` and brings any law nearer to it, by a factor that no step
    changes.  What the steps before have left is forgotten, so the output's TV is that of a few
    steps, ``O(h²)``, and its KL of order 4.  It claims the order 2 of Tweedie, which is right, too.
    ``power``: of the law that it is drawn from; another than 1 is wrong.
    """

    power: float = 1.0
    claims: ClassVar[Claims] = Claims(
        output_order=2,
        chain_order=0,  # no such moves are in the true chain
        traits={Trait.KEEPS_MASS, Trait.POSITIONS_ALIKE},
        score_calls=2,
        needs_early_stopping=True,
    )

    def step(self, score, noise, x, t, s):
        ratios = score(s, x)
        own, positions = own_token(x, ratios.shape[-1]), np.arange(x.shape[1])
        weights = jnp.where(own, 1.0, ratios) ** self.power
        drawn = weights / weights.sum(-1, keepdims=True)
        turn = (positions[:, None] == positions)[..., None]
        p = jnp.where(turn, drawn[:, None], own[:, None])
        log_weights = jnp.full((len(x), len(positions)), -np.log(len(positions)))
        return InTurn((Tweedie().step(score, noise, x, t, s), Mixture(log_weights, p)))
