"""JAX code as the explorer runs it, and as it runs by itself: with ``key``, to draw by."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from harness.foundation.precision import float64
from harness.traced.errors import Untraceable
from harness.traced.jax.held import Held
from harness.traced.jax.in_float64 import InFloat64
from harness.traced.jax.interpreter import Interpreter
from harness.traced.other_generators import untouched
from harness.traced.outcomes import Outcomes


def tokens(x: np.ndarray) -> jax.Array:
    """An array of integers."""
    return jnp.asarray(x)


def widest() -> str:
    """In which a model answers unless it is told otherwise: 32 bits where JAX has no more."""
    return str(jax.dtypes.canonicalize_dtype("float64"))


def run(
    outcomes: Outcomes,
    code: Callable[..., Any],
    follow_counts: bool = True,
    interpreter_of: type[Interpreter] = Interpreter,
) -> np.ndarray:
    """What ``code(key=...)`` gives, its draws answered by ``outcomes``.

    ``code`` gets functions that hand out what is drawn by.  Counts are drawn where they are made,
    also if they are to be followed.
    """
    del follow_counts

    def drawn(key: Any) -> Any:
        return code(key=lambda: key)

    with untouched("draw by the key that the code is handed"):
        try:
            program = jax.make_jaxpr(drawn)(jax.random.key(0))
        except jax.errors.ConcretizationTypeError as error:
            told = str(error).splitlines()[0]
            raise Untraceable(
                f"Python asks for the value of an array while JAX traces the code: {told} What is "
                "decided by what was drawn must stay in arrays (jnp.where, lax.cond)"
            ) from None
    interpreter = interpreter_of(outcomes)
    found = interpreter.run(program.jaxpr, program.consts, [interpreter.ring.handed()])
    if len(found) != 1:
        raise Untraceable(f"the code must give one array of tokens, got {len(found)} arrays")
    return _whole(found[0])


def run_in_float64(
    outcomes: Outcomes, code: Callable[..., Any], follow_counts: bool = True
) -> np.ndarray:
    """The same in 64 bits, with all that the code makes in fewer digits made in float64."""
    with float64():
        return run(outcomes, code, follow_counts, InFloat64)


def draw(seed: int, code: Callable[..., list[Any]]) -> np.ndarray:
    """The batches that ``code(key=...)`` gives with draws of its own, one after the other."""
    parts = iter(range(2**31))

    def key() -> Any:
        return jax.random.fold_in(jax.random.key(seed), next(parts))

    return np.concatenate([_whole(each) for each in code(key=key)])


def _whole(found: Any) -> np.ndarray:
    if isinstance(found, Held):
        raise Untraceable("the code gives back continuous noise or keys, not tokens")
    values = np.asarray(found)
    if values.dtype.kind not in "iufb" or not np.array_equal(values, values.astype(np.int64)):
        raise Untraceable(f"the code must give whole tokens, got {values.dtype} values")
    return values.astype(np.int64)
