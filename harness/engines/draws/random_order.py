"""Draws from chains of tokens that move one at a time in random order."""

from functools import partial

import jax
import jax.numpy as jnp
from jax import Array

from harness.engines.draws.lost_chains import LOST
from harness.engines.sequences import by_kind
from harness.engines.sequences.random_order import turn_of
from harness.law.step import RandomOrder
from harness.process.space import Sequences


@by_kind.draw.register
@partial(jax.jit, static_argnames=("space",))
def _draw(law: RandomOrder, space: Sequences, state: Array, key: Array) -> Array:
    """Who moves is drawn first, a uniform for each token of each chain; then a token a turn."""
    who_key, turn_key = jax.random.split(key)
    turn, _ = turn_of(law)
    cumulative = jnp.cumsum(turn.reshape(space.size, -1), -1)
    cumulative = cumulative / jnp.where(cumulative[:, -1:] > 0, cumulative[:, -1:], 1.0)
    to = space.neighbours(space.states()).reshape(space.size, -1)
    alive = jnp.maximum(state, 0)
    u = jax.random.uniform(who_key, (*state.shape, space.length), jnp.float64)
    left = (law.waits[alive] & (u < law.chance)).sum(-1)

    def unfinished(run: tuple[Array, ...]) -> Array:
        return (run[1] > 0).any()

    def one(run: tuple[Array, ...]) -> tuple[Array, ...]:
        k, left, state = run
        u = jax.random.uniform(jax.random.fold_in(turn_key, k), state.shape, jnp.float64)
        chosen = (u[:, None] >= cumulative[state][:, :-1]).sum(-1)
        return k + 1, left - 1, jnp.where(left > 0, to[state, chosen], state)

    begin = (jnp.zeros((), jnp.int32), left, alive)
    return jnp.where(state == LOST, LOST, jax.lax.while_loop(unfinished, one, begin)[-1])
