"""Speed of whole runs on small spaces, each against plain code for the same in the same process."""

import time
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import jax
import numpy as np

from harness import Problem, measure, measure_many, simulate
from harness.bench.plain import dense_run, frozen_sums, scan_of_draws, scan_of_pushes
from harness.foundation.precision import float64
from harness.numerics import convolution
from harness.process import grids
from harness.process.noise import Uniform
from harness.samplers import FrozenScore, TauLeaping, Tweedie
from toy_targets import PottsRing, RandomTable, TwoBeliefs

PAIRS = 9  # of runs that are compared, one after the other
SEEDS = count(1000)
EACH = 5e-4  # seconds of one of a thousand tables


def run() -> Iterator[tuple[str, float, float, str]]:
    """``(what, measured, at most, unit)`` of every promised speed; medians of paired runs."""
    small = table(Tweedie(), 3)
    yield (
        "output law, S=3 d=3 N=64, fresh",
        ratio(lambda: measure(table(Tweedie(), 3), output_only=True), scan_of_pushes(small)),
        3.0,
        "times a plain scan of the same steps",
    )
    yield (
        "output law, S=3 d=3 N=64, fresh",
        ratio(lambda: measure(table(Tweedie(), 3), output_only=True), lambda: dense_run(small)),
        1.0,
        "times dense matrices in numpy",
    )
    for tokens, length in ((3, 3), (3, 6), (4, 6)):
        output, whole = (
            lambda only=only, d=length, s=tokens: measure(
                table(TauLeaping(), d, s), output_only=only
            )
            for only in (True, False)
        )
        name = f"everything of tau_leaping, S={tokens} d={length} N=64"
        yield name, ratio(whole, output), 3.0, "times its output law"
    yield (
        "measure_many of 1,000 tables, S=3 d=3 N=64, output only",
        seconds_each(lambda: [table(Tweedie(), 3) for _ in range(1000)]) / EACH,
        1.0,
        "times 0.5 ms each",
    )
    frozen = table(FrozenScore(), 6)
    yield (
        "everything of frozen_score, 729 states, N=64",
        ratio(lambda: measure(table(FrozenScore(), 6)), frozen_sums(frozen), 3),
        2.0,
        "times 64 x 13 sparse products and 64 sums over pairs",
    )
    drawn = Problem(PottsRing(5, 4, 1.0), Uniform(), TauLeaping(), grids.even(4.0, 0.1, 32))
    yield (
        "simulate 100,000 chains, S=5 d=4 N=32",
        ratio(lambda: simulate(drawn, 0, 100_000), scan_of_draws(drawn, 100_000)),
        1 / 0.9,
        "times a plain scan of draws",
    )
    yield counts()


def counts() -> tuple[str, float, float, str]:
    """64 steps on 1,001 counts against as many flops in matrix products."""
    target = TwoBeliefs((0.6, 0.4), (0.1, 0.9), 1000, 0.3)
    problem = Problem(target, Uniform(), TauLeaping(), grids.even(4.0, 0.1, 64), engine="counts")
    side = round((convolution.cost(2, 1000)[1] / 2) ** (1 / 3))
    a = np.random.default_rng(0).random((side, side))

    def products() -> None:
        for _ in range(64):
            a @ a

    found = ratio(lambda: measure(fresh(problem), output_only=True), products, 3)
    return "counts, S=2 d=1,000 N=64", found, 10.0, "times its flops as matrix products"


def table(sampler: Any, length: int, tokens: int = 3) -> Problem:
    """A table that no run has seen, 64 steps."""
    grid = grids.even(4.0, 0.1, 64)
    return Problem(RandomTable(tokens, length, next(SEEDS)), Uniform(), sampler, grid)


def fresh(problem: Problem) -> Problem:
    """The same problem, with nothing that was computed for it."""
    return Problem(problem.target, problem.noise, problem.sampler, problem.grid, engine="counts")


def ratio(ours: Callable[[], Any], plain: Callable[[], Any], pairs: int = PAIRS) -> float:
    """Median over ``pairs`` of the seconds of ``ours`` over those of ``plain``, run in turn."""
    with float64():
        ours(), plain()  # what compiles
        return float(np.median([seconds(ours) / seconds(plain) for _ in range(pairs)]))


def seconds_each(tables: Callable[[], list[Problem]]) -> float:
    """Of fresh ``tables``, measured together, when their program is compiled."""
    measure_many(tables(), output_only=True)
    fresh = tables()
    return seconds(lambda: measure_many(fresh, output_only=True)) / len(fresh)


def seconds(work: Callable[[], Any]) -> float:
    """How long ``work`` takes."""
    began = time.perf_counter()
    jax.block_until_ready(work())
    return time.perf_counter() - began
