"""Arrays of numpy, PyTorch and JAX: read as numpy, answered in kind.

Nothing is imported that the caller has not: an array's library is looked for among the modules
that are there.
"""

import sys
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

# What is made of an answer to code of numpy, for as long as it is followed.
OF_NUMPY: ContextVar[Callable[[np.ndarray], np.ndarray]] = ContextVar(
    "OF_NUMPY", default=lambda answer: answer
)
DTYPES = ("float16", "bfloat16", "float32", "float64")


def is_torch(x: Any) -> bool:
    """Whether ``x`` is a tensor of PyTorch."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(x, torch.Tensor)


def as_numpy(x: Any) -> np.ndarray:
    """``x``, an array of any library or a number, in numpy; bfloat16 as float32, which holds it."""
    if not is_torch(x):
        found = np.asarray(x)
        return found.astype(np.float32) if found.dtype == jnp.bfloat16 else found
    torch = sys.modules["torch"]
    x = x.detach().cpu()
    # Joined, it is a tensor of its own: what is still to be drawn of it is drawn.
    x = torch.cat([x.reshape(-1)]).reshape(x.shape)
    return (x.float() if x.dtype == torch.bfloat16 else x).numpy()


def in_kind(like: Any, answer: np.ndarray, dtype: str) -> Any:
    """``answer`` as an array of the library of ``like``, on its device; numbers in ``dtype``.

    Integers stay such.  Raises ValueError for 64 bits of a JAX that is not asked to have them.
    """
    whole = answer.dtype.kind == "i"
    if is_torch(like):
        torch = sys.modules["torch"]
        kind = like.dtype if whole else getattr(torch, dtype)
        return torch.from_numpy(np.ascontiguousarray(answer)).to(dtype=kind, device=like.device)
    if isinstance(like, jax.Array):
        if dtype == "float64" and not whole and not jax.config.jax_enable_x64:  # type: ignore[attr-defined]
            raise ValueError(
                "dtype='float64' needs a JAX of 64 bits: jax.config.update('jax_enable_x64', True)"
            )
        return jnp.asarray(answer.astype(like.dtype if whole else dtype))
    return OF_NUMPY.get()(answer.astype(like.dtype if whole else jnp.dtype(dtype)))


def called_outside(function: Callable[..., Any], given: Any, shape: Any, kind: Any) -> Any:
    """``function(*given)`` of JAX's tracers: called each time that the traced program runs.

    ``shape`` and ``kind``, a dtype, are those of what it gives.
    """
    answer = jax.ShapeDtypeStruct(shape, jnp.dtype(kind))

    def called(*arrays: Any) -> np.ndarray:
        return np.asarray(function(*(np.asarray(each) for each in arrays)))

    return jax.pure_callback(called, answer, *given, vmap_method="sequential")


def is_traced(x: Any) -> bool:
    """Whether ``x`` is what JAX traces a function with, and no numbers."""
    return isinstance(x, Tracer)
