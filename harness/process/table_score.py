"""A score that is a table at the times at which it is asked: learned, measured, made anywhere."""

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from harness.process.score import Untilted
from harness.process.space import Sequences


@jax.tree_util.register_pytree_node_class
@dataclass(frozen=True)
class TableScore(Untilted):
    """``score(u, y)``: the entries of ``ratios [N, asks, S^d, d, S]`` at noise time ``u``.

    ``times [N, asks]`` are those at which a sampler asks: ``asks`` of them in each of ``N`` steps.
    ``space`` lists the states.  At any other time all ratios are ``nan``, and the run is refused.
    """

    space: Sequences
    times: Any
    ratios: Any

    log_error: ClassVar[float] = math.nan  # no one table: it may be another at every time

    def __post_init__(self) -> None:
        if not isinstance(self.ratios, np.ndarray | Array):
            return  # a tree of something else, on its way through JAX
        wanted = (*np.shape(self.times), self.space.size, self.space.length, self.space.outcomes)
        if self.ratios.shape != wanted:
            raise ValueError(
                f"ratios must have shape {wanted} (steps, asks, states, slots, tokens), "
                f"got {self.ratios.shape}"
            )

    def __call__(self, u: Array | float, y: Array) -> Array:
        """``[n, d, S]`` for the sequences ``y [n, d]``."""
        times = jnp.asarray(self.times).reshape(-1)
        off = jnp.where(times == u, 0.0, jnp.abs(times - u))  # inf is a time
        place = jnp.argmin(jnp.where(jnp.isnan(off), jnp.inf, off))
        table = jnp.asarray(self.ratios).reshape(len(times), *self.ratios.shape[2:])
        known = off[place] <= SAME * jnp.clip(jnp.abs(times[place]), 1.0, LATEST)
        return jnp.where(known, table[place][self.space.index(y)], jnp.nan)

    @property
    def inflation(self) -> Array:
        """Not known of a table: how many times the true ratio an answer can be."""
        raise ValueError("a score that is a table does not say how far above the true one it is")

    def tree_flatten(self) -> tuple[tuple[Any, ...], Sequences]:
        return (self.times, self.ratios), self.space

    @classmethod
    def tree_unflatten(cls, space: Sequences, leaves: tuple[Any, ...]) -> "TableScore":
        return cls(space, *leaves)


SAME = 1e-12  # relative: a time that was computed in two ways
LATEST = 1e300  # beyond any finite time, whose distance from it is not infinite
