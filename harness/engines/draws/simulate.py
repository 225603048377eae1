"""Draws from a sampler: the same step laws as the exact engine, by inverse transform, jitted.

Resolution: uniforms are float64 multiples of 2^-52, so a probability down to about 2e-16 is drawn
with its frequency.  (A float32 uniform would cut off everything under about 6e-8: ``precision``
shows what that does.)
"""

import itertools
from dataclasses import replace
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from harness.engines.draws import gumbel
from harness.engines.draws.gumbel import Gumbel
from harness.engines.draws.long_sequences import simulate_chains
from harness.engines.sequences import by_kind, push, step_laws
from harness.foundation.precision import float64
from harness.foundation.validation import instance, integer
from harness.law.step import Generator, Tokens
from harness.problem.monte_carlo import MonteCarlo
from harness.problem.problem import Problem
from harness.process.space import Counts, Sequences

LOST = -1  # state index of a chain whose mass was lost; its row of tokens is all -1


def simulate(
    problem: Problem,
    key: int | Array = 0,
    chains: int = 10_000,
    precision: Gumbel | None = None,
) -> np.ndarray:
    """``chains`` independent runs of the sampler: ``int32 [chains, d]``, a lost chain a row of -1.

    ``key`` is a seed or a JAX key; equal keys give equal draws.  On enumerated sequences law tables
    of all states are made once a step and shared by the chains; by ``MonteCarlo`` and on counts the
    law is asked for at the chains, which needs a target with an ``analytic`` noised law.
    ``precision=Gumbel(bits)`` draws the tokens of a step by coarse uniforms, to see what that
    costs; the start is drawn as ever.  Raises TypeError or ValueError for bad arguments,
    FloatingPointError for a step law that is none.
    """
    instance("problem", problem, Problem)
    chains, key = integer("chains", chains, 1), _as_key(key)
    if precision is not None:
        instance("precision", precision, Gumbel)
    if problem.drawn or isinstance(problem.space, Counts):
        if precision is not None:
            raise ValueError("precision needs law tables of all states: engine='enumerated'")
        return simulate_chains(_for_chains(problem), key, chains)
    space = problem.chain_space
    with float64():
        # One key a step by its number: another number of steps compiles nothing.
        keys = (jax.random.fold_in(key, k) for k in itertools.count(1))
        start_key = jax.random.fold_in(key, 0)
        state = _draw_start(jnp.asarray(problem.chain_start), start_key, chains=chains)
        for step_key, t, s in zip(keys, problem.grid.times, push.told_times(problem), strict=False):
            law = step_laws.step_law(problem, t, s)
            if precision is None:
                state = by_kind.draw(law, space, state, step_key)
            else:
                tokens = instance("a step law drawn with coarse uniforms", law, Tokens)
                state = gumbel.draw(tokens, space, state, step_key, precision.bits)
        tokens, memory = np.asarray(_tokens(space, state)), problem.sampler.claims.memory
        return tokens if memory == 1 else np.where(tokens == LOST, LOST, tokens // memory)


def _for_chains(problem: Problem) -> Problem:
    """``problem`` as one that is drawn.  Raises ValueError where its target or score cannot be."""
    if problem.drawn:
        return problem
    try:
        return replace(problem, engine=MonteCarlo())
    except ValueError as error:
        raise ValueError(
            "on counts chains are drawn one by one, as by engine=MonteCarlo, or by tables of all "
            f"sequences, engine='enumerated', where they are few; {error}"
        ) from None


def _as_key(key: int | Array) -> Array:
    """The JAX key that a seed stands for; a typed or a raw JAX key as it is."""
    if isinstance(key, Array | np.ndarray):
        typed = jnp.issubdtype(key.dtype, jax.dtypes.prng_key)
        if (typed and key.ndim == 0) or (key.dtype == np.uint32 and key.ndim == 1):
            return key
    elif isinstance(key, int | np.integer) and not isinstance(key, bool):
        return jax.random.key(integer("key", key, 0))
    raise TypeError(f"key must be an integer or one JAX key, got {key!r}")


@partial(jax.jit, static_argnames=("chains",))
def _draw_start(law: Array, key: Array, chains: int) -> Array:
    u = jax.random.uniform(key, (chains,), jnp.float64)
    return _pick(_cumulative(law), u)


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
    cumulative = _cumulative(jnp.concatenate([law.p, lost[..., None]], axis=-1))
    u = jax.random.uniform(key, (state.shape[0], space.length), jnp.float64)
    alive, gone = jnp.maximum(state, 0), state == LOST
    following = jnp.zeros_like(state)
    for i, stride in enumerate(space.strides):
        token = jnp.zeros_like(state)
        for b in range(space.tokens):  # the last cell is the lost one
            token = token + (u[:, i] >= cumulative[:, i, b][alive]).astype(state.dtype)
        gone = gone | (token == space.tokens)
        following = following + token * int(stride)
    return jnp.where(gone, LOST, following)


@partial(jax.jit, static_argnames=("space",))
def _draw_generator(space: Sequences, law: Generator, state: Array, key: Array) -> Array:
    """Uniformization: candidate events at rate ``top``, each a jump or nothing.

    Waiting times are drawn, not ``jax.random.poisson`` counts, which are float32 inside and never
    see a mean below 1e-7.
    """
    top = jnp.maximum(law.rates.sum((-1, -2)).max(), 1e-300)
    nothing = top - law.rates.sum((-1, -2))
    moves = jnp.concatenate([law.rates.reshape(space.size, -1), nothing[:, None]], axis=1)
    cumulative = _cumulative(moves)
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


@partial(jax.jit, static_argnames=("space",))
def _tokens(space: Sequences, state: Array) -> Array:
    return jnp.where((state == LOST)[:, None], LOST, space.decode(state))


def _cumulative(weights: Array) -> Array:
    """Running sums over the last axis, scaled to end at one, so that no empty cell can be hit."""
    total = jnp.cumsum(weights, axis=-1)
    return total / total[..., -1:]


def _pick(cumulative: Array, u: Array) -> Any:
    return jnp.searchsorted(cumulative, u, side="right").astype(jnp.int32)
