"""Exact laws are float64 with JAX's standard promotion, whatever flags the caller has set."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import jax


def float64() -> AbstractContextManager[None]:
    """Inside, JAX computes in 64 bits and promotes as numpy does; outside nothing changes."""
    flags: Any = jax.config  # its stubs do not know the flags
    already = flags.jax_enable_x64 and flags.jax_numpy_dtype_promotion == "standard"
    return nullcontext() if already else _float64()


@contextmanager
def _float64() -> Iterator[None]:
    with jax.enable_x64(True), jax.numpy_dtype_promotion("standard"):
        yield
