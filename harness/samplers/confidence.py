"""Confidence: the masked tokens of which the model is surest are revealed in each step."""

from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
from jax import Array

from harness.foundation.registry import samplers
from harness.foundation.validation import integer
from harness.law.claims import Claims, Counted, Trait
from harness.law.score_calls import masks_at_start
from harness.law.step import StepLaw, Tokens
from harness.process.grids import Grid
from harness.process.noise import Absorbing
from harness.process.score import Score

TIE = 2.0**30  # confidences are compared in multiples of 1/TIE, so that rounding breaks no tie


@samplers.add("confidence")
@dataclass(frozen=True)
class Confidence:
    """Confidence: the ``k`` masked tokens whose law has the largest top probability are revealed.

    Each is drawn from its law given the unmasked ones (not set to the likeliest token).  Where
    confidences agree to nine digits the lowest position wins, so that positions are not treated
    alike.  Times are not read.

    With the exact score and ``k = 1`` the output is the data law: which token comes next depends
    on what has been revealed only, and each is drawn from its law given that.  Chang et al.,
    MaskGIT, arXiv 2202.04200, where the choice is random besides.
    """

    k: int = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "k", integer("k", self.k, 1))

    @classmethod
    def examples(cls) -> list["Confidence"]:
        """One token at a time, and two."""
        return [cls(), cls(2)]

    @property
    def claims(self) -> Claims:
        order = np.inf if self.k == 1 else 0
        return Claims(
            output_order=order,
            chain_order=order,
            traits={Trait.KEEPS_MASS, Trait.SCORE_AT_GRID_TIMES, Trait.INDEPENDENT_TOKENS},
            needs_mask=True,
            starts_masked=True,
            own_order=True,
            calls=self.calls,
            counted=Counted.STEPS_WITH_MOVES,
            no_derivative="it ranks tokens by their confidence",
        )

    def calls(self, grid: Grid, length: int) -> np.ndarray:
        """Law of the number of calls: one a step, as long as there are masks."""
        law = np.zeros(grid.steps + 1)
        for masks, weight in enumerate(masks_at_start(grid, length)):
            law[min(grid.steps, -(-masks // self.k))] += weight
        return law

    def step(self, score: Score, noise: Absorbing, x: Array, t: Array, s: Array) -> StepLaw:
        clean = noise.clean_law(score, t, x)
        masked = x == clean.shape[-1]
        sure = jnp.where(masked, jnp.round(clean.max(-1) * TIE), -1.0)
        chosen = masked & (_rank(sure) < self.k)
        hides = jnp.where(chosen, 0.0, 1.0)[..., None]
        return Tokens(noise.reveal(x, jnp.concatenate([clean * (1.0 - hides), hides], -1)))


def _rank(values: Array) -> Array:
    """``[n, d]`` how many values of the row come before each: larger, or equal and further left."""
    here, other = values[:, :, None], values[:, None, :]
    place = jnp.arange(values.shape[1])
    return ((other > here) | (other == here) & (place < place[:, None])).sum(-1)
