"""Noises given by their rates: a walk on a ring, and any generator."""

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from harness.foundation.registry import noises
from harness.process.noise.base import Noise, rates_as_data


@noises.add("cyclic_walk")
@jax.tree_util.register_static
@dataclass(frozen=True)
class CyclicWalk(Noise):
    """A token steps to the next or the previous value on a ring, at rate 1/2 each."""

    def rate_matrix(self, tokens: int) -> Array:
        forward = jnp.roll(jnp.eye(tokens), 1, axis=1)
        return (forward + forward.T) / 2 - jnp.eye(tokens)


@noises.add("rate_matrix")
@dataclass(frozen=True)
class RateMatrix(Noise):
    """Any generator: ``rows [S][S]`` with rates ``>= 0`` off the diagonal and rows that sum to 0.

    Raises ValueError for anything else.  A non-symmetric one sees what uniform noise hides: a
    transposed kernel, a reversed generator, a missing inverse.
    """

    rows: Any

    def __post_init__(self) -> None:
        try:
            rates = np.array(self.rows, dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise ValueError(f"rate matrix must be rows of numbers, got {self.rows!r}") from error
        if rates.ndim != 2 or rates.shape[0] != rates.shape[1] or rates.shape[0] < 2:
            raise ValueError(f"rate matrix must be square, at least 2 x 2, got shape {rates.shape}")
        if not np.isfinite(rates).all():
            raise ValueError(f"rate matrix must be finite, got {rates[~np.isfinite(rates)][0]}")
        off = rates - np.diag(np.diag(rates))
        if off.min() < 0:
            raise ValueError(f"rates off the diagonal must not be negative, got {off.min():g}")
        sums = rates.sum(1)
        worst = int(np.abs(sums).argmax())
        if abs(sums[worst]) > 1e-9 * max(1.0, np.abs(rates).max()):
            raise ValueError(
                f"rows of a rate matrix must sum to 0, row {worst} sums to {sums[worst]:.10g}"
            )
        off[np.diag_indices_from(off)] = -off.sum(1)
        object.__setattr__(self, "rows", tuple(map(tuple, off.tolist())))

    def check(self, tokens: int) -> None:
        if tokens != len(self.rows):
            raise ValueError(f"rate matrix has {len(self.rows)} tokens, the target has {tokens}")

    def rate_matrix(self, tokens: int) -> Array:
        return jnp.asarray(self.rows)


rates_as_data(RateMatrix, "rows")
