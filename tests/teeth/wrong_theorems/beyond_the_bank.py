"""Kind 7: theorems about sizes and noises of which the bank has none."""

import math
from dataclasses import dataclass, replace
from typing import ClassVar

from bounds import Dmitriev2026b, ExplicitDTC, StartUniform
from harness import grids
from harness.noise import CyclicWalk
from toy_targets import PottsRing, TwoBeliefs

from ..case import Case
from .constants import OfTerms


@dataclass(frozen=True)
class LongHalved(OfTerms, ExplicitDTC):
    """Kind 7: half of the factorisation part is enough for 300 tokens or more."""

    name: ClassVar[str] = "long_halved"
    factors: ClassVar[dict[str, float]] = {"factorisation": 0.5}

    @classmethod
    def example(cls):
        target = TwoBeliefs((0.9, 0.1), (0.1, 0.9), 320)
        grid = grids.geometric(2.0, 0.1, 0.1)
        return replace(ExplicitDTC.example(), target=target, grid=grid, start="exact")

    def assumptions(self, problem):
        return {**super().assumptions(problem), "d >= 300": problem.space.length >= 300}


@dataclass(frozen=True)
class QuarterOfAWalk(OfTerms, ExplicitDTC):
    """Kind 7: a quarter of the factorisation part, under a walk on a ring."""

    name: ClassVar[str] = "quarter_of_a_walk"
    factors: ClassVar[dict[str, float]] = {"factorisation": 0.25}

    @classmethod
    def example(cls):
        return replace(ExplicitDTC.example(), noise=CyclicWalk(), target=PottsRing(5, 2, 1.0))

    def assumptions(self, problem):
        kept = {k: v for k, v in super().assumptions(problem).items() if "uniform" not in k}
        return {**kept, "a walk on a ring": isinstance(problem.noise, CyclicWalk)}


@dataclass(frozen=True)
class OfSmallAlphabets(StartUniform):
    """Kind 7: ``e^{-2T} d log S`` for ``3 <= S <= 1000`` and ``T >= 4``, where S - 1 is right."""

    name: ClassVar[str] = "start_of_small_alphabets"

    @classmethod
    def example(cls):
        return replace(StartUniform.example(), grid=grids.even(5.0, 0.1, 4))

    def looser(self, problem, quantities):
        return {}

    def assumptions(self, problem):
        sizes = 3 <= problem.space.vocabulary <= 1000
        late = problem.grid.start >= 4
        return {**super().assumptions(problem), "T >= 4": late, "3 <= S <= 1000": sizes}

    def terms(self, problem, quantities):
        length, logs = quantities.log_size
        return {"start": math.exp(-2 * problem.grid.start) * length * logs}


@dataclass(frozen=True)
class SaturatesInLength(Dmitriev2026b):
    """Kind 7: past twelve tokens the dependence adds no more."""

    name: ClassVar[str] = "saturates_in_length"

    def form(self, problem, quantities):
        return super().form(problem, quantities) * min(1.0, 12 / problem.space.length)


CASES = [
    Case(thing(), 7) for thing in (LongHalved, QuarterOfAWalk, OfSmallAlphabets, SaturatesInLength)
]
