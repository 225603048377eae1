"""Kind 7: what a noise does to one token, or another noise to all, is not what it does to each."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from bounds import EarlyStopping, StartUniform
from harness import grids
from harness.noise import CyclicWalk, RateMatrix, Uniform
from toy_targets import PottsRing

from ..case import Case
from .constants import OfTerms

UNEVEN = RateMatrix([[-0.5, 0.5], [0.4, -0.4]])


@dataclass(frozen=True)
class StoppingOfWalks(OfTerms, EarlyStopping):
    """Kind 7: ``1 - (1/S + (1 - 1/S) e^{-δ})^d`` of a walk too, which seldom comes back."""

    name: ClassVar[str] = "stopping_of_walks"
    noises: ClassVar[tuple[type, ...]] = (Uniform, CyclicWalk)

    def assumptions(self, problem):
        jumps = isinstance(problem.noise, self.noises)
        return {**super().assumptions(problem), "jumps at rate 1": jumps}

    def terms(self, problem, quantities):
        length, logs = quantities.log_size
        leaves = math.expm1(-logs) * math.expm1(-problem.grid.stop)
        return {"stopping": -math.expm1(length * math.log1p(-leaves))}


@dataclass(frozen=True)
class StoppingByMeanExit(OfTerms, EarlyStopping):
    """Kind 7: ``1 - e^{-d δ r}``, ``r`` the mean rate at which tokens are left."""

    name: ClassVar[str] = "stopping_by_mean_exit"
    of: ClassVar[Callable[[Any], Any]] = staticmethod(np.mean)

    @classmethod
    def example(cls):
        return replace(EarlyStopping.example(), noise=UNEVEN, target=PottsRing(2, 3, 1.0))

    def assumptions(self, problem):
        is_matrix = isinstance(problem.noise, RateMatrix)
        return {**super().assumptions(problem), "a rate matrix": is_matrix}

    def terms(self, problem, quantities):
        length, _ = quantities.log_size
        exits = type(self).of(-np.diag(np.array(problem.noise.rows)))
        return {"stopping": -math.expm1(-length * problem.grid.stop * float(exits))}


@dataclass(frozen=True)
class StartByLogS(OfTerms, StartUniform):
    """Kind 7: ``e^{-cT} d log S``, ``c = Σ_b min_a R(a, b)``, whatever law the noise keeps."""

    name: ClassVar[str] = "start_by_log_s"

    @classmethod
    def example(cls):
        grid = grids.even(2.5, 0.1, 4)
        return replace(
            StartUniform.example(), noise=UNEVEN, target=PottsRing(2, 3, 3.0, field=1.0), grid=grid
        )

    def assumptions(self, problem):
        return {"a rate matrix": isinstance(problem.noise, RateMatrix)}

    def terms(self, problem, quantities):
        length, _ = quantities.log_size
        rows = np.array(problem.noise.rows)
        forgets = (rows + np.diag([math.inf] * len(rows))).min(0).sum()
        of_token = self.of_token(problem.noise.stationary(len(rows)))
        return {"start": math.exp(-forgets * problem.grid.start) * length * of_token}

    def of_token(self, law):
        """What a token costs at most at ``T = 0``."""
        return math.log(len(law))


CASES = [
    Case(thing(), 7, "stands with tweedie")
    for thing in (StoppingOfWalks, StoppingByMeanExit, StartByLogS)
]
