"""Step laws that are not one product: mixtures of products, two stages, one law after another."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from harness.engines.draws.simulate import LOST, draw_tokens
from harness.engines.sequences import by_kind
from harness.engines.sequences.by_kind import Kernel, Pairs
from harness.engines.sequences.push import push_product
from harness.law.step import InTurn, Mixture, Tokens
from harness.process.space import Sequences


def _branches(law: Mixture) -> Tokens:
    """The branches of all states as one table, ``[n Z, d, S]``."""
    return Tokens(law.p.reshape(-1, *law.p.shape[2:]))


@by_kind.tables.register
def _(law: Mixture) -> Iterator[tuple[Tokens, int]]:
    weights = jnp.exp(law.log_weights)
    # A hidden draw is one token with Z values; it must have a law too.
    yield _branches(law), law.p.shape[1]
    total = jnp.broadcast_to(weights.sum(-1)[:, None, None], (*law.p.shape[:1], *law.p.shape[2:]))
    yield Tokens(total / law.p.shape[-1]), 1


@by_kind.push.register
@partial(jax.jit, static_argnames=("space",))
def _push_mixture(law: Mixture, space: Sequences, mass: Array, first: Any) -> tuple[Any, Any, Any]:
    weighted = mass[:, None] * jnp.exp(law.log_weights)

    def add(total: Array, branch: tuple[Array, Array]) -> tuple[Array, None]:
        return total + push_product(space, *branch), None

    branches = (weighted.T, jnp.moveaxis(law.p, 1, 0))
    return jax.lax.scan(add, jnp.zeros(space.size, mass.dtype), branches)[0], 0.0, 0.0


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


@by_kind.draw.register
@partial(jax.jit, static_argnames=("space",))
def _draw_mixture(law: Mixture, space: Sequences, state: Array, key: Array) -> Array:
    branch_key, token_key = jax.random.split(key)
    cumulative = jnp.cumsum(jnp.exp(law.log_weights), -1)
    cumulative = (cumulative / cumulative[:, -1:])[jnp.maximum(state, 0)]
    u = jax.random.uniform(branch_key, state.shape, jnp.float64)
    branch = (u[:, None] >= cumulative).sum(-1)
    row = jnp.where(state == LOST, LOST, state * law.log_weights.shape[1] + branch)
    return draw_tokens(_branches(law), space, row, token_key)


@by_kind.tables.register
def _(law: Pairs) -> Iterator[tuple[Tokens, int]]:
    yield law.first, 1
    yield law.second, len(law.second.p) // len(law.first.p)


@by_kind.push.register
@partial(jax.jit, static_argnames=("space",))
def _push_pairs(law: Pairs, space: Sequences, mass: Array, first: Any) -> tuple[Any, Any, Any]:
    rows, gone = by_kind.transitions(law.first, space)
    pairs = (mass[:, None] * rows).reshape(-1)
    clipped = (mass[:, None] * jnp.broadcast_to(law.first.clipped, law.first.p.shape[:2])).sum()
    after, lost, moved = by_kind.push(law.second, space, pairs, 0)
    return after, (mass * gone).sum() + lost, clipped + moved


@by_kind.transitions.register
@partial(jax.jit, static_argnames=("space",))
def _transitions_of_pairs(law: Pairs, space: Sequences) -> tuple[Array, Any]:
    rows, gone = by_kind.transitions(law.first, space)
    lost = -jnp.expm1(jnp.log1p(-jnp.broadcast_to(law.second.lost, law.second.p.shape[:2])).sum(-1))
    second = law.second.p.reshape(*rows.shape, *law.second.p.shape[1:])

    def reach(row: tuple[Array, Array]) -> Array:
        return push_product(space, *row)

    return jax.lax.map(reach, (rows, second)), gone + (rows * lost.reshape(rows.shape)).sum(-1)


@by_kind.draw.register
@partial(jax.jit, static_argnames=("space",))
def _draw_pairs(law: Pairs, space: Sequences, state: Array, key: Array) -> Array:
    keys = jax.random.split(key)
    middle = draw_tokens(law.first, space, state, keys[0])
    row = jnp.where(middle == LOST, LOST, state * space.size + middle)
    return draw_tokens(law.second, space, row, keys[1])


@by_kind.push.register
def _(law: InTurn, space: Sequences, mass: Array, first: Any) -> tuple[Any, Any, Any]:
    lost = clipped = 0.0
    for stage in law.stages:
        mass, gone, moved = by_kind.push(stage, space, mass, 0)
        lost, clipped = lost + gone, clipped + moved
    return mass, lost, clipped


@by_kind.transitions.register
def _(law: InTurn, space: Sequences) -> tuple[Array, Any]:
    reached, lost = by_kind.transitions(law.stages[0], space)
    for stage in law.stages[1:]:
        rows, gone = by_kind.transitions(stage, space)
        lost = lost + reached @ jnp.broadcast_to(gone, reached.shape[1:])
        reached = reached @ rows
    return reached, lost


@by_kind.draw.register
def _(law: InTurn, space: Sequences, state: Array, key: Array) -> Array:
    for k, stage in enumerate(law.stages):
        state = by_kind.draw(stage, space, state, jax.random.fold_in(key, k))
    return state


@by_kind.push.register
def _(law: Kernel, space: Sequences, mass: Array, first: Any) -> tuple[Any, Any, Any]:
    return mass @ law.p, (mass * law.lost).sum(), (mass * law.clipped).sum()


@by_kind.transitions.register
def _(law: Kernel, space: Sequences) -> tuple[Array, Any]:
    return law.p, law.lost


@by_kind.draw.register
@partial(jax.jit, static_argnames=("space",))
def _draw_kernel(law: Kernel, space: Sequences, state: Array, key: Array) -> Array:
    rows = jnp.cumsum(jnp.concatenate([law.p, law.lost[:, None]], 1), 1)
    rows = rows / rows[:, -1:]
    u = jax.random.uniform(key, state.shape, jnp.float64)
    pick = jax.vmap(lambda row, u: jnp.searchsorted(rows[row], u, side="right"))
    after = pick(jnp.maximum(state, 0), u).astype(state.dtype)
    return jnp.where((state == LOST) | (after == space.size), LOST, after)
