"""Remasking: a share of the revealed tokens is masked again in each step, and may be mended."""

from dataclasses import dataclass
from typing import ClassVar

import jax.numpy as jnp
from jax import Array

from harness.foundation.registry import samplers
from harness.foundation.validation import real
from harness.law.claims import Claims, Trait
from harness.law.step import StepLaw, Tokens
from harness.process.noise import Absorbing
from harness.process.score import Score


@samplers.add("remasking")
@dataclass(frozen=True)
class Remasking:
    """Remasking: the masked plug-in, which masks a ``share`` of the revealed tokens again.

    In a step from ``t`` to ``s`` a revealed token is masked with probability
    ``σ = min(share, (1-e^{-s})/e^{-t})``.  So that as many tokens are masked at ``s`` as in the
    truth, a masked token stays masked with probability ``(1 - e^{-s} - σ e^{-t})/(1 - e^{-t})`` and
    else is drawn from its law given the unmasked tokens.  The second number of the minimum is where
    that is 0: every mask is then revealed.  No token is masked in a step to ``s = 0``.

    Statement.  On independent tokens, with the exact score, the law at grid times is the truth's.
    Proof.  A token is masked at ``s`` with probability ``(1 - e^{-t}) (1 - e^{-s} - σ e^{-t}) /
    (1 - e^{-t}) + e^{-t} σ = 1 - e^{-s}``, else it has its own law whenever it was drawn.  ∎
    On other targets a run that is stopped early keeps an error however small the steps, as tokens
    that are masked together are drawn apart; on the way to the data the share is cut to fewer and
    fewer tokens.  The true chain masks none, so the chain KL grows with the number of steps.
    ``share = 0`` is the masked plug-in.

    ReMDM-cap of Wang et al., arXiv 2503.00307.

    Raises TypeError or ValueError for a ``share`` below 0 or above 1.
    """

    share: float = 0.1

    claims: ClassVar[Claims] = Claims(
        output_order=0,
        chain_order=0,
        traits={
            Trait.INDEPENDENT_TOKENS,
            Trait.KEEPS_MASS,
            Trait.SCORE_AT_GRID_TIMES,
            Trait.POSITIONS_ALIKE,
            Trait.EXACT_FOR_INDEPENDENT,
        },
        needs_mask=True,
        starts_masked=True,
    )

    def __post_init__(self) -> None:
        object.__setattr__(self, "share", real("share", self.share, minimum=0.0, maximum=1.0))

    @classmethod
    def examples(cls) -> list["Remasking"]:
        """A small share, and as many as can be."""
        return [cls(), cls(1.0)]

    def step(self, score: Score, noise: Absorbing, x: Array, t: Array, s: Array) -> StepLaw:
        clean = noise.clean_law(score, t, x)
        again = jnp.minimum(self.share, -jnp.expm1(-s) * jnp.exp(t))
        more = again / jnp.expm1(t)  # of the masks, for each of whom e^{-t}/(1-e^{-t}) are revealed
        stays = jnp.maximum(noise.hidden(t, s) - more, 0.0)
        shown = jnp.minimum(noise.shown(t, s) + more, 1.0) * clean
        masks = jnp.full((*clean.shape[:-1], 1), stays)
        law = noise.reveal(x, jnp.concatenate([shown, masks], -1))
        mask = jnp.eye(law.shape[-1])[-1]
        revealed = (x != clean.shape[-1])[..., None]
        return Tokens(jnp.where(revealed, (1.0 - again) * law + again * mask, law))
