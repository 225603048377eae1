"""Kind 7: lower bounds, equalities and bounds in TV; other grids and noises; parts of a score."""

import math
from dataclasses import dataclass, replace
from typing import ClassVar

from bounds import (
    ChenYing2024,
    Dmitriev2026b,
    EarlyStopping,
    ExplicitDTCMasked,
    Liang2025,
    StartUniform,
    Wainwright2026,
)
from harness import grids
from harness.noise import CyclicWalk
from harness.theorem import Equality, Side
from toy_targets import PottsRing, TwoBeliefs

from ..case import Case
from .assumptions import Without
from .constants import OfTerms


@dataclass(frozen=True)
class HalfOfEachFall(OfTerms, ExplicitDTCMasked):
    """Kind 7: a chain costs half of ``(1 - e^{-h})`` times each fall at least; parity does not."""

    name: ClassVar[str] = "half_of_each_fall"
    side: ClassVar[Side | str] = Side.LOWER

    @classmethod
    def example(cls):
        return replace(ExplicitDTCMasked.example(), grid=grids.even(2.0, 0.1, 20), start="exact")

    def assumptions(self, problem):
        finite = math.isfinite(problem.grid.start)
        return {**super().assumptions(problem), "T < inf": finite}

    def terms(self, problem, quantities):
        steps = problem.grid.intervals()
        falls = [-math.expm1(s - t) * quantities.dtc_fall(t, s) for t, s in steps]
        return {"start": quantities.start_kl, "steps": 0.5 * math.fsum(falls)}


@dataclass(frozen=True)
class PathByTheGrid(Equality):
    """Kind 7: the path KL is the score error at the grid's times, of samplers exact in time."""

    name: ClassVar[str] = "path_by_the_grid"
    statement: ClassVar[str] = "path KL = KL(start) + ε_score"
    bounds_on: ClassVar[str] = "path"
    source: ClassVar[str] = ChenYing2024.source
    trust: ClassVar[str] = ChenYing2024.trust

    @classmethod
    def example(cls):
        grid = grids.geometric(2.0, 0.1, 0.01)
        return replace(ChenYing2024.example(), target=PottsRing(3, 2, 1.0), grid=grid)

    def assumptions(self, problem):
        return ChenYing2024().assumptions(problem)

    def terms(self, problem, quantities):
        return {"start": quantities.start_kl, "score": quantities.score_error}


@dataclass(frozen=True)
class PinskerForAnyKL(OfTerms, StartUniform):
    """Kind 7: ``TV <= sqrt((1 - e^{-KL})/2)``, of Bretagnolle and Huber with Pinsker's constant."""

    name: ClassVar[str] = "pinsker_for_any_kl"
    bounds_on: ClassVar[str] = "tv"

    def terms(self, problem, quantities):
        return {"sampling": math.sqrt(-math.expm1(-quantities.measurement.kl) / 2)}


@dataclass(frozen=True)
class HalfChiSquare(OfTerms, StartUniform):
    """Kind 7: ``d log(1 + (S - 1) e^{-2T}/2)``: a KL is half of a chi-square, as ``T -> inf``."""

    name: ClassVar[str] = "half_chi_square"

    @classmethod
    def example(cls):
        return replace(StartUniform.example(), grid=grids.even(3.0, 0.1, 4))

    def terms(self, problem, quantities):
        length, logs = quantities.log_size
        return {
            "start": length * math.log1p(math.expm1(logs) * math.exp(-2 * problem.grid.start) / 2)
        }


@dataclass(frozen=True)
class StoppingByFluctuations(OfTerms, EarlyStopping):
    """Kind 7: ``√d δ``, as of sums of independent tokens."""

    name: ClassVar[str] = "stopping_by_fluctuations"

    def terms(self, problem, quantities):
        length, _ = quantities.log_size
        return {"stopping": math.sqrt(length) * problem.grid.stop}


@dataclass(frozen=True)
class WalkAsFast(Without, OfTerms, StartUniform):
    """Kind 7: a walk on a ring forgets with ``e^{-T}``: right for four tokens."""

    name: ClassVar[str] = "walk_as_fast"
    dropped: ClassVar[tuple[str, ...]] = ("uniform noise",)

    @classmethod
    def example(cls):
        grid = grids.even(4.0, 0.1, 4)
        return replace(
            StartUniform.example(), target=PottsRing(4, 3, 1.0), noise=CyclicWalk(), grid=grid
        )

    def assumptions(self, problem):
        walk = isinstance(problem.noise, CyclicWalk)
        return {**super().assumptions(problem), "a walk on a ring": walk}


