"""Steps of independent tokens: one matrix product each.

With the tokens in two halves and the column-wise (Khatri-Rao) products ``A [S^{d/2}, S^d]`` and
``B`` of their token laws, ``p' = (A * p) Bᵀ``, a block of states at a time.
"""

from collections.abc import Iterator
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from harness.engines.sequences import by_kind
from harness.law.step import Tokens
from harness.process.devices import each_with_its_share, from_all, own_share
from harness.process.noise import own_token
from harness.process.space import Sequences, Space


@partial(jax.jit, static_argnames=("space",))
def _push_tokens(space: Sequences, law: Array, step: Tokens, first: Any) -> by_kind.Pushed:
    shape = step.p.shape[:2]
    loses = jnp.broadcast_to(step.lost, shape)
    lost = -(law * jnp.expm1(jnp.log1p(-loses).sum(-1))).sum()
    clipped = (law[:, None] * jnp.broadcast_to(step.clipped, shape)).sum()
    p = fold(space, step.p, space.block(first, shape[0]))
    return by_kind.Pushed(push_product(space, law, p), lost, clipped)


@by_kind.push.register
def _(law: Tokens, space: Sequences, mass: Array, first: Any) -> by_kind.Pushed:
    return _push_tokens(space, mass, law, first)


@by_kind.tables.register
def _(law: Tokens) -> Iterator[tuple[Tokens, int]]:
    yield law, 1


@by_kind.transitions.register
@partial(jax.jit, static_argnames=("space",))
def _transitions_of_tokens(law: Tokens, space: Sequences) -> tuple[Array, Any]:
    lost = -jnp.expm1(jnp.log1p(-jnp.broadcast_to(law.lost, law.p.shape[:2])).sum(-1))
    return khatri_rao(law.p).T, lost


def fold(space: Space, p: Array, x: Array) -> Array:
    """Token laws ``[n, slots, symbols]``: "another token of my class" counts as the class."""
    if not space.class_sizes:
        return p
    return p[..., :-1] + jnp.where(own_token(x, space.tokens), p[..., -1:], 0.0)


def push_product(space: Sequences, law: Array, p: Array) -> Array:
    """``p'(y) = Σ_x law(x) Π_i p[x, i, y_i]`` as fast as a matrix product, ``2 S^d`` flop a row."""
    return each_with_its_share(space.devices, partial(_push_product, space), law, p)


def _push_product(space: Sequences, law: Array, p: Array) -> Array:
    """The share of a device: the rows of all devices go in, some of the states come out."""
    half, rows, count = space.cut, min(space.product_rows, len(law)), space.devices

    def add(total: Array, block: tuple[Array, Array]) -> tuple[Array, None]:
        weight, token = (from_all(count, each) for each in block)
        left = own_share(count, khatri_rao(token[:, :half])) * weight
        return total + left @ khatri_rao(token[:, half:]).T, None

    nothing = jnp.zeros(
        (space.tokens**half // count, space.tokens ** (space.length - half)), law.dtype
    )
    blocks = (law.reshape(-1, rows), p.reshape(-1, rows, space.length, space.tokens))
    return jax.lax.scan(add, nothing, blocks)[0].reshape(-1)


def khatri_rao(token: Array) -> Array:
    """``[S^m, n]`` products of the rows of ``token [n, m, S]``, first token slowest.

    A state is a column: loops over many states are long, those over a few symbols are slow.
    """
    token = jnp.moveaxis(token, 0, -1)
    product = jnp.ones((1, token.shape[-1]), token.dtype)
    for each in token:
        product = (product[:, None, :] * each).reshape(-1, token.shape[-1])
    return product
