"""Draws from a sampler at the chains themselves: no table of all states, so any length.

The same step laws as everywhere, asked for the sequences where the chains are.  Needs a target with
an analytic noised law.
"""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from harness.engines.draws.lost_chains import LOST
from harness.engines.sequences.accounts import checked
from harness.engines.sequences.tokens import fold
from harness.engines.steps import told_times
from harness.foundation.perturbation import perturbed
from harness.foundation.precision import float64
from harness.foundation.registry import label
from harness.law.rounding import rounded
from harness.law.step import Generator, StepLaw, Tokens
from harness.numerics.inverse_transform import keys_of, pick, refreshed, uniforms
from harness.problem.problem import Problem
from harness.process.analytic_score import AnalyticScore
from harness.process.noise import Noise
from harness.process.reveal_score import RevealScore
from harness.process.space import Sequences

DrawnScore = AnalyticScore | RevealScore
BLOCK_ENTRIES = 2**21  # of a table over chains, positions and symbols, held at a time


def simulate_chains(problem: Problem, key: Array, chains: int) -> np.ndarray:
    """``int32 [chains, d]``, a lost chain a row of -1.  The arguments are those of ``simulate``.

    With classes of tokens the values are classes.  Chains run in blocks, each chain with a key of
    its own.
    """
    space = problem.sequences
    rows = max(BLOCK_ENTRIES // (space.length * space.outcomes), 1)
    with float64():
        numbers = np.arange(chains, dtype=np.uint32)
        blocks = [numbers[first : first + rows] for first in range(0, chains, rows)]
        return np.concatenate([np.asarray(_block(problem, key, block)) for block in blocks])


def _block(problem: Problem, key: Array, numbers: np.ndarray) -> Array:
    space, noise = problem.sequences, problem.symbol_noise
    keys, score = keys_of(key, jnp.asarray(numbers)), problem.score_model
    if problem.start == "mask":
        x = jnp.full((len(numbers), space.length), space.tokens - 1)
    elif problem.start == "noise":
        token = jnp.asarray(noise.stationary(space.tokens))
        x = _pick(
            jnp.broadcast_to(token, (space.length, space.tokens)), _uniforms(keys, 0, space.length)
        )
    else:
        clean = problem.analytic.draw(refreshed(keys, 0))
        x = _pick(
            noise.kernel(problem.grid.start, space.tokens)[clean], _uniforms(keys, 1, space.length)
        )
    told = told_times(problem)
    for k, ((t, _), end) in enumerate(zip(problem.grid.intervals(), told, strict=True), start=2):
        law = step_law_at(problem, score, x, t, end)
        if isinstance(law, Generator):
            x = _run_generator(problem.sampler, score, noise, x, t, end, keys, k)
        else:
            x = _draw_tokens(space, law, x, _uniforms(keys, k, space.length))
    return x


def step_law_at(problem: Problem, score: DrawnScore, x: Array, t: float, told: float) -> StepLaw:
    """The sampler's law of a step from the states ``x [n, d]``.  Raises as the exact engines do."""
    law: Any = _law(problem.sampler, score, problem.symbol_noise, jnp.maximum(x, 0), t, told)
    return checked(problem, t, law, len(x))


@partial(jax.jit, static_argnames=("sampler",))
def _law(sampler: Any, score: DrawnScore, noise: Noise, x: Array, t: Any, told: Any) -> StepLaw:
    return _step(sampler, score, noise, x, jnp.asarray(t, jnp.float64), told)


def _step(sampler: Any, score: DrawnScore, noise: Noise, x: Array, t: Any, told: Any) -> Any:
    # Known are the very arrays that the sampler is given.
    if isinstance(score, AnalyticScore) and score.known is not None:
        score = AnalyticScore(score.space, score.noise, score.law, (t, x, score.known[2]))
    law = rounded(sampler.step(score, noise, x, t, jnp.asarray(told, jnp.float64)))
    if not isinstance(law, Tokens | Generator):
        raise TypeError(
            f"the step of {label(sampler)} is a {type(law).__name__}; at the chains, without a "
            "table of all states, only Tokens and a Generator are drawn from"
        )
    return perturbed("step law", law)


@partial(jax.jit, static_argnames=("space",))
def _draw_tokens(space: Sequences, law: Tokens, x: Array, u: Array) -> Array:
    lost = jnp.broadcast_to(jnp.asarray(law.lost), x.shape)
    p = fold(space, law.p, jnp.maximum(x, 0))
    token = pick(jnp.concatenate([p, lost[..., None]], -1), u)  # the last cell is the lost one
    gone = (token == space.tokens).any(-1) | (x[:, 0] == LOST)
    return jnp.where(gone[:, None], LOST, token)


@partial(jax.jit, static_argnames=("sampler",))
def _run_generator(
    sampler: Any,
    score: DrawnScore,
    noise: Noise,
    x: Array,
    t: Any,
    told: Any,
    keys: Array,
    k: Any,
) -> Array:
    """Jump by jump: the rates at the present states, asked for anew after each jump."""
    t = jnp.asarray(t, jnp.float64)
    keys = refreshed(keys, k)
    length, tokens = x.shape[1], score.space.tokens

    def unfinished(run: tuple[Array, ...]) -> Array:
        return run[-1].any()

    def event(run: tuple[Array, ...]) -> tuple[Array, ...]:
        number, clock, x, running = run
        law = _step(sampler, score, noise, x, t, told)
        rates = law.rates[..., :tokens].reshape(len(x), -1)
        u = uniforms(refreshed(keys, number), 2)
        total = rates.sum(-1)
        clock = clock - jnp.log1p(-u[:, 0]) / jnp.maximum(total, 1e-300)
        running = running & (clock < law.duration)
        place, token = jnp.divmod(pick(rates, u[:, 1]), tokens)
        here = jnp.arange(length) == place[:, None]
        return number + 1, clock, jnp.where(here & running[:, None], token[:, None], x), running

    begin = (jnp.zeros((), jnp.int32), jnp.zeros(len(x)), x, jnp.ones(len(x), bool))
    return jax.lax.while_loop(unfinished, event, begin)[2]


@partial(jax.jit, static_argnames=("length",))
def _uniforms(keys: Array, k: Any, length: int) -> Array:
    return uniforms(refreshed(keys, k), length)


_pick = jax.jit(pick)
