"""A theorem that is not part of the library, with the right constant and with a wrong one."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from harness import grids
from harness.claims import Trait
from harness.noise import Uniform
from harness.problem import Problem
from harness.quantities import Quantities
from harness.samplers import Tweedie
from harness.theorem import Inequality, Rate, Trust
from toy_targets import Parity


@dataclass(frozen=True)
class GeometricDTC(Inequality):
    """``KL <= KL(start) + c(κ) DTC(X_δ)``, ``c(κ) = (e^κ - 1)(1 + e^κ/(1 - 1/e))``.

    Assumes uniform noise, ``δ > 0``, the exact score, steps of the lengths that are told and exact
    token marginals; ``κ`` is the grid's ``max h/min(1, s)``.  Proof: see ``leapcheck explain
    explicit_dtc``.
    """

    name: ClassVar[str] = "geometric_dtc"
    statement: ClassVar[str] = "KL <= KL(start) + c(κ) DTC(X_δ)"
    bounds_on: ClassVar[str] = "chain"
    source: ClassVar[str] = "a corollary of explicit_dtc"
    trust: ClassVar[Trust] = Trust.DERIVED

    @classmethod
    def example(cls) -> Problem:
        grid = grids.geometric(2.0, 0.1, kappa=0.1)
        return Problem(Parity(4), Uniform(), Tweedie(), grid, start="exact")

    def assumptions(self, problem: Problem) -> Mapping[str, bool]:
        return {
            "uniform noise": isinstance(problem.noise, Uniform),
            "δ > 0": problem.grid.stop > 0,
            "exact score": problem.score_model.log_error is None,
            "true step lengths": problem.grid.told is None,
            "exact token marginals": Trait.EXACT_TOKEN_MARGINALS in problem.sampler.claims.traits,
        }

    def terms(self, problem: Problem, quantities: Quantities) -> Mapping[str, float]:
        share = self.constant(problem.grid.kappa) * quantities.dtc(problem.grid.stop)
        return {"start": quantities.start_kl, "steps": share}

    def constant(self, kappa: float) -> float:
        """``c(κ)``, about ``2.6 κ``."""
        return math.expm1(kappa) * (1 + math.exp(kappa) / (1 - math.exp(-1)))


@dataclass(frozen=True)
class ReadOffOneRun(GeometricDTC):
    """``KL <= KL(start) + 0.21 κ DTC(X_δ)``: the constant that independent pairs of bits need."""

    name: ClassVar[str] = "read_off_one_run"

    def constant(self, kappa: float) -> float:
        return 0.21 * kappa


@dataclass(frozen=True)
class SecondOrder(Rate):
    """``KL ≲ KL(start) + κ² DTC(X_δ)``: of the second order in the step; the truth is the first."""

    name: ClassVar[str] = "second_order"
    statement: ClassVar[str] = "KL ≲ KL(start) + κ² DTC(X_δ)"
    bounds_on: ClassVar[str] = "chain"
    source: ClassVar[str] = "nobody"
    trust: ClassVar[Trust] = Trust.DERIVED
    exponents: ClassVar[Mapping[str, str]] = {"step": "2"}

    @classmethod
    def example(cls) -> Problem:
        return GeometricDTC.example()

    def assumptions(self, problem: Problem) -> Mapping[str, bool]:
        return GeometricDTC().assumptions(problem)

    def form(self, problem: Problem, quantities: Quantities) -> float:
        return quantities.start_kl + problem.grid.kappa**2 * quantities.dtc(problem.grid.stop)
