"""Kind 7: rates with a wrong exponent of the step, S, log S, d, T, ε or δ."""

import math
from dataclasses import dataclass, replace
from typing import ClassVar

from bounds import (
    DNDM,
    Absorb2025,
    ChenYing2024,
    Dmitriev2026a,
    Dmitriev2026b,
    Liang2025,
    Ren2024,
    Ren2025,
    Wainwright2026Optimal,
    Zhang2024EarlyStopping,
    Zhang2024FullSupport,
)
from harness.quantities import Quantities

from ..case import Case


def steps_part(theorem, problem):
    """The form where start and score cost nothing."""
    ideal = replace(problem, start="exact", score="exact")
    return theorem.form(ideal, Quantities(ideal))


class Changed:
    """Base: a right rate times ``factor(problem, quantities)``."""

    def form(self, problem, quantities):
        return super().form(problem, quantities) * self.factor(problem, quantities)


@dataclass(frozen=True)
class StepSquared(Changed, Dmitriev2026b):
    """Kind 7: ``κ²`` for ``κ``, of a chain KL."""

    name: ClassVar[str] = "step_squared"

    def factor(self, problem, quantities):
        return problem.grid.kappa


@dataclass(frozen=True)
class StepHalfTighter(Changed, Dmitriev2026b):
    """Kind 7: ``κ^{3/2}`` for ``κ``."""

    name: ClassVar[str] = "step_half_tighter"

    def factor(self, problem, quantities):
        return math.sqrt(problem.grid.kappa)


@dataclass(frozen=True)
class DependenceOfAToken(Changed, Dmitriev2026b):
    """Kind 7: the DTC of a token for that of all."""

    name: ClassVar[str] = "dependence_of_a_token"

    def factor(self, problem, quantities):
        return 1 / problem.space.length


@dataclass(frozen=True)
class LengthHalfTighter(Changed, Dmitriev2026b):
    """Kind 7: divided by ``√d``."""

    name: ClassVar[str] = "length_half_tighter"

    def factor(self, problem, quantities):
        return problem.space.length**-0.5


@dataclass(frozen=True)
class StopHelps(Changed, Dmitriev2026b):
    """Kind 7: times ``√δ``, that less noise is left to undo."""

    name: ClassVar[str] = "stop_helps"

    def factor(self, problem, quantities):
        return math.sqrt(problem.grid.stop)


@dataclass(frozen=True)
class VocabularyHelps(Changed, Dmitriev2026a):
    """Kind 7: ``d Δ log(S/Δ)/√S``."""

    name: ClassVar[str] = "vocabulary_helps"

    def factor(self, problem, quantities):
        return problem.space.vocabulary**-0.5


@dataclass(frozen=True)
class LengthForgotten(Changed, Dmitriev2026a):
    """Kind 7: ``Δ log(S/Δ)`` for all tokens together."""

    name: ClassVar[str] = "length_forgotten"

    def factor(self, problem, quantities):
        return 1 / problem.space.length


@dataclass(frozen=True)
class LeapsCubed(Changed, Dmitriev2026a):
    """Kind 7: ``Δ³`` for ``Δ``; an output KL has ``Δ²``."""

    name: ClassVar[str] = "leaps_cubed"

    def factor(self, problem, quantities):
        return problem.grid.max_step**2


@dataclass(frozen=True)
class MasksCubed(Changed, Absorb2025):
    """Kind 7: ``κ³`` for ``κ`` under absorbing noise."""

    name: ClassVar[str] = "masks_cubed"

    def factor(self, problem, quantities):
        return problem.grid.kappa**2


@dataclass(frozen=True)
class MasksOfAToken(Changed, Absorb2025):
    """Kind 7: not growing with ``d`` under absorbing noise."""

    name: ClassVar[str] = "masks_of_a_token"

    def factor(self, problem, quantities):
        return 1 / problem.space.length


@dataclass(frozen=True)
class LiangWithoutLength(Changed, Liang2025):
    """Kind 7: ``d^0`` for ``d²``."""

    name: ClassVar[str] = "liang_without_length"

    def factor(self, problem, quantities):
        return problem.space.length**-2.0


@dataclass(frozen=True)
class RenOfHalfLength(Changed, Ren2024):
    """Kind 7: ``d^{1/2}`` for ``d²``."""

    name: ClassVar[str] = "ren_of_half_length"

    def factor(self, problem, quantities):
        return problem.space.length**-1.5


@dataclass(frozen=True)
class RenCubed(Changed, Ren2025):
    """Kind 7: ``κ³`` for ``κ²``, of samplers with a clamp."""

    name: ClassVar[str] = "ren_cubed"

    def factor(self, problem, quantities):
        return problem.grid.kappa


@dataclass(frozen=True)
class FrozenCubed(Changed, Zhang2024FullSupport):
    """Kind 7: third order of the frozen score's path."""

    name: ClassVar[str] = "frozen_cubed"

    def factor(self, problem, quantities):
        return problem.grid.max_step


@dataclass(frozen=True)
class FrozenOfAToken(Changed, Zhang2024EarlyStopping):
    """Kind 7: not growing with ``d``."""

    name: ClassVar[str] = "frozen_of_a_token"

    def factor(self, problem, quantities):
        return 1 / problem.space.length


@dataclass(frozen=True)
class BestStepsTooGood(Changed, Wainwright2026Optimal):
    """Kind 7: ``P/(2 N^{3/2})`` for the best ``N`` steps."""

    name: ClassVar[str] = "best_steps_too_good"

    def factor(self, problem, quantities):
        return problem.grid.steps**-0.5


@dataclass(frozen=True)
class TransitionsSquared(Changed, DNDM):
    """Kind 7: ``Δ²`` for ``Δ``, of a chain KL."""

    name: ClassVar[str] = "transitions_squared"

    def factor(self, problem, quantities):
        return max(math.exp(-s) - math.exp(-t) for t, s in problem.grid.intervals())


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
        StepSquared,
        StepHalfTighter,
        DependenceOfAToken,
        LengthHalfTighter,
        StopHelps,
        VocabularyHelps,
        LengthForgotten,
        LeapsCubed,
        MasksCubed,
        MasksOfAToken,
        LiangWithoutLength,
        RenOfHalfLength,
        RenCubed,
        FrozenCubed,
        FrozenOfAToken,
        BestStepsTooGood,
        TransitionsSquared,
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
