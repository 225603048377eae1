"""Blocks: semi-autoregressive decoding, one block of positions after the other."""

from dataclasses import dataclass, replace
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array

from harness.foundation.registry import samplers
from harness.foundation.validation import instance, integer
from harness.law.claims import Claims
from harness.law.reveal_policy import RevealPolicy, claims_of_policy
from harness.process.grids import Grid
from harness.samplers.confidence import Confidence
from harness.samplers.entropy_bound import EntropyBound


@samplers.add("blocks")
@dataclass(frozen=True)
class Blocks(RevealPolicy):
    """Blocks: the leftmost block of ``size`` positions with a mask is worked on, by ``inside``.

    ``inside`` is any policy that looks at values; it sees the laws given *all* unmasked tokens and
    chooses among the masks of the block.  The last block may be shorter.  Blocks of one position go
    from left to right, a block of all positions is ``inside`` itself.

    Nie et al., LLaDA, arXiv 2502.09992; Arriola et al., arXiv 2503.09573.

    Raises TypeError or ValueError for a ``size`` below 1 or an ``inside`` that is no policy.
    """

    size: int = 2
    inside: Any = Confidence()  # noqa: RUF009 (frozen)

    def __post_init__(self) -> None:
        object.__setattr__(self, "size", integer("size", self.size, 1))
        instance("inside", self.inside, RevealPolicy)

    @classmethod
    def examples(cls) -> list["Blocks"]:
        """One at a time in blocks of two, two at a time, and by a bound on the entropy."""
        return [cls(), cls(2, Confidence(2)), cls(2, EntropyBound(0.7))]

    @property
    def claims(self) -> Claims:
        inside = self.inside.claims
        exact = inside.output_order == np.inf or self.size == 1
        found = claims_of_policy(exact, None if inside.calls is None else self._calls)
        return replace(found, entropy_budget=inside.entropy_budget)

    def _calls(self, grid: Grid, length: int) -> np.ndarray:
        """``[N + 1]`` law of the number of rounds: those of the blocks, whose masks are apart."""
        law, most = np.eye(1)[0], grid.steps
        for left in range(0, length, self.size):
            law = np.convolve(law, self.inside.claims.calls(grid, min(self.size, length - left)))
            law = np.append(law[:most], law[most:].sum())
        return law

    def chooses(self, clean: Array, masked: Array) -> Array:
        block = jnp.arange(masked.shape[1]) // self.size
        current = jnp.where(masked, block, masked.shape[1]).min(-1, keepdims=True)
        return self.inside.chooses(clean, masked & (block == current))
