"""Speed, as ratios within one run: the push against a matrix product, and draws per second."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from harness.engines import simulate
from harness.engines.sequences import push
from harness.foundation.precision import float64
from harness.foundation.registry import label
from harness.law.step import Tokens
from harness.problem.problem import Problem
from harness.process import grids
from harness.process.noise import Absorbing, Uniform
from harness.process.space import Sequences
from harness.samplers import Euler, FirstHitting, MaskedPlugIn, TauLeaping, Tweedie
from toy_targets import PottsRing

PUSHES = (((4, 8), 0.40), ((16, 4), 0.40), ((2, 16), 0.25))
DRAWS = 20e6  # samples times steps per second
DRAWN = (
    *((sampler, Uniform(), DRAWS) for sampler in (TauLeaping(), Euler(), Tweedie())),
    (MaskedPlugIn(), Absorbing(), DRAWS),
    (FirstHitting(), Absorbing(), 0.0),  # token after token: no speed is promised
)
REPEATS = 5


def run() -> Iterator[tuple[str, float, float, str]]:
    """``(what, measured, wanted, unit)`` of every promised speed; medians of five."""
    with float64():
        reference = matmul_rate()
        yield "float64 matrix product", reference / 1e9, 0.0, "Gflop/s"
        for (tokens, length), share in PUSHES:
            rate = push_rate(Sequences(tokens, length))
            yield f"push at S={tokens}, d={length}", rate / reference, share, "of that rate"
    for sampler, noise, wanted in DRAWN:
        rate = draw_rate(sampler, noise)
        yield f"simulate {label(sampler)}", rate / 1e6, wanted / 1e6, "M samples·steps/s"


def matmul_rate(size: int = 4096) -> float:
    """Flops per second of JAX's float64 product of two square matrices."""
    a = jnp.asarray(np.random.default_rng(0).random((size, size)))
    return 2 * size**3 / median_seconds(jax.jit(jnp.matmul), a, a)


def push_rate(space: Sequences, repeats: int = REPEATS) -> float:
    """Flops per second, ``2 S^{2d}`` a push, of a law of independent tokens on ``space``."""
    rng = np.random.default_rng(0)
    p = rng.random((space.size, space.length, space.tokens))
    step = Tokens(jnp.asarray(p / p.sum(-1, keepdims=True)))
    law = np.full(space.size, 1 / space.size)
    whole = [(slice(0, space.size), step)]
    seconds = median_seconds(lambda: push.push(space, law, whole)[0], repeats=repeats)
    return 2 * space.size**2 / seconds


def draw_rate(sampler: Any, noise: Any, chains: int = 100_000, steps: int = 32) -> float:
    """Samples times steps per second on 625 data states, exact score, law tables included."""
    problem = Problem(PottsRing(5, 4, 1.0), noise, sampler, grids.even(4.0, 0.1, steps))
    return chains * steps / median_seconds(simulate, problem, 0, chains)


def median_seconds(work: Callable[..., Any], *args: Any, repeats: int = REPEATS) -> float:
    """Median time of some calls after one that compiles."""
    jax.block_until_ready(work(*args))
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        jax.block_until_ready(work(*args))
        times.append(time.perf_counter() - began)
    return float(np.median(times))
