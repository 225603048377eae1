"""Draws from a sampler: the same step laws as the exact engine, by inverse transform, jitted.

Resolution: uniforms are float64 multiples of 2^-52, so a probability down to about 2e-16 is drawn
with its frequency.  (A float32 uniform would cut off everything under about 6e-8: ``precision``
shows what that does.)
"""

from dataclasses import replace
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from harness.engines.draws import gumbel
from harness.engines.draws.from_tables import cumulative_of, pick
from harness.engines.draws.gumbel import Gumbel
from harness.engines.draws.long_sequences import simulate_chains
from harness.engines.draws.lost_chains import LOST
from harness.engines.exact import is_one_function
from harness.engines.sequences import by_kind, in_chunks, one_run, step_laws
from harness.engines.sequences.accounts import judge_run
from harness.engines.sequences.one_run import Steps
from harness.engines.steps import told_times
from harness.foundation.precision import float64
from harness.foundation.validation import instance, integer
from harness.law.step import Tokens, Varying
from harness.problem.monte_carlo import MonteCarlo
from harness.problem.problem import Problem
from harness.process.counts import Counts
from harness.process.space import Sequences


def simulate(
    problem: Problem,
    key: int | Array = 0,
    chains: int = 10_000,
    precision: Gumbel | None = None,
) -> np.ndarray:
    """``chains`` independent runs of ``problem``: ``int32 [chains, d]``, a lost chain a row of -1.

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
    space, bits = problem.chain_space, precision.bits if precision else 0
    with float64(), step_laws.traceable(problem):
        state = _draw_start(jnp.asarray(problem.chain_start), key, chains=chains)
        state = (_in_one_call if is_one_function(problem) else _step_by_step)(
            problem, bits, state, key
        )
        tokens, memory = np.asarray(_tokens(space, state)), problem.sampler.claims.memory
        return tokens if memory == 1 else np.where(tokens == LOST, LOST, tokens // memory)


def _in_one_call(problem: Problem, bits: int, state: Array, key: Array) -> Array:
    """Where chains at ``state`` have come after all steps, by compiled loops over the steps."""
    given, found = in_chunks.given_of(problem), []
    for first, steps, accounts in in_chunks.chunks(problem, given):
        found.append(accounts)
        if not isinstance(steps.laws, Varying):
            state = _chunk(problem.chain_space, bits, state, key, first, steps)
            continue
        for k in np.flatnonzero(steps.real):  # rates are looked at as they are drawn from
            law = jax.tree.map(lambda each, k=k: each[k], steps.laws)
            step_key = jax.random.fold_in(key, first + int(k) + 1)
            state = _drawn(law, problem.chain_space, bits, state, step_key)
    judge_run(problem, in_chunks.joined(problem, found))
    return state


@partial(jax.jit, static_argnums=(0, 1))
def _chunk(
    space: Sequences, bits: int, state: Array, key: Array, first: Any, steps: Steps
) -> Array:
    def one(moving: tuple[Array, Array], step: Steps) -> tuple[tuple[Array, Array], None]:
        state, k = moving
        step_key = jax.random.fold_in(key, k)  # one a step, by its number
        drawn = _drawn(step.laws, space, bits, state, step_key)
        return (drawn.astype(state.dtype), k + 1), None

    return one_run.through(one, (state, first + 1), steps)[0][0]


def _step_by_step(problem: Problem, bits: int, state: Array, key: Array) -> Array:
    """The same where the laws of a step are made block by block."""
    for k, (t, s) in enumerate(zip(problem.grid.times, told_times(problem), strict=False)):
        law = step_laws.step_law(problem, t, s)
        state = _drawn(law, problem.chain_space, bits, state, jax.random.fold_in(key, k + 1))
    return state


def _drawn(law: Any, space: Sequences, bits: int, state: Array, key: Array) -> Array:
    if not bits:
        return by_kind.draw(law, space, state, key)
    tokens = instance("a step law drawn with coarse uniforms", law, Tokens)
    return gumbel.draw(tokens, space, state, key, bits)


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
    u = jax.random.uniform(jax.random.fold_in(key, 0), (chains,), jnp.float64)
    return pick(cumulative_of(law), u)


@partial(jax.jit, static_argnames=("space",))
def _tokens(space: Sequences, state: Array) -> Array:
    return jnp.where((state == LOST)[:, None], LOST, space.decode(state))
