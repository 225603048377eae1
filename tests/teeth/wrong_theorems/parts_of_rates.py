"""Kind 7: rates whose part of the start or of the score is wrong."""

import math
from dataclasses import dataclass, replace
from typing import ClassVar

from bounds import (
    Absorb2025,
    ChenYing2024,
    Dmitriev2026a,
    Liang2025,
)
from harness.quantities import Quantities

from ..case import Case
from .exponents import Changed


class OtherStart:
    """Base: a right rate whose start part is another: ``start(T, d, log S)``."""

    def form(self, problem, quantities):
        exact = replace(problem, start="exact")
        if problem.start == "exact":
            return super().form(problem, quantities)
        length, log_tokens = quantities.log_size
        rest = super().form(exact, Quantities(exact))
        return rest + self.start(problem.grid.start, length, log_tokens)


@dataclass(frozen=True)
class StartFourTimesAsFast(OtherStart, Liang2025):
    """Kind 7: ``e^{-4T}`` in the start's part."""

    name: ClassVar[str] = "start_four_times_as_fast"

    def start(self, start, length, log_tokens):
        return math.exp(-4 * start) * length * log_tokens


@dataclass(frozen=True)
class StartFourTimesAsFastOfChains(OtherStart, ChenYing2024):
    """Kind 7: ``e^{-4T}`` where nothing else is wrong."""

    name: ClassVar[str] = "start_four_times_as_fast_of_chains"

    def start(self, start, length, log_tokens):
        return math.exp(-4 * start) * length * log_tokens


@dataclass(frozen=True)
class StartOfAToken(OtherStart, ChenYing2024):
    """Kind 7: the start's part does not grow with ``d``."""

    name: ClassVar[str] = "start_of_a_token"

    def start(self, start, length, log_tokens):
        return math.exp(-start) * log_tokens


@dataclass(frozen=True)
class StartWithoutVocabulary(OtherStart, ChenYing2024):
    """Kind 7: nor with ``S``: point masses at ``T -> 0`` have ``d log S``."""

    name: ClassVar[str] = "start_without_vocabulary"

    def start(self, start, length, log_tokens):
        return math.exp(-start) * length


class OtherScore:
    """Base: a right rate whose score part is ``score(ε)``."""

    def form(self, problem, quantities):
        error = quantities.score_error
        return super().form(problem, quantities) - error + self.score(error)


@dataclass(frozen=True)
class ScoreSquared(OtherScore, Liang2025):
    """Kind 7: ``ε²`` for ``ε``, false as ``ε -> 0``."""

    name: ClassVar[str] = "score_squared"

    def score(self, error):
        return error**2


@dataclass(frozen=True)
class ScoreSquaredOfMasks(OtherScore, Absorb2025):
    """Kind 7: the same under absorbing noise."""

    name: ClassVar[str] = "score_squared_of_masks"

    def score(self, error):
        return error**2


@dataclass(frozen=True)
class ScoreSaturates(OtherScore, Dmitriev2026a):
    """Kind 7: ``ε/(1 + ε)``, false of scores that are far off."""

    name: ClassVar[str] = "score_saturates"

    def score(self, error):
        return error / (1 + error)


@dataclass(frozen=True)
class ScoreAUnitOfTime(Changed, ChenYing2024):
    """Kind 7: the error of a unit of time for that of all, false as ``T`` grows."""

    name: ClassVar[str] = "score_a_unit_of_time"

    def factor(self, problem, quantities):
        return 1 / problem.grid.start


CASES = [
    Case(thing(), 7)
    for thing in (
        StartFourTimesAsFast,
        StartFourTimesAsFastOfChains,
        StartOfAToken,
        StartWithoutVocabulary,
        ScoreSquared,
        ScoreSquaredOfMasks,
        ScoreSaturates,
        ScoreAUnitOfTime,
    )
]
