"""How far exact goes: the largest runs that are promised, each in a process of its own.

``python -m harness.bench.reach KIND S D SAMPLER`` is such a process; ``run`` starts them one by
one, so that the peak memory of each is its own.
"""

import json
import math
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness import Problem, cost, measure, output_law
from harness.bench.speeds import matmul_rate, push_rate
from harness.foundation.precision import float64
from harness.process import grids
from harness.process.noise import Uniform
from harness.process.score import Perturbed
from harness.process.space import Sequences
from harness.samplers import Euler, TauLeaping, Tweedie
from toy_targets import PottsRing, TwoBeliefs

GIB = 2**30
STATES = 2**20
STEPS = 64
QUANTITIES = {"counts": ("output",), "chain": ("chain",), "main": ("output", "chain")}
SAMPLERS: dict[str, Any] = {"tweedie": Tweedie(), "euler": Euler(), "tau_leaping": TauLeaping()}


@dataclass(frozen=True)
class Goal:
    """A run of a ``kind`` on ``S`` tokens, length ``d``; wanted seconds (or ratio) and bytes."""

    kind: str
    S: int
    d: int
    sampler: str = "tau_leaping"
    most: float = float("inf")
    memory: float = float("inf")

    def __str__(self) -> str:
        return f"{self.kind} at S={self.S}, d={self.d}, {self.sampler}"


GOALS = (
    *(Goal("push", S, d, most=2.0, memory=8 * GIB) for S, d in ((4, 10),)),
    *(
        Goal("chain", S, d, sampler, most=60.0, memory=8 * GIB)
        for S, d in ((2, 20), (4, 10))
        for sampler in SAMPLERS
    ),
    *(Goal("chain", S, d, "tweedie") for S, d in ((3, 12), (8, 6), (16, 5), (32, 4))),
    *(
        Goal("main", S, d, "tweedie", memory=2 * GIB)
        for S, d in ((256, 2), (4, 8), (16, 4), (2, 16))
    ),
    Goal("counts", 2, 1000, most=15.0, memory=4 * GIB),
    Goal("counts", 3, 64, most=60.0, memory=4 * GIB),
    Goal("counts", 4, 24, most=60.0, memory=4 * GIB),
)


@dataclass(frozen=True)
class Row:
    """What came of a goal.  ``cpu`` is what the seconds would be with the machine to itself."""

    goal: Goal
    found: float
    cpu: float
    memory: float

    @property
    def missed(self) -> bool:
        return not (self.found <= self.goal.most and self.memory <= self.goal.memory)

    def __str__(self) -> str:
        goal = self.goal
        unit = "times a matrix product's time" if goal.kind == "push" else "s"
        limits = [f"{goal.most:g}"] * math.isfinite(goal.most)
        limits += [f"{goal.memory / GIB:g} GiB"] * math.isfinite(goal.memory)
        wanted = f", {'MISSED' if self.missed else 'wanted at most'} {', '.join(limits)}"
        return (
            f"{goal}: {self.found:.3g} {unit} ({self.cpu:.3g} s of CPU), "
            f"{self.memory / GIB:.2f} GiB{wanted if limits else ''}"
        )


def run() -> Iterator[Row]:
    """One row a goal."""
    for goal in GOALS:
        asked = (goal.kind, str(goal.S), str(goal.d), goal.sampler)
        found = subprocess.run(
            [sys.executable, "-m", "harness.bench.reach", *asked],
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
        yield Row(goal, **json.loads(found.stdout))


def problem(kind: str, S: int, d: int, sampler: str) -> Problem:
    """What is measured of a goal, but for a push."""
    grid, method = grids.even(4.0, 0.1, STEPS), SAMPLERS[sampler]
    if kind == "counts":
        first, second = (0.6, *(0.4 / (S - 1),) * (S - 1)), (0.1, *(0.9 / (S - 1),) * (S - 1))
        target = TwoBeliefs(first, second, d, 0.3)
        return Problem(target, Uniform(), method, grid, engine="counts")
    ring = PottsRing(S, d, 1.0)
    if kind == "chain":
        return Problem(ring, Uniform(), method, grid, max_states=STATES)
    return Problem(ring, Uniform(), method, grids.even(4.0, 0.1, 2), Perturbed(score_error=0.01))


def expected() -> float:
    """About how many seconds all goals take on this machine, by the cost of their problems."""
    found = 0.0
    for goal in GOALS:
        if goal.kind != "push":
            told = cost(problem(goal.kind, goal.S, goal.d, goal.sampler), QUANTITIES[goal.kind])
            found += told.seconds + told.compiling
    return found


def once(kind: str, S: int, d: int, sampler: str) -> dict[str, float]:
    """Seconds (a push: over those of a matrix product), seconds of CPU and peak bytes."""
    began, worked = time.perf_counter(), time.process_time()
    seconds = None
    if kind == "push":
        with float64():
            seconds = matmul_rate() / push_rate(Sequences(S, d), repeats=1)
    elif kind == "counts":
        output_law(problem(kind, S, d, sampler))
    else:
        measure(problem(kind, S, d, sampler), chain_only=kind == "chain")
    found = time.perf_counter() - began if seconds is None else seconds
    return {"found": found, "cpu": time.process_time() - worked, "memory": _peak()}


def _peak() -> float:
    """The most bytes that this process has held."""
    status = Path("/proc/self/status")
    if not status.exists():
        unit = 1 if sys.platform == "darwin" else 1024
        return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit)
    # On Linux ru_maxrss begins with what the parent held.
    held = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return float(held.split()[1]) * 1024


if __name__ == "__main__":
    kind, tokens, length, name = sys.argv[1:]
    print(json.dumps(once(kind, int(tokens), int(length), name)))
