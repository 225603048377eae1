"""What is drawn by keys: random bits, and the draws of ``jax.random`` that have a law of their own.

A draw that is told by the name of its jit is only taken for it if its whole program is that which
``jax.random`` makes for the same shape.
"""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from harness.traced import draws
from harness.traced.batch import rows_of
from harness.traced.errors import Untraceable
from harness.traced.jax.held import Bits, Keys

NOT_HANDED = (
    "the code draws by a key that it was not handed, of a seed of its own or of raw numbers: the "
    "same numbers come in every run. Use the key that it is given, as it is"
)


def bits(run: Any, eqn: Any, keys: Any) -> Any:
    out = eqn.outvars[0].aval
    run.ring.use(_keys(keys), "random bits")
    noise = run.uniforms.fresh(rows_of(tuple(out.shape), run.outcomes.rows))
    return Bits(noise, tuple(out.shape), out.dtype)


def split(run: Any, eqn: Any, keys: Any) -> Any:
    return run.ring.split(_keys(keys), tuple(eqn.params["shape"]))


def fold_in(run: Any, eqn: Any, keys: Any, data: Any) -> Any:
    return run.ring.fold_in(_keys(keys), np.asarray(data))


def refused(run: Any, eqn: Any, *args: Any) -> Any:
    raise Untraceable(f"{eqn.primitive.name}: {NOT_HANDED}")


RANDOM = {
    "random_bits": bits,
    "random_split": split,
    "random_fold_in": fold_in,
    "random_wrap": refused,
    "random_unwrap": refused,
    "threefry2x32": refused,
    "random_gamma": refused,
}


def randint(run: Any, eqn: Any, keys: Any, low: Any, high: Any) -> Any:
    out = eqn.outvars[0].aval
    if not _is(eqn, lambda k, a, b: jax.random.randint(k, out.shape, a, b, out.dtype)):
        return None
    run.ring.use(_keys(keys), "randint")
    a, b = (np.broadcast_to(np.asarray(each), out.shape).reshape(-1) for each in (low, high))
    b = np.maximum(b, a + 1)  # as jax.random has it
    got = draws.whole(run.outcomes, a, b, rows_of(tuple(out.shape), run.outcomes.rows))
    return jnp.asarray(got.reshape(out.shape), out.dtype)


def poisson(run: Any, eqn: Any, keys: Any, rates: Any) -> Any:
    out = eqn.outvars[0].aval
    if not _is(eqn, lambda k, a: jax.random.poisson(k, a, out.shape, out.dtype)):
        return None
    run.ring.use(_keys(keys), "poisson")
    given = np.broadcast_to(np.asarray(rates, float), out.shape).reshape(-1)
    got = draws.poisson(run.outcomes, given, rows_of(tuple(out.shape), run.outcomes.rows))
    return jnp.asarray(got.reshape(out.shape), out.dtype)


NAMED = {"_randint": randint, "_poisson": poisson}


def _keys(keys: Any) -> Keys:
    if not isinstance(keys, Keys):
        raise Untraceable(NOT_HANDED)
    return keys


def _is(eqn: Any, own: Any) -> bool:
    """Whether a jit is that of the function ``own`` of ``jax.random``."""
    given = [var.aval for var in eqn.invars]
    if given[0].shape != ():
        return False
    arrays = [
        jax.ShapeDtypeStruct(aval.shape, aval.dtype, weak_type=getattr(aval, "weak_type", False))
        for aval in given
    ]
    made = jax.make_jaxpr(own)(*arrays)
    name, body = eqn.params["name"], str(eqn.params["jaxpr"])
    return any(
        each.params.get("name") == name and str(each.params["jaxpr"]) == body
        for each in made.jaxpr.eqns
    )
