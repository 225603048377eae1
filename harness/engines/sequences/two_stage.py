"""Steps in two stages, as tables over pairs of states, or added up as signed measures."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from harness.engines.sequences import by_kind
from harness.engines.sequences.by_kind import Pairs
from harness.engines.sequences.tokens import push_product
from harness.law.step import Kernel, Tokens
from harness.process.space import Sequences


@by_kind.tables.register
def _(law: Pairs) -> Iterator[tuple[Tokens, int]]:
    yield law.first, 1
    yield law.second, len(law.second.p) // len(law.first.p)


@by_kind.push.register
@partial(jax.jit, static_argnames=("space",))
def _push_pairs(law: Pairs, space: Sequences, mass: Array, first: Any) -> by_kind.Pushed:
    rows, gone = by_kind.transitions(law.first, space)
    pairs = (mass[:, None] * rows).reshape(-1)
    clipped = (mass[:, None] * jnp.broadcast_to(law.first.clipped, law.first.p.shape[:2])).sum()
    after = by_kind.push(law.second, space, pairs, 0)
    return by_kind.Pushed(
        after.law, (mass * gone).sum() + after.lost, clipped + after.clipped, after.off
    )


@by_kind.transitions.register
@partial(jax.jit, static_argnames=("space",))
def _transitions_of_pairs(law: Pairs, space: Sequences) -> tuple[Array, Any]:
    rows, gone = by_kind.transitions(law.first, space)
    lost = -jnp.expm1(jnp.log1p(-jnp.broadcast_to(law.second.lost, law.second.p.shape[:2])).sum(-1))
    second = law.second.p.reshape(*rows.shape, *law.second.p.shape[1:])

    def reach(row: tuple[Array, Array]) -> Array:
        return push_product(space, *row)

    return jax.lax.map(reach, (rows, second)), gone + (rows * lost.reshape(rows.shape)).sum(-1)


@by_kind.push.register
def _(law: Kernel, space: Sequences, mass: Array, first: Any) -> by_kind.Pushed:
    return by_kind.Pushed(mass @ law.p, (mass * law.lost).sum(), (mass * law.clipped).sum())


@by_kind.transitions.register
def _(law: Kernel, space: Sequences) -> tuple[Array, Any]:
    return law.p, law.lost
