"""Draws by inverse transform, each sequence from a key of its own.

Uniforms are float64 multiples of 2^-52, so a probability down to about 2e-16 is drawn with its
frequency.
"""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array


def keys_of(key: Array, numbers: Array) -> Array:
    """``[n]`` keys, one for each number: what is drawn does not depend on its neighbours."""
    return jax.vmap(lambda number: jax.random.fold_in(key, number))(numbers)


def refreshed(keys: Array, k: Any) -> Array:
    """``[n]`` keys for use number ``k``."""
    return jax.vmap(jax.random.fold_in, (0, None))(keys, k)


def uniforms(keys: Array, count: int) -> Array:
    """``[n, count]`` float64 in ``[0, 1)``."""
    return jax.vmap(partial(jax.random.uniform, shape=(count,), dtype=jnp.float64))(keys)


def pick(weights: Array, u: Array) -> Array:
    """int32 cell of the last axis of ``weights``, in proportion to them; none that is empty."""
    total = jnp.cumsum(weights, -1)
    cumulative = total / total[..., -1:]  # ends at one, so that no empty cell can be hit
    return (u[..., None] >= cumulative[..., :-1]).sum(-1).astype(jnp.int32)
