"""The precisions in which code computes, by the names that all libraries share."""

from collections.abc import Iterable

import jax.numpy as jnp

UNIT = 2.0**-53
"""The unit roundoff of float64: half the distance from 1 to the next number."""


def unit_roundoff(names: Iterable[str]) -> float:
    """The largest unit roundoff of the dtypes of these names; that of float64 for none."""
    return max((float(jnp.finfo(name).eps) / 2 for name in names), default=UNIT)


def coarsest(names: Iterable[str]) -> str:
    """The name of the dtype with the fewest digits."""
    return max(names, key=lambda name: float(jnp.finfo(name).eps), default="float64")