def of_kind(problem, name):
    """Whether the grid of ``problem`` is of that kind, from all masked on."""
    grid = problem.grid
    return {name: dict(grid.recipe).get("name") == name and math.isinf(grid.start)}


@dataclass(frozen=True)
class CosineAsEven(OfTerms, Wainwright2026):
    """Kind 7: ``(TC + DTC)/(2N)``, as of many even steps, for the cosine schedule's long last ones.

    Parity costs there; a repeated bit, that of the example, where steps are short.
    """

    name: ClassVar[str] = "cosine_as_even"

    @classmethod
    def example(cls):
        whole = replace(Wainwright2026.example(), grid=grids.cosine(8), start="mask")
        return replace(whole, target=TwoBeliefs((1.0, 0.0), (0.0, 1.0), 4))

    def assumptions(self, problem):
        return {**super().assumptions(problem), **of_kind(problem, "cosine")}

    def terms(self, problem, quantities):
        return {"steps": quantities.neighbour_information / (2 * problem.grid.steps)}


@dataclass(frozen=True)
class CosineByItsMeanStep(CosineAsEven):
    """Kind 7: ``(TC + DTC)/N`` of the cosine schedule, whose longest step is ``π/(2N)``."""

    name: ClassVar[str] = "cosine_by_its_mean_step"

    def terms(self, problem, quantities):
        return {"steps": quantities.neighbour_information / problem.grid.steps}


@dataclass(frozen=True)
class EvenByTotalCorrelation(CosineAsEven):
    """Kind 7: ``TC/N`` for ``(TC + DTC)/N``, of even steps: parity has little of the first."""

    name: ClassVar[str] = "even_by_total_correlation"

    @classmethod
    def example(cls):
        return replace(Wainwright2026.example(), grid=grids.even_reveal(8), start="mask")

    def assumptions(self, problem):
        return {**Wainwright2026().assumptions(problem), **of_kind(problem, "even_reveal")}

    def terms(self, problem, quantities):
        total = quantities.neighbour_information - quantities.dtc_data
        return {"steps": total / problem.grid.steps}


@dataclass(frozen=True)
class RootOfTheLogarithm(Dmitriev2026b):
    """Kind 7: ``κ d √(log S)``: one word twice costs ``log S``."""

    name: ClassVar[str] = "root_of_the_logarithm"

    def form(self, problem, quantities):
        length, logs = quantities.log_size
        return quantities.start_kl + problem.grid.kappa * length * math.sqrt(logs)


class ShareOfTheScore:
    """Base: a right rate that counts a ``share(problem)`` of the score error."""

    def form(self, problem, quantities):
        kept = self.share(problem) - 1
        return super().form(problem, quantities) + kept * quantities.score_error


@dataclass(frozen=True)
class ScoreOfAToken(ShareOfTheScore, Liang2025):
    """Kind 7: the error of a token, which is what training tells, for that of all."""

    name: ClassVar[str] = "score_of_a_token"

    def share(self, problem):
        return 1 / problem.space.length


@dataclass(frozen=True)
class ScoreOfAnEntry(ShareOfTheScore, Liang2025):
    """Kind 7: the error of an entry of the score, a mean over the vocabulary."""

    name: ClassVar[str] = "score_of_an_entry"

    def share(self, problem):
        return 1 / problem.space.vocabulary


@dataclass(frozen=True)
class LateErrorsForgiven(ShareOfTheScore, Liang2025):
    """Kind 7: ``δ ε``: what is wrong near the data does little."""

    name: ClassVar[str] = "late_errors_forgiven"

    def share(self, problem):
        return min(1.0, problem.grid.stop)


CASES = [
    Case(thing(), 7)
    for thing in (
        HalfOfEachFall,
        PathByTheGrid,
        PinskerForAnyKL,
        HalfChiSquare,
        StoppingByFluctuations,
        WalkAsFast,
        CosineAsEven,
        CosineByItsMeanStep,
        EvenByTotalCorrelation,
        RootOfTheLogarithm,
        ScoreOfAToken,
        ScoreOfAnEntry,
        LateErrorsForgiven,
    )
]
