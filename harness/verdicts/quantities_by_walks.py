"""What theorems are written in, on a decoder of masked tokens that is estimated by draws."""

import math
from functools import cached_property
from typing import Any

from harness.measurement.by_draws import walked
from harness.measurement.by_draws.chain_kl import batches, engine_of
from harness.measurement.by_draws.teacher_forcing import WalkSums, walk_sums
from harness.measurement.result import Measurement
from harness.problem.monte_carlo import BATCHES
from harness.problem.problem import Problem
from harness.verdicts.quantities_by_draws import DrawnQuantities


class WalkedQuantities(DrawnQuantities):
    """Means over walks of teacher forcing; the output KL is that by the log-ratio.

    So that an equality of it with sums of total correlations has two sides.
    """

    def __init__(self, problem: Problem, sums: WalkSums | None = None) -> None:
        super().__init__(problem)
        self.confidence = engine_of(problem).confidence
        self._walks = sums

    @cached_property
    def sums(self) -> Any:
        return self._walks or walk_sums(self.problem)

    @cached_property
    def parts(self) -> list[DrawnQuantities]:
        walks = batches(self.sums, BATCHES)
        return [WalkedQuantities(self.problem, part) for part in walks]

    @cached_property
    def measurement(self) -> Measurement:
        return walked.measurement(self.problem, self.sums)

    def rung(self, name: str) -> tuple[float, float]:
        if name != "output":
            return math.nan, 0.0
        found = self._estimate(self.sums.log_ratio)
        return found.value, found.half_width

    def idle(self, name: str) -> float:
        return 1.0 if name in ("stopping", "data") else math.inf

    @cached_property
    def start_kl(self) -> float:
        return 0.0

    @cached_property
    def stationary_kl(self) -> float:
        return math.nan

    @cached_property
    def data_stationary_kl(self) -> float:
        return math.nan

    def dtc(self, t: float) -> float:
        return math.nan

    @cached_property
    def reveal_dependence(self) -> float:
        return float(self.sums.dependence.sum(1).mean())

    @cached_property
    def hidden_cost(self) -> float:
        return math.inf if math.isinf(self.sums.log_ratio.max()) else 0.0

    @cached_property
    def parallel_rounds(self) -> float:
        return float(self.sums.parallel.mean())
