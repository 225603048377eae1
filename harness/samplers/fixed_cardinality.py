"""Fixed cardinality: each step reveals a random subset, of given size, of the masked tokens."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
from jax import Array

from harness.foundation.registry import samplers
from harness.foundation.validation import integer, real
from harness.law import set_sizes
from harness.law.claims import Claims, Counted, Trait
from harness.law.step import Mixture, StepLaw
from harness.numerics import reveal_sizes
from harness.process.grids import Grid
from harness.process.noise import Absorbing
from harness.process.score import Score


@samplers.add("fixed_cardinality")
@dataclass(frozen=True)
class FixedCardinality:
    """Fixed cardinality: a uniformly random subset of given size is revealed, each token by itself.

    ``sizes`` are the numbers of tokens revealed step by step, from all masked on; the last one
    goes on as long as there are masks, and no step reveals more than are left.  A token is drawn
    from its law given the unmasked ones.  How many masks there are says which step is due, so a
    state with another number of masks (a start that is not all masked) goes to the next number
    below; without masks nothing happens.  Times are not read: steps matter, not where they end.

    With the exact score and sizes of 1 the output is the data law: random-order ancestral sampling.
    Li and Cai, arXiv 2505.21400.
    """

    sizes: tuple[int, ...] = (1,)

    def __post_init__(self) -> None:
        object.__setattr__(self, "sizes", set_sizes.checked(self.sizes))

    @classmethod
    def examples(cls) -> list["FixedCardinality"]:
        """One token at a time, pairs, sizes that differ, and more at once."""
        return [cls(), cls((2,)), cls((1, 2)), cls((4,))]

    @classmethod
    def by_total_correlation(
        cls, length: int, total_correlation: float, error: float
    ) -> "FixedCardinality":
        """Sizes with which the KL is at most ``error``, in nats: large ones first.

        With ``ζ = 1 + ⌈TC/error⌉`` a round reveals ``⌊left/ζ⌋`` of the tokens that are left, then
        one at a time: at most ``2 + (1 + log d) ζ`` rounds.  ``total_correlation`` of the data, in
        nats, of ``length`` tokens.  Raises TypeError or ValueError for a length below 1, a negative
        ``total_correlation`` or an ``error`` that is not above 0.
        Source: Chen, Cong, Li, arXiv 2511.04647, Theorem 9.
        """
        return cls(
            reveal_sizes.falling(
                integer("length", length, 1), _share("total_correlation", total_correlation, error)
            )
        )

    @classmethod
    def by_dual_total_correlation(
        cls, length: int, dual_total_correlation: float, error: float
    ) -> "FixedCardinality":
        """The same by ``dual_total_correlation``: small sizes first, the others in reverse order.

        ``length``, ``error`` and what is raised as of ``by_total_correlation``.
        """
        share = _share("dual_total_correlation", dual_total_correlation, error)
        return cls(reveal_sizes.falling(integer("length", length, 1), share)[::-1])

    @classmethod
    def optimal(cls, dependence: Sequence[float], rounds: int) -> "FixedCardinality":
        """The sizes of least KL in ``rounds`` rounds, by dynamic programming.

        ``dependence [d - 1]``: ``RevealProfile.dependence`` of the data, in nats, not negative.
        Raises TypeError or ValueError for what is none, or for rounds below 1 or above ``d``.
        """
        found = [real(f"dependence[{k}]", each, minimum=0) for k, each in enumerate(dependence)]
        if integer("rounds", rounds, 1) > len(found) + 1:
            raise ValueError(f"rounds must be at most d = {len(found) + 1}, got {rounds}")
        return cls(reveal_sizes.best(found, rounds))

    @property
    def claims(self) -> Claims:
        order = np.inf if max(self.sizes) == 1 else 0
        return Claims(
            output_order=order,
            chain_order=order,
            traits={Trait.KEEPS_MASS, Trait.SCORE_AT_GRID_TIMES, Trait.POSITIONS_ALIKE},
            needs_mask=True,
            starts_masked=True,
            own_order=True,
            subset_sizes=self.subset_sizes,
            calls=self.calls,
            counted=Counted.STEPS_WITH_MOVES,
        )

    def subset_sizes(self, length: int) -> tuple[int, ...]:
        """How many of ``length`` masked tokens each step reveals; they sum to ``length``."""
        return set_sizes.of_length(self.sizes, length)

    def calls(self, grid: Grid, length: int) -> np.ndarray:
        """Law of the number of calls: one a step, as long as there are masks."""
        return set_sizes.calls(self.sizes, grid, length)

    def step(self, score: Score, noise: Absorbing, x: Array, t: Array, s: Array) -> StepLaw:
        length = x.shape[1]
        ranks, log_weights = _subsets(length, self.subset_sizes(length))
        clean = noise.clean_law(score, t, x)
        masked = x == clean.shape[-1]
        count, rank = masked.sum(-1), jnp.maximum(jnp.cumsum(masked, -1) - 1, 0)
        chosen = jnp.take_along_axis(jnp.asarray(ranks)[count], rank[:, None, :], axis=-1)
        revealed = jnp.concatenate([clean, jnp.zeros_like(clean[..., :1])], -1)
        hidden = jnp.zeros_like(revealed).at[..., -1].set(1.0)
        branches = jnp.where(chosen[..., None], revealed[:, None], hidden[:, None])
        return Mixture(jnp.asarray(log_weights)[count], _each(noise, x, branches))


def _share(name: str, dependence: float, error: float) -> int:
    """``ζ``, of the tokens that are left one in so many is revealed in a round."""
    ratio = real(name, dependence, minimum=0) / real("error", error, above=0)
    return 1 + math.ceil(ratio)


def _each(noise: Absorbing, x: Array, branches: Array) -> Array:
    """``[n, Z, d, S + 1]``: in every branch an unmasked token keeps its value."""
    repeated = jnp.broadcast_to(x[:, None, :], branches.shape[:3]).reshape(-1, x.shape[1])
    flat = branches.reshape(-1, *branches.shape[2:])
    return noise.reveal(repeated, flat).reshape(branches.shape)


def _subsets(length: int, sizes: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """For each number of masks, the subsets that may be revealed and the logs of their weights.

    ``[d + 1, Z, d]`` whether the mask of each rank (the first mask has rank 0) is in the subset,
    ``[d + 1, Z]``; a number of masks with fewer subsets than ``Z`` has some of weight 0.
    """
    levels = [*(length - np.cumsum(sizes)), 0]
    found = []
    for masks in range(length + 1):
        due = masks - next((level for level in levels if level < masks), masks)
        found.append(list(itertools.combinations(range(masks), due)))
    most = max(map(len, found))
    ranks = np.zeros((length + 1, most, length), dtype=bool)
    log_weights = np.full((length + 1, most), -np.inf)
    for masks, subsets in enumerate(found):
        log_weights[masks, : len(subsets)] = -np.log(len(subsets))
        for z, subset in enumerate(subsets):
            ranks[masks, z, list(subset)] = True
    return ranks, log_weights
