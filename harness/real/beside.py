"""The built-in sampler that a loop is, if it is one of them: the nearest law among theirs."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from harness.engines.exact import output_law
from harness.foundation.counted import counted
from harness.foundation.registry import label
from harness.numerics import divergence
from harness.problem.problem import Problem
from harness.process import grids
from harness.process.grids import Grid
from harness.process.noise import Noise
from harness.samplers import (
    Confidence,
    Euler,
    FirstHitting,
    FixedCardinality,
    MaskedPlugIn,
    TauLeaping,
    Tweedie,
)
from harness.traced.conventions import masks

EQUAL = 1e-6  # a TV that float32 arithmetic makes
TOLD = "the {} times at which the model was asked"
LATE = 12.0  # a start from noise is then wrong by e^-24


@dataclass(frozen=True)
class Beside:
    """The built-in ``sampler`` on a ``grid``, in words, and the TV between its law and a loop's."""

    sampler: str
    grid: str
    tv: float

    def __str__(self) -> str:
        name = f"{self.sampler} on {self.grid}"
        if self.tv <= EQUAL:
            return f"equals {name} to {self.tv:.1g} in total variation"
        return f"nearest built-in: {name}, {self.tv:.2g} away in total variation"


def nearest(
    law: np.ndarray,
    target: Any,
    noise: Noise,
    steps: int,
    times: Sequence[float] | None,
    stop: float,
) -> Beside | None:
    """The built-in sampler nearest to the output ``law [C] * d``; the first that equals it.

    ``times``: those at which the model was asked, None where it is not told any; ``stop`` is where
    the last step ends.  None where no built-in sampler does such a thing.
    """
    best = None
    if masks(noise):
        tried = [*_masked_times(times), *_masked(law.ndim, steps)]
    else:
        tried = list(_timed(times, stop))
    for sampler, grid, words in tried:
        start = "mask" if grid.start == math.inf else "noise"
        theirs = np.asarray(output_law(Problem(target, noise, sampler, grid, start=start)))
        clean = theirs[(slice(law.shape[0]),) * law.ndim].reshape(-1)
        tv = float(divergence.tv(clean, law.reshape(-1), 0.0))
        if best is None or tv < best.tv:
            best = Beside(label(sampler), words, tv)
        if best.tv <= EQUAL:
            break
    return best


def _masked(length: int, steps: int) -> Iterator[tuple[Any, Grid, str]]:
    """From all masked to the data in ``steps``, whatever the times."""
    even = grids.even_reveal(steps)
    yield MaskedPlugIn(), even, f"{steps} steps that reveal alike"
    yield MaskedPlugIn(), grids.cosine(steps), f"a cosine of {counted(steps, 'step')}"
    sizes = [len(part) for part in np.array_split(np.arange(length), min(steps, length))]
    yield FixedCardinality(tuple(sizes)), even, f"{counted(steps, 'step')}"
    yield FirstHitting(), even, "any grid"
    yield Confidence(max(1, math.ceil(length / steps))), even, f"{counted(steps, 'step')}"


def _masked_times(times: Sequence[float] | None) -> Iterator[tuple[Any, Grid, str]]:
    """At the times at which the model was asked, to the data."""
    if times and all(b < a for a, b in pairwise([*times, 0.0])):
        grid = grids.custom([math.inf, *times[1:], 0.0])
        yield MaskedPlugIn(), grid, TOLD.format(len(times))


def _timed(times: Sequence[float] | None, stop: float) -> Iterator[tuple[Any, Grid, str]]:
    """At the times at which the model was asked."""
    if not times or any(b >= a for a, b in pairwise([*times, stop])):
        return
    grid = grids.custom([min(times[0], LATE), *times[1:], stop])
    for sampler in (Tweedie(), Euler(), TauLeaping(), TauLeaping("clip"), TauLeaping("reject")):
        yield sampler, grid, TOLD.format(len(times))
