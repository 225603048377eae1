"""JAX code as it would be in float64: what a law loses by the precision of its code."""

from typing import Any

import jax.numpy as jnp

from harness.traced.jax.held import Held
from harness.traced.jax.interpreter import Interpreter

SHORT = tuple(jnp.dtype(name) for name in ("float32", "float16", "bfloat16"))


class InFloat64(Interpreter):
    """As ``Interpreter``, but an operation gets in float64 what it is to get in fewer digits.

    A cast to fewer digits is one to float64.  JAX must have 64 bits while it runs.
    """

    def _found(self, name: str, eqn: Any, args: list[Any]) -> list[Any]:
        params = {key: _wide_dtype(value) for key, value in eqn.params.items()}
        return super()._found(name, eqn.replace(params=params), [_wide(each) for each in args])


def _wide_dtype(value: Any) -> Any:
    try:
        return jnp.dtype("float64") if jnp.dtype(value) in SHORT else value
    except TypeError:
        return value


def _wide(each: Any) -> Any:
    short = not isinstance(each, Held) and getattr(each, "dtype", None) in SHORT
    return jnp.asarray(each, "float64") if short else each
