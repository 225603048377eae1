"""True lower bounds, bounds in TV and of other grids and noises: no check may call these wrong."""

import math
from dataclasses import dataclass, replace
from typing import ClassVar

from bounds import Chain, EarlyStopping, ExplicitDTC, ExplicitPath, StartUniform, TotalCorrelation
from harness import grids
from harness.claims import Trait
from harness.theorem import Rate, Side

from .case import Case
from .wrong_theorems.constants import OfTerms
from .wrong_theorems.other_forms import (
    CosineAsEven,
    HalfChiSquare,
    PinskerForAnyKL,
    RootOfTheLogarithm,
    WalkAsFast,
)


@dataclass(frozen=True)
class ChainFromBelow(TotalCorrelation):
    """Tokens drawn by themselves lose at least what binds them, whatever the score."""

    name: ClassVar[str] = "chain_from_below"
    side: ClassVar[Side | str] = Side.LOWER

    def assumptions(self, problem):
        alone = Trait.INDEPENDENT_TOKENS in problem.sampler.claims.traits
        return {"independent tokens": alone}


@dataclass(frozen=True)
class OutputBelowChain(Chain):
    """``output <= chain``, written by the name of a rung."""

    name: ClassVar[str] = "output_below_chain"

    def terms(self, problem, quantities):
        return {"chain": quantities.rung("chain")[0]}


@dataclass(frozen=True)
class ChiSquare(HalfChiSquare):
    """``d log(1 + (S - 1) e^{-2T})``: the largest chi-square is that of a point mass."""

    name: ClassVar[str] = "chi_square"

    def terms(self, problem, quantities):
        length, logs = quantities.log_size
        kept = math.exp(-2 * problem.grid.start)
        return {"start": length * math.log1p(math.expm1(logs) * kept)}


@dataclass(frozen=True)
class BretagnolleHuber(PinskerForAnyKL):
    """``TV <= sqrt(1 - e^{-KL})``."""

    name: ClassVar[str] = "bretagnolle_huber"

    def terms(self, problem, quantities):
        return {"sampling": math.sqrt(-math.expm1(-quantities.measurement.kl))}


@dataclass(frozen=True)
class WalkByItsGap(WalkAsFast):
    """``e^{-ρT} d log S``, ``ρ = 1 - cos(2π/S)``, of a walk on a ring."""

    name: ClassVar[str] = "walk_by_its_gap"

    def terms(self, problem, quantities):
        length, logs = quantities.log_size
        gap = 1 - math.cos(2 * math.pi / problem.space.vocabulary)
        return {"start": math.exp(-gap * problem.grid.start) * length * logs}


@dataclass(frozen=True)
class CosineByItsLargestStep(CosineAsEven):
    """``π/2 (TC + DTC)/N`` of the cosine schedule."""

    name: ClassVar[str] = "cosine_by_its_largest_step"

    def terms(self, problem, quantities):
        return {"steps": math.pi / 2 * quantities.neighbour_information / problem.grid.steps}


@dataclass(frozen=True)
class EvenByTheLargestFactor(OfTerms, ExplicitDTC):
    """``(max A - 1) DTC(X_δ)`` on even grids, of exact marginals."""

    name: ClassVar[str] = "even_by_the_largest_factor"

    @classmethod
    def example(cls):
        return replace(ExplicitDTC.example(), grid=grids.even(2.0, 0.1, 64), start="exact")

    def assumptions(self, problem):
        lengths = [t - s for t, s in problem.grid.intervals()]
        exact = Trait.EXACT_TOKEN_MARGINALS in problem.sampler.claims.traits
        even = max(lengths) - min(lengths) < 1e-9 * max(lengths)
        return {**super().assumptions(problem), "even steps": even, "exact marginals": exact}

    def terms(self, problem, quantities):
        steps = problem.grid.intervals()
        most = max(t - s + math.log(math.expm1(t) / math.expm1(s)) for t, s in steps)
        known = quantities.dtc(problem.grid.stop)
        return {"start": quantities.start_kl, "steps": math.expm1(most) * known}


@dataclass(frozen=True)
class PathInOrder(Rate):
    """``path KL ≲ KL(start) + ε_score + κ d log S`` of leaps modulo ``S``."""

    name: ClassVar[str] = "path_in_order"
    statement: ClassVar[str] = "path KL ≲ KL(start) + ε_score + κ d log S"
    bounds_on: ClassVar[str] = "path"
    source: ClassVar[str] = ExplicitPath.source
    trust: ClassVar[str] = ExplicitPath.trust
    exponents: ClassVar[dict[str, str]] = {"step": "1", "S": "log", "d": "1"}
    example = ExplicitPath.example

    def assumptions(self, problem):
        found = ExplicitPath().assumptions(problem)
        uniform = StartUniform().assumptions(problem)
        return {**found, **uniform, "δ > 0": problem.grid.stop > 0}

    def form(self, problem, quantities):
        length, logs = quantities.log_size
        steps = problem.grid.kappa * length * logs
        return quantities.start_kl + quantities.score_error + steps


@dataclass(frozen=True)
class SquareInBits(RootOfTheLogarithm):
    """``κ d (log_2 S)²``."""

    name: ClassVar[str] = "square_in_bits"

    def form(self, problem, quantities):
        length, logs = quantities.log_size
        bits = logs / math.log(2)
        return quantities.start_kl + problem.grid.kappa * length * bits**2


@dataclass(frozen=True)
class StoppingByHalves(EarlyStopping):
    """``d (1 - 1/S)(1 - e^{-δ})`` under uniform noise."""

    name: ClassVar[str] = "stopping_by_halves"

    def assumptions(self, problem):
        return {**super().assumptions(problem), **StartUniform().assumptions(problem)}

    def terms(self, problem, quantities):
        length, logs = quantities.log_size
        return {"stopping": length * math.expm1(-logs) * math.expm1(-problem.grid.stop)}

    def looser(self, problem, quantities):
        return {}


CASES = [
    Case(thing(), 0)
    for thing in (
        ChainFromBelow,
        OutputBelowChain,
        ChiSquare,
        BretagnolleHuber,
        WalkByItsGap,
        CosineByItsLargestStep,
        EvenByTheLargestFactor,
        PathInOrder,
        SquareInBits,
        StoppingByHalves,
    )
]
