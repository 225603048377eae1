"""Steps that are mixtures of products: a hidden draw picks one of several laws of tokens."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from harness.engines.sequences import by_kind
from harness.engines.sequences.tokens import push_product
from harness.law.step import Mixture, Tokens
from harness.process.space import Sequences


def branches(law: Mixture) -> Tokens:
    """The branches of all states as one table, ``[n Z, d, S]``."""
    return Tokens(law.p.reshape(-1, *law.p.shape[2:]))


@by_kind.tables.register
def _(law: Mixture) -> Iterator[tuple[Tokens, int]]:
    weights = jnp.exp(law.log_weights)
    # A hidden draw is one token with Z values; it must have a law too.
    yield branches(law), law.p.shape[1]
    total = jnp.broadcast_to(weights.sum(-1)[:, None, None], (*law.p.shape[:1], *law.p.shape[2:]))
    yield Tokens(total / law.p.shape[-1]), 1


@by_kind.push.register
@partial(jax.jit, static_argnames=("space",))
def _push_mixture(law: Mixture, space: Sequences, mass: Array, first: Any) -> by_kind.Pushed:
    weighted = mass[:, None] * jnp.exp(law.log_weights)

    def add(total: Array, branch: tuple[Array, Array]) -> tuple[Array, None]:
        return total + push_product(space, *branch), None

    branches = (weighted.T, jnp.moveaxis(law.p, 1, 0))
    return by_kind.Pushed(jax.lax.scan(add, jnp.zeros(space.size, mass.dtype), branches)[0])


@by_kind.transitions.register
@partial(jax.jit, static_argnames=("space",))
def _transitions_of_mixture(law: Mixture, space: Sequences) -> tuple[Array, Any]:
    def add(total: Array, branch: tuple[Array, Array]) -> tuple[Array, None]:
        log_weight, p = branch
        rows, _ = by_kind.transitions(Tokens(p), space)
        return total + jnp.exp(log_weight)[:, None] * rows, None

    nothing = jnp.zeros((len(law.p), space.size), law.p.dtype)
    branches = (law.log_weights.T, jnp.moveaxis(law.p, 1, 0))
    return jax.lax.scan(add, nothing, branches)[0], 0.0
