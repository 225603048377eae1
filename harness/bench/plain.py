"""Plain code for what leapcheck does, written once more and as shortly: what speeds are held to."""

from collections.abc import Callable
from functools import reduce
from itertools import pairwise
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from harness.problem.problem import Problem


def dense_run(problem: Problem) -> np.ndarray:
    """The output law of exact Tweedie under uniform noise: dense matrices, numpy alone."""
    tokens, length = problem.space.tokens, problem.space.length
    size, times = tokens**length, problem.grid.times
    x = np.indices((tokens,) * length).reshape(length, -1).T
    strides = tokens ** np.arange(length - 1, -1, -1)
    there = np.arange(size)[:, None, None] + (np.arange(tokens) - x[..., None]) * strides[:, None]

    def kernel(t: float) -> np.ndarray:
        return np.exp(-t) * np.eye(tokens) + (1 - np.exp(-t)) / tokens

    def noised(law: np.ndarray, t: float) -> np.ndarray:
        for _ in range(length):
            law = (law.reshape(tokens, -1).T @ kernel(t)).reshape(-1)
        return law

    data, law = problem.data_law, np.full(size, 1 / size)
    for t, s in pairwise(times):
        now = noised(data, t)
        ratios = now[there] / now[:, None, None]
        h = t - s
        earlier = ratios @ np.linalg.inv(kernel(h))
        p = earlier * kernel(h).T[x]
        step = np.ones((size, 1))
        for i in range(length):
            step = (step[:, :, None] * p[:, i, None, :]).reshape(size, -1)
        law = law @ step
    return law


def scan_of_pushes(problem: Problem) -> Callable[[], Any]:
    """The output law of a sampler of independent tokens: one scan around its step."""
    space, sampler = problem.sequences, problem.sampler
    half = space.length // 2
    x = space.states()

    def outer(p: Any) -> Any:
        return reduce(lambda a, b: (a[:, :, None] * b[:, None, :]).reshape(len(a), -1), p)

    @jax.jit
    def run(score: Any, noise: Any, law: Any, times: Any) -> Any:
        def step(law: Any, ends: Any) -> tuple[Any, None]:
            p = jnp.moveaxis(sampler.step(score, noise, x, *ends).p, 1, 0)
            left = outer(p[:half]) if half else jnp.ones((len(law), 1))
            return ((left * law[:, None]).T @ outer(p[half:])).reshape(-1), None

        return jax.lax.scan(step, law, (times[:-1], times[1:]))[0]

    given = (
        problem.score_model,
        problem.symbol_noise,
        problem.start_law,
        np.array(problem.grid.times),
    )
    return lambda: run(*given)


def scan_of_draws(problem: Problem, chains: int) -> Callable[[], Any]:
    """Chains of a sampler of independent tokens: tables of all states, one uniform a token."""
    space, sampler = problem.sequences, problem.sampler
    x, strides = space.states(), jnp.asarray(space.strides)

    @jax.jit
    def run(score: Any, noise: Any, start: Any, times: Any, key: Any) -> Any:
        def step(state: Any, given: Any) -> tuple[Any, None]:
            t, s, key = given
            cells = jnp.cumsum(sampler.step(score, noise, x, t, s).p, -1)[..., :-1]
            u = jax.random.uniform(key, (chains, space.length), jnp.float64)
            token = (u[..., None] >= cells[state]).sum(-1)
            return (token * strides).sum(-1).astype(jnp.int32), None

        keys = jax.random.split(key, len(times))
        u = jax.random.uniform(keys[0], (chains,), jnp.float64)
        state = jnp.searchsorted(jnp.cumsum(start), u).astype(jnp.int32)
        state, _ = jax.lax.scan(step, state, (times[:-1], times[1:], keys[1:]))
        return space.decode(state)

    start, times = problem.start_law, np.array(problem.grid.times)
    given = problem.score_model, problem.symbol_noise, start, times, jax.random.key(0)
    return lambda: run(*given)


def frozen_sums(problem: Problem) -> Callable[[], Any]:
    """What the chain KL of a frozen generator cannot do without, a step after another.

    13 products of the generator with a matrix of all states, and a sum of logarithms over pairs.
    """
    space, times = problem.sequences, problem.grid.times
    x = np.asarray(space.states())
    to = np.asarray(space.neighbours(jnp.asarray(x)))

    @jax.jit
    def step(score: Any, noise: Any, joint: Any, t: Any) -> Any:
        rates = noise.reverse_rates(score(t, x), x)

        def product(_: int, rows: Any) -> Any:
            total = jnp.zeros_like(rows)
            for i in range(space.length):
                for b in range(space.tokens):
                    total = total + rates[:, i, b, None] * rows[to[:, i, b]]
            return total

        rows = jax.lax.fori_loop(0, 13, product, jnp.eye(space.size))
        return (joint * jnp.log(joint / jnp.where(rows > 0, rows, 1.0))).sum()

    joint = np.random.default_rng(0).dirichlet(np.ones(space.size**2)).reshape(space.size, -1)
    score, noise = problem.score_model, problem.symbol_noise
    return lambda: [step(score, noise, joint, t) for t in times[:-1]]
