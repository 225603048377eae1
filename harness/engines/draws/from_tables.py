"""Draws from tables of the laws of all states, by inverse transform, a function a kind of law."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from harness.engines.draws.lost_chains import LOST
from harness.engines.sequences import by_kind
from harness.engines.sequences.by_kind import Choice, Pairs
from harness.engines.sequences.mixture import branches
from harness.law.step import Generator, InTurn, Kernel, Mixture, Tokens
from harness.process.space import Sequences


@by_kind.draw.register
def draw_tokens(law: Tokens, space: Sequences, state: Array, key: Array) -> Array:
    """Next state index of chains at the rows ``state`` of a table."""
    return _draw_tokens(space, law, state, key)


@by_kind.draw.register
def _(law: Generator, space: Sequences, state: Array, key: Array) -> Array:
    return _draw_generator(space, law, state, key)


@partial(jax.jit, static_argnames=("space",))
def _draw_tokens(space: Sequences, law: Tokens, state: Array, key: Array) -> Array:
    """From the row ``state`` of a table, which is -1 for a lost chain; so is what is lost here."""
    lost = jnp.broadcast_to(law.lost, law.p.shape[:2])
    cells = cumulative_of(jnp.concatenate([law.p, lost[..., None]], axis=-1))[..., :-1]
    u = jax.random.uniform(key, (*state.shape, space.length), jnp.float64)
    # Made once: else each comparison would make its own.
    rows = jax.lax.optimization_barrier(u)[..., None] >= cells[jnp.maximum(state, 0)]
    token = rows.sum(-1, dtype=state.dtype)  # the last one is lost
    gone = (state == LOST) | (token == space.tokens).any(-1)
    strides = jnp.asarray(space.strides, state.dtype)
    return jnp.where(gone, LOST, (token * strides).sum(-1, dtype=state.dtype))


@partial(jax.jit, static_argnames=("space",))
def _draw_generator(space: Sequences, law: Generator, state: Array, key: Array) -> Array:
    """Uniformization: candidate events at rate ``top``, each a jump or nothing.

    Waiting times are drawn, not ``jax.random.poisson`` counts, which are float32 inside and never
    see a mean below 1e-7.
    """
    top = jnp.maximum(law.rates.sum((-1, -2)).max(), 1e-300)
    nothing = top - law.rates.sum((-1, -2))
    moves = jnp.concatenate([law.rates.reshape(space.size, -1), nothing[:, None]], axis=1)
    cumulative = cumulative_of(moves)
    neighbours = space.neighbours(space.states()).reshape(space.size, -1)
    here = jnp.arange(space.size, dtype=neighbours.dtype)
    neighbours = jnp.concatenate([neighbours, here[:, None]], axis=1)

    def unfinished(run: tuple[Array, ...]) -> Array:
        return (run[1] < law.duration).any()

    def event(run: tuple[Array, ...]) -> tuple[Array, ...]:
        k, clock, state = run
        u = jax.random.uniform(jax.random.fold_in(key, k), (2, *state.shape), jnp.float64)
        clock = clock - jnp.log1p(-u[0]) / top
        chosen = (u[1][:, None] >= cumulative[state][:, :-1]).sum(-1)
        return k + 1, clock, jnp.where(clock < law.duration, neighbours[state, chosen], state)

    begin = (jnp.zeros((), jnp.int32), jnp.zeros(state.shape, jnp.float64), jnp.maximum(state, 0))
    moved = jax.lax.while_loop(unfinished, event, begin)[-1]
    return jnp.where(state == LOST, LOST, moved)


def cumulative_of(weights: Array) -> Array:
    """Running sums over the last axis, scaled to end at one, so that no empty cell can be hit."""
    total = jnp.cumsum(weights, axis=-1)
    return total / total[..., -1:]


def pick(cumulative: Array, u: Array) -> Any:
    return jnp.searchsorted(cumulative, u, side="right").astype(jnp.int32)


@by_kind.draw.register
@partial(jax.jit, static_argnames=("space",))
def _draw_mixture(law: Mixture, space: Sequences, state: Array, key: Array) -> Array:
    branch_key, token_key = jax.random.split(key)
    cumulative = jnp.cumsum(jnp.exp(law.log_weights), -1)
    cumulative = (cumulative / cumulative[:, -1:])[jnp.maximum(state, 0)]
    u = jax.random.uniform(branch_key, state.shape, jnp.float64)
    branch = (u[:, None] >= cumulative).sum(-1)
    row = jnp.where(state == LOST, LOST, state * law.log_weights.shape[1] + branch)
    return draw_tokens(branches(law), space, row, token_key)


@by_kind.draw.register
@partial(jax.jit, static_argnames=("space",))
def _draw_pairs(law: Pairs, space: Sequences, state: Array, key: Array) -> Array:
    keys = jax.random.split(key)
    middle = draw_tokens(law.first, space, state, keys[0])
    row = jnp.where(middle == LOST, LOST, state * space.size + middle)
    return draw_tokens(law.second, space, row, keys[1])


@by_kind.draw.register
def _(law: InTurn, space: Sequences, state: Array, key: Array) -> Array:
    for k, stage in enumerate(law.stages):
        state = by_kind.draw(stage, space, state, jax.random.fold_in(key, k))
    return state


@by_kind.draw.register
@partial(jax.jit, static_argnames=("space",))
def _draw_kernel(law: Kernel, space: Sequences, state: Array, key: Array) -> Array:
    rows = jnp.cumsum(jnp.concatenate([law.p, law.lost[:, None]], 1), 1)
    rows = rows / rows[:, -1:]
    u = jax.random.uniform(key, state.shape, jnp.float64)
    pick = jax.vmap(lambda row, u: jnp.searchsorted(rows[row], u, side="right"))
    after = pick(jnp.maximum(state, 0), u).astype(state.dtype)
    return jnp.where((state == LOST) | (after == space.size), LOST, after)


@by_kind.draw.register
@partial(jax.jit, static_argnames=("space",))
def _draw_choice(law: Choice, space: Sequences, state: Array, key: Array) -> Array:
    keys = jax.random.split(key, law.count + 1)
    drawn = jnp.stack([draw_tokens(law.proposal, space, state, each) for each in keys[1:]])
    running = jnp.cumsum(law.weights[jnp.maximum(drawn, 0)], 0)
    u = jax.random.uniform(keys[0], state.shape, jnp.float64) * running[-1]
    kept = jnp.minimum((u >= running).sum(0), law.count - 1)
    following = jnp.take_along_axis(drawn, kept[None], 0)[0]
    return jnp.where(state == LOST, LOST, following)
