"""Kind 7: theorems about sizes and noises of which the bank has none."""

from dataclasses import dataclass, replace
from typing import ClassVar

from bounds import ExplicitDTC
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


CASES = [Case(thing(), 7) for thing in (LongHalved, QuarterOfAWalk)]
