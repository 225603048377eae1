"""The same functions on a GPU: equality with the processor in float64, and speeds.

``python -m harness.bench.on_gpu`` (``make bench-gpu``) takes at most five minutes; where no GPU is
at hand it says so.
"""

import sys
from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from harness import Problem, measure, measure_many, simulate
from harness.bench.runs import seconds, table
from harness.engines.sequences import by_kind
from harness.foundation.precision import float64
from harness.law.step import Tokens
from harness.process import grids
from harness.process.noise import Absorbing, Uniform
from harness.process.space import Sequences
from harness.samplers import FirstHitting, FrozenScore, TauLeaping, Tweedie
from toy_targets import PottsRing, RandomTable

STATES = 4, 10  # tokens and length of the push: 2^20 states
ROWS = 2**14  # of them pushed at a time
CHAINS = 10**6
TABLES = 10**4
NUMBERS = ("kl", "chain_kl", "factorisation_kl", "marginal_kl", "path_kl", "lost_mass", "tv")


def run() -> Iterator[str]:
    """A line for what is equal and for each speed; one line where there is no GPU."""
    gpus = [each for each in jax.devices() if each.platform == "gpu"]
    if not gpus:
        yield "no GPU is at hand: nothing was compared or measured"
        return
    (cpu, *_), gpu = jax.devices("cpu"), gpus[0]
    yield f"on {gpu.device_kind}"
    for problem in problems():
        yield equality(problem, cpu, gpu)
    with jax.default_device(gpu):
        yield f"push at 2^20 states: {push_seconds():.3g} s"
        drawn = Problem(PottsRing(5, 4, 1.0), Uniform(), TauLeaping(), grids.even(4.0, 0.1, 32))
        simulate(drawn, 0, CHAINS)
        took = seconds(lambda: simulate(drawn, 1, CHAINS))
        yield f"simulate 10^6 chains of 32 steps: {CHAINS * 32 / took / 1e6:.3g} M samples·steps/s"
        many = [table(Tweedie(), 3) for _ in range(TABLES)]
        measure_many(many[:64], output_only=True)
        took = seconds(lambda: measure_many(many, output_only=True))
        yield f"measure_many of 10^4 tables: {1e3 * took / TABLES:.3g} ms each"


def problems() -> Iterator[Problem]:
    """One of each kind of step law that has a loop of its own."""
    grid, target = grids.even(2.0, 0.1, 16), RandomTable(3, 4, 1)
    for sampler in (Tweedie(), TauLeaping("lose"), FrozenScore()):
        yield Problem(target, Uniform(), sampler, grid)
    yield Problem(target, Absorbing(), FirstHitting(), grid)


def equality(problem: Problem, cpu: Any, gpu: Any) -> str:
    """How far the numbers of both are apart, in floors."""
    found = []
    for device in (cpu, gpu):
        with jax.default_device(device):
            found.append(measure(Problem(**dict(vars_of(problem)))))
    first, second = found
    worst = 0.0
    for name in NUMBERS:
        a, b, floor = getattr(first, name), getattr(second, name), first.floors.get(name, 0.0)
        if not (np.isnan(a) and np.isnan(b)) and a != b:
            worst = max(worst, abs(a - b) / max(floor, 1e-12 * abs(a), 1e-300))
    said = "equal" if worst <= 2 else "DIFFERS"
    return f"{problem.sampler!r}: {said}, {worst:.2g} floors apart at most"


def vars_of(problem: Problem) -> Iterator[tuple[str, Any]]:
    """The fields of a problem, of which a new one holds nothing that was computed."""
    for name in problem.__dataclass_fields__:
        yield name, getattr(problem, name)


def push_seconds() -> float:
    """Of a law of independent tokens through one step, its tables made a block at a time."""
    space = Sequences(*STATES)
    with float64():
        p = jnp.full((ROWS, space.length, space.tokens), 1 / space.tokens)
        law, step = jnp.full(ROWS, 1 / space.size), Tokens(p)

        def whole() -> Any:
            blocks = range(0, space.size, ROWS)
            return sum(by_kind.push(step, space, law, first).law for first in blocks)

        jax.block_until_ready(whole())
        return seconds(whole)


if __name__ == "__main__":
    for line in run():
        print(line, flush=True)
        if "DIFFERS" in line:
            sys.exit(1)
