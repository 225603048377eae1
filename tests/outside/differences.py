"""Right samplers that say what is left of 1 as a difference, which rounding may put below 0."""

from dataclasses import dataclass
from typing import ClassVar

import jax.numpy as jnp

from harness.claims import Claims
from harness.noise import own_token
from harness.samplers import MaskedPlugIn, Tweedie
from harness.step import Tokens


@dataclass(frozen=True)
class StaysByDifference:
    """Tweedie τ-leaping whose stay probability is ``1 - Σ moves``, of moves off by ``error``."""

    error: float = 0.0
    claims: ClassVar[Claims] = Tweedie.claims

    def step(self, score, noise, x, t, s):
        law = Tweedie().step(score, noise, x, t, s)
        own = own_token(x, law.p.shape[-1])
        moves = jnp.where(own, 0.0, law.p * (1 + self.error))
        return Tokens.stay_or_move(x, moves, 1.0 - moves.sum(-1), clipped=law.clipped)


@dataclass(frozen=True)
class HidesByDifference:
    """Masked plug-in: a mask stays with what is left of 1 by what is shown, off by ``error``."""

    error: float = 0.0
    claims: ClassVar[Claims] = MaskedPlugIn.claims

    def step(self, score, noise, x, t, s):
        shown = noise.shown(t, s) * noise.clean_law(score, t, x) * (1 + self.error)
        hides = 1.0 - shown.sum(-1, keepdims=True)
        return Tokens(noise.reveal(x, jnp.concatenate([shown, hides], -1)))
