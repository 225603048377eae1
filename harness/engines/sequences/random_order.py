"""Tokens that move one at a time in random order: first hitting, and what is like it.

With ``m`` waiting tokens, ``Binomial(m, chance)`` of them move.  A chain is pushed through one turn
after another, joining those with as many turns to come: no clock and so no time that is infinite,
no series that is cut, no candidate that is rejected.
"""

import math
from collections.abc import Iterator
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from harness.engines.sequences import by_kind
from harness.law.step import RandomOrder, Tokens
from harness.process.space import Sequences


def turn_of(law: RandomOrder) -> tuple[Array, Array]:
    """``[n, d, S]`` where the next turn leads, each waiting token alike; ``[n, d]`` whose it is."""
    waiting = law.waits.sum(-1, keepdims=True)
    share = law.waits / jnp.maximum(waiting, 1)
    return law.moves.p * share[..., None], share


def _turns_to_come(law: RandomOrder, most: int) -> Array:
    """``[n, most + 1]`` probability of each number of turns: binomial, of those that wait."""
    turns = np.arange(most + 1)
    choices = np.array([[math.comb(m, r) for r in turns] for m in turns], dtype=float)
    stay = np.maximum(turns[:, None] - turns, 0)
    table = choices * jnp.asarray(law.chance) ** turns * jnp.asarray(law.stays) ** stay
    return table[law.waits.sum(-1)]


@by_kind.tables.register
def _(law: RandomOrder) -> Iterator[tuple[Tokens, int]]:
    yield law.moves, 1


@by_kind.push.register
@partial(jax.jit, static_argnames=("space",))
def _push(law: RandomOrder, space: Sequences, mass: Array, first: Any) -> by_kind.Pushed:
    turn, share = turn_of(law)
    clips = (share * law.moves.clipped).sum(-1)
    to = space.neighbours(space.states()).reshape(-1)
    begin = jnp.asarray(mass)[:, None] * _turns_to_come(law, space.length)

    def next_turn(k: Array, moving: tuple[Array, Array]) -> tuple[Array, Array]:
        flow, clipped = moving
        after = jnp.zeros_like(flow).at[to].add((flow[:, None, None] * turn).reshape(-1))
        left = space.length - 1 - k
        joining = jax.lax.dynamic_index_in_dim(begin, left, axis=1, keepdims=False)
        return after + joining, clipped + (flow * clips).sum()

    whole = jax.lax.fori_loop(0, space.length, next_turn, (begin[:, -1], jnp.zeros(())))
    return by_kind.Pushed(whole[0], clipped=whole[1])


@by_kind.transitions.register
@partial(jax.jit, static_argnames=("space",))
def _transitions(law: RandomOrder, space: Sequences) -> tuple[Array, Any]:
    points = jnp.eye(space.size)
    return jax.lax.map(lambda p: _push(law, space, p, 0).law, points, batch_size=64), 0.0
