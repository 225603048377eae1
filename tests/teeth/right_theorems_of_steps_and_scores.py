"""True, and beside what is wrong of steps, of a score's error and of a noise's rates."""

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from bounds import Dmitriev2026b, EarlyStoppingOutput, ExplicitDTC, ExplicitPath, Liang2025
from harness.claims import Trait
from harness.theorem import Inequality, Side

from .case import Case
from .wrong_theorems.constants import OfTerms
from .wrong_theorems.steps_and_scores import (
    BySmallestRate,
    OtherError,
    SecondOrderOfAll,
    SquareInTV,
)


@dataclass(frozen=True)
class ByCommonRates(BySmallestRate):
    """``e^{-cT}``, ``c = Σ_b min_a R(a, b)``: a token that all reach alike is drawn afresh."""

    name: ClassVar[str] = "by_common_rates"

    def rate(self, rows):
        return (rows + np.diag([math.inf] * len(rows))).min(0).sum()


@dataclass(frozen=True)
class FirstOrderOfAll(SecondOrderOfAll):
    """``Δ log(S/Δ)`` down to ``δ = 0``."""

    name: ClassVar[str] = "first_order_of_all"

    def of_steps(self, longest, logs):
        return longest * (logs + max(0.0, -math.log(longest)))


@dataclass(frozen=True)
class RootInTV(SquareInTV):
    """``√κ`` in TV, by Pinsker's inequality."""

    name: ClassVar[str] = "root_in_tv"
    power: ClassVar[float] = 0.5


@dataclass(frozen=True)
class SquareOverEstimate(OtherError, Liang2025):
    """``E (s - ŝ)²/ŝ >= E D(s, ŝ)``."""

    name: ClassVar[str] = "square_over_estimate"
    f: ClassVar[Any] = staticmethod(lambda log: np.expm1(log) ** 2 * np.exp(-log))


@dataclass(frozen=True)
class EntropyForDependence(Dmitriev2026b):
    """``κ H(X_0)``, as ``DTC <= H``."""

    name: ClassVar[str] = "entropy_for_dependence"

    def form(self, problem, quantities):
        length, logs = quantities.log_size
        entropy = length * logs - quantities.data_uniform_kl
        return quantities.start_kl + problem.grid.kappa * entropy


@dataclass(frozen=True)
class StepsByTheirTimes(Dmitriev2026b):
    """``max (t - s)/t``, of which ``κ/(1 + κ)`` is the last, for ``κ``."""

    name: ClassVar[str] = "steps_by_their_times"

    def form(self, problem, quantities):
        longest = max((t - s) / t for t, s in problem.grid.intervals())
        return quantities.start_kl + longest * quantities.dtc_data


@dataclass(frozen=True)
class ByTheLargestFactor(OfTerms, ExplicitDTC):
    """``(max A - 1) DTC(X_δ)`` on any grid, of exact marginals: 0 where tokens are independent."""

    name: ClassVar[str] = "by_the_largest_factor"

    def assumptions(self, problem):
        exact = Trait.EXACT_TOKEN_MARGINALS in problem.sampler.claims.traits
        return {**super().assumptions(problem), "exact marginals": exact}

    def terms(self, problem, quantities):
        steps = problem.grid.intervals()
        most = max(t - s + math.log(math.expm1(t) / math.expm1(s)) for t, s in steps)
        known = quantities.dtc(problem.grid.stop)
        return {"start": quantities.start_kl, "steps": math.expm1(most) * known}


@dataclass(frozen=True)
class PathFromBelow(Inequality):
    """``path KL >= KL(start) + ε_score`` of leaps modulo ``S``."""

    name: ClassVar[str] = "path_from_below"
    statement: ClassVar[str] = "path KL >= KL(start) + ε_score"
    bounds_on: ClassVar[str] = "path"
    source: ClassVar[str] = ExplicitPath.source
    trust: ClassVar[str] = ExplicitPath.trust
    side: ClassVar[Side | str] = Side.LOWER
    example = ExplicitPath.example

    def assumptions(self, problem):
        return ExplicitPath().assumptions(problem)

    def terms(self, problem, quantities):
        return {"start": quantities.start_kl, "score": quantities.score_error}


@dataclass(frozen=True)
class DataByTheChain(OfTerms, EarlyStoppingOutput):
    """``TV(q_0, p_out) <= TV(q_0, q_δ) + sqrt(chain KL/2)``."""

    name: ClassVar[str] = "data_by_the_chain"

    def terms(self, problem, quantities):
        chain = quantities.measurement.chain_kl
        return {"stopping": quantities.stopping_tv, "sampling": min(1.0, math.sqrt(chain / 2))}


CASES = [
    Case(thing(), 0)
    for thing in (
        ByCommonRates,
        FirstOrderOfAll,
        RootInTV,
        SquareOverEstimate,
        EntropyForDependence,
        StepsByTheirTimes,
        ByTheLargestFactor,
        PathFromBelow,
        DataByTheChain,
    )
]
