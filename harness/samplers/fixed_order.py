"""Fixed order: the same tokens are revealed in the same step of every run."""

from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
from jax import Array

from harness.foundation.registry import samplers
from harness.foundation.validation import integer
from harness.law import set_sizes
from harness.law.claims import Claims, Counted, Trait
from harness.law.reveal_policy import revealed
from harness.law.step import StepLaw
from harness.process.grids import Grid
from harness.process.noise import Absorbing
from harness.process.score import Score


@samplers.add("fixed_order")
@dataclass(frozen=True)
class FixedOrder:
    """Fixed order: masked tokens are revealed from left to right, ``sizes`` of them in a step.

    Or in another ``order``, all positions from 0 on, each once.  ``sizes`` step by step, from all
    masked on; the last one goes on as long as there are masks, and no step reveals more than are
    left.  Tokens that are revealed together are drawn each by itself, from their laws given the
    unmasked ones.  How many masks there are says which step is due.  Times are not read.

    With the exact score and sizes of 1 the output is the data law: ancestral sampling.  It is not
    ``fixed_cardinality``, which draws which tokens come next: the mean over orders is another law.
    Raises TypeError or ValueError for sizes that are not positive, an order that is none, or an
    order of another length than the data.
    """

    sizes: tuple[int, ...] = (1,)
    order: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        sizes = set_sizes.checked(self.sizes)
        order = tuple(integer(f"order[{k}]", place, 0) for k, place in enumerate(self.order))
        if sorted(order) != list(range(len(order))):
            raise ValueError(f"order must have every position from 0 on once, got {order}")
        object.__setattr__(self, "sizes", sizes)
        object.__setattr__(self, "order", order)

    @classmethod
    def examples(cls) -> list["FixedOrder"]:
        """One token at a time, pairs, and sizes that differ."""
        return [cls(), cls((2,)), cls((1, 2))]

    @property
    def claims(self) -> Claims:
        order = np.inf if max(self.sizes) == 1 else 0
        return Claims(
            output_order=order,
            chain_order=order,
            traits={
                Trait.KEEPS_MASS,
                Trait.SCORE_AT_GRID_TIMES,
                Trait.INDEPENDENT_TOKENS,
                Trait.FIXED_ORDER,
            },
            needs_mask=True,
            starts_masked=True,
            own_order=True,
            calls=self.calls,
            counted=Counted.STEPS_WITH_MOVES,
        )

    def calls(self, grid: Grid, length: int) -> np.ndarray:
        """Law of the number of calls: one a step, as long as there are masks."""
        return set_sizes.calls(self.sizes, grid, length)

    def step(self, score: Score, noise: Absorbing, x: Array, t: Array, s: Array) -> StepLaw:
        length = x.shape[1]
        order = self.order or tuple(range(length))
        if len(order) != length:
            raise ValueError(f"order must have {length} positions, as the data have, got {order}")
        clean = noise.clean_law(score, t, x)
        masked = x == clean.shape[-1]
        levels = set_sizes.levels(self.sizes, length)
        due = [m - max(levels[levels < m], default=m) for m in range(length + 1)]
        turns = jnp.cumsum(masked[:, np.array(order)], -1)  # a mask and those before it
        ahead = turns[:, np.argsort(order)]
        chosen = masked & (ahead <= jnp.asarray(due)[masked.sum(-1)][:, None])
        return revealed(noise, x, clean, chosen)
