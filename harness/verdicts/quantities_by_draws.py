"""What theorems are written in, on a problem that is estimated by draws."""

import math
from functools import cached_property
from typing import Any

import numpy as np

from harness.measurement.by_draws import measurement
from harness.measurement.by_draws.chain_kl import PathSums, batches, engine_of, path_sums
from harness.measurement.result import Measurement
from harness.problem.monte_carlo import BATCHES, Estimate
from harness.problem.problem import Problem
from harness.verdicts.quantities import Quantities


class DrawnQuantities(Quantities):
    """Means over drawn paths; ``nan`` for what no draw shows.

    A *floor* is half a confidence interval.  What stands on the two sides of an inequality comes
    from the same paths, so their difference has an interval of its own: ``parts`` are the
    quantities of ``BATCHES`` equal parts of the paths, independent of each other.
    """

    def __init__(self, problem: Problem, sums: PathSums | None = None) -> None:
        super().__init__(problem)
        self.confidence = engine_of(problem).confidence
        self._sums = sums

    @cached_property
    def sums(self) -> PathSums:
        return self._sums or path_sums(self.problem)

    @cached_property
    def parts(self) -> list["DrawnQuantities"]:
        return [DrawnQuantities(self.problem, part) for part in batches(self.sums, BATCHES)]

    @cached_property
    def measurement(self) -> Measurement:
        return measurement.measurement(self.problem, self.sums)

    def rung_rounding(self, name: str) -> float:
        return measurement.rounding(self.problem)

    def rounding(self, name: str, *at: float) -> Any:
        """Equal seeds draw equal paths: rounding moves an estimate, not its interval."""
        off = measurement.rounding(self.problem)
        return (off,) * self.problem.grid.steps if name == "step_factorisation" else off

    def rung(self, name: str) -> tuple[float, float]:
        match name:
            case "start":
                found = self._estimate(self.sums.start)
                return found.value, found.half_width
            case "output" | "chain":
                return super().rung(name)
            case "path":
                return self.measurement.path_kl, self.measurement.path_floor
        return np.nan, 0.0

    def idle(self, name: str) -> float:
        """The lower end of the interval: a bound no smaller may say nothing."""
        if name in ("stopping", "tv", "data"):
            return 1.0
        if name == "start" and self.problem.start != "noise":
            return math.inf  # KL(q_δ‖π) is not drawn from this start: no bound is called vacuous
        return self._estimate(self.sums.idle).low

    def idle_rounding(self, name: str) -> float:
        return 0.0 if name in ("stopping", "tv", "data") else measurement.rounding(self.problem)

    @cached_property
    def differential(self) -> tuple[float, float]:
        return np.nan, 0.0

    @cached_property
    def start_kl(self) -> float:
        return self.measurement.start_kl

    @cached_property
    def stationary_kl(self) -> float:
        return float(self.sums.start.mean())

    @cached_property
    def data_stationary_kl(self) -> float:
        return float(self.sums.data.mean())

    @cached_property
    def score_error(self) -> float:
        return 0.0

    @property
    def score_error_in_time(self) -> float:
        return 0.0

    @cached_property
    def dtc_data(self) -> float:
        return self.problem.dependence[1]

    def dtc(self, t: float) -> float:
        """An estimate at grid times, ``nan`` at others."""
        return self._at(self.sums.dependence, t)

    def _at(self, samples: np.ndarray, t: float) -> float:
        times = self.problem.grid.times
        return float(samples[:, times.index(t)].mean()) if t in times else np.nan

    def dtc_fall(self, t: float, s: float) -> float:
        """Of either sign: cut off at 0 its mean would be too large."""
        return self.dtc(s) - self.dtc(t)

    def uniform_kl(self, t: float) -> float:
        """An estimate at grid times, ``nan`` at others."""
        return self._at(self.sums.uniform, t)

    def uniform_fall(self, t: float) -> float:
        """The same."""
        return self._at(self.sums.fall, t)

    @property
    def path_integral(self) -> float:
        return np.nan

    @property
    def step_approximation(self) -> float:
        return np.nan

    @cached_property
    def stopping_tv(self) -> float:
        return np.nan

    @cached_property
    def step_factorisation(self) -> tuple[float, ...]:
        return self.measurement.step_factorisation

    def _estimate(self, sample: np.ndarray) -> Estimate:
        return Estimate.of(sample, self.confidence)
