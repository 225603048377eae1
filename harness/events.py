"""How many score calls a run by uniformization takes: a Poisson number, whatever happens.

A chain that jumps at random times is drawn by candidate events at a constant rate, a bound on the
rate out of any state; the score is asked at each.  Their number does not depend on the chain.
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import poisson

from harness.engines import enumerated
from harness.problem import Problem
from harness.registry import label
from harness.step import Generator, Varying
from harness.validation import instance

TAIL = 1e-12  # probability of more events than a law lists


@dataclass(frozen=True)
class Events:
    """A Poisson number of events of mean ``Σ_k λ_k h_k``; ``steps [N]`` are its terms."""

    steps: tuple[float, ...]

    @property
    def mean(self) -> float:
        """The expected number, which is also the variance."""
        return float(np.sum(self.steps))

    @property
    def law(self) -> np.ndarray:
        """``[m]`` probabilities of ``0, 1, ..`` events, up to a tail below 1e-12."""
        return poisson.pmf(np.arange(int(poisson.isf(TAIL, self.mean)) + 2), self.mean)


def candidate_events(problem: Problem) -> Events:
    """Those of a run of ``problem``.  Raises ValueError for a sampler whose steps are no chains."""
    instance("problem", problem, Problem)
    found = []
    for (t, _), told in zip(problem.grid.intervals(), enumerated.told_times(problem), strict=True):
        law = enumerated.step_law(problem, t, told)
        match law:
            case Varying():
                found.append(float(law.top) * float(law.begin - law.end))
            case Generator():
                top = float(enumerated.exits(problem.space, law.rates).max())
                found.append(top * float(law.duration))
            case _:
                raise ValueError(f"{label(problem.sampler)} runs no chain inside a step")
    return Events(tuple(found))
