"""DNDM: every token has a transition time, drawn beforehand, at which it is written once."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array

from harness.foundation.registry import samplers
from harness.law.claims import Claims, Counted, Trait
from harness.law.score_calls import steps_with_moves, steps_with_transitions
from harness.law.step import StepLaw, Tokens
from harness.process.grids import Grid
from harness.process.noise import Noise, own_token
from harness.process.score import Score
from harness.samplers.masked_plug_in import MaskedPlugIn, rates_in_step


def written(score: Score, noise: Noise, x: Array, t: Array) -> tuple[Tokens, Array]:
    """What a token with a bit of memory is written as, ``[n, d, 2 S]``; ``[n, d]`` who is not yet.

    A draw of the clean token given all tokens, which sets the bit; one that has it stays.
    """
    symbol, waits = x // 2, x % 2 == 0
    guess = Tokens.clip_negative(noise.bridge(score(t, symbol), symbol, t))
    moved = jnp.stack([jnp.zeros_like(guess.p), guess.p], -1).reshape(*x.shape, -1)
    stays = own_token(x, moved.shape[-1]).astype(moved.dtype)
    p = jnp.where(waits[..., None], moved, stays)
    return Tokens(p, clipped=jnp.where(waits, guess.clipped, 0.0)), waits


def chance(t: Array, s: Array) -> Array:
    """That a token which has not moved by ``t`` does by ``s``: ``(e^{-s} - e^{-t})/(1 - e^{-t})``.

    Its transition time is at most ``τ`` with probability ``1 - e^{-τ}``, as noise comes forward.
    """
    return 1.0 - jnp.expm1(-s) / jnp.expm1(-t)


def remembering(calls: Callable[[Grid, int], np.ndarray], counted: Counted) -> Claims:
    """What is true of a sampler that ``written`` serves, whatever the order of its tokens."""
    return Claims(
        output_order=0,
        chain_order=0,
        traits={Trait.KEEPS_MASS, Trait.SCORE_AT_GRID_TIMES, Trait.POSITIONS_ALIKE},
        memory=2,
        calls=calls,
        counted=counted,
    )


@samplers.add("dndm")
@dataclass(frozen=True)
class DNDM:
    """DNDM: a token is written once, in the step that holds its transition time, else it stays.

    It is written with a draw of the clean token from its law given all tokens at the start of the
    step; steps without a transition time need no score.  The times are drawn beforehand from the
    law of the forward process, but nothing is lost by drawing them as the steps come: that a token
    has not moved yet is all that they tell, and the chance that it now does is
    ``(e^{-s}-e^{-t})/(1-e^{-t})``.

    Under absorbing noise the mask shows who has not moved, and the law is that of the masked
    plug-in on the same grid.  Under another noise nothing shows it: with ``remembers`` each token
    carries one bit.  The score knows nothing of that bit, and this leaves a bias that no number of
    steps removes.  With one token that is clear: it waits as pure noise, ``X ~ uniform``, until its
    time ``τ``, and becomes ``Pr(X_0 | X_τ = X)``, whose mean over uniform ``X`` is the data law
    only if ``X_τ`` is uniform too.  A model that knew the bits would condition on those that have
    moved: the rest is noise and tells nothing.  That is absorbing noise.

    Chen et al., arXiv 2312.09193, Algorithm 1.
    """

    remembers: bool = False

    @classmethod
    def examples(cls) -> list["DNDM"]:
        """Absorbing noise, and any."""
        return [cls(), cls(remembers=True)]

    @property
    def claims(self) -> Claims:
        if self.remembers:
            return remembering(steps_with_transitions, Counted.STEPS_WITH_MOVES)
        return Claims(
            output_order=2,
            chain_order=1,
            traits=MaskedPlugIn.claims.traits,
            rates_in_step=rates_in_step,
            needs_mask=True,
            starts_masked=True,
            calls=steps_with_moves,
            counted=Counted.STEPS_WITH_MOVES,
        )

    def step(self, score: Score, noise: Any, x: Array, t: Array, s: Array) -> StepLaw:
        if not self.remembers:
            return MaskedPlugIn().step(score, noise, x, t, s)
        new, waits = written(score, noise, x, t)
        moves = jnp.where(waits, chance(t, s), 0.0)
        stays = own_token(x, new.p.shape[-1]).astype(new.p.dtype)
        p = moves[..., None] * new.p + (1.0 - moves)[..., None] * stays
        return Tokens(p, clipped=moves * new.clipped)
