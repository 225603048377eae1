"""What an engine yields: the steps of a run with their laws, and the law that it ends with."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.problem.problem import Problem


@dataclass(frozen=True)
class Step:
    """One step: its times and the laws of it from every state."""

    t: float
    s: float
    laws: Any  # blocks (rows, step law), to be gone through as often as needed


@dataclass(frozen=True)
class Run:
    """``law [S^d]`` after the last step; mass ``lost`` and expected probability ``clipped``."""

    law: np.ndarray
    lost: float
    clipped: float


def told_times(problem: Problem) -> tuple[float, ...]:
    """Where the sampler is told that each step ends."""
    grid = problem.grid
    if grid.told is None:
        return grid.times[1:]
    return tuple(t - h for t, h in zip(grid.times[:-1], grid.told, strict=True))


def paced(problem: Problem) -> list[tuple[float, float, float]]:
    """``(t, s, pace)`` of every step: how fast the sampler's clock runs in it."""
    pairs = zip(problem.grid.intervals(), told_times(problem), strict=True)
    return [(t, s, (t - told) / (t - s)) for (t, s), told in pairs]
