"""Kind 7: rates with a wrong exponent of the step, S, log S, d, T, ε or δ."""

import math
from dataclasses import dataclass
from typing import ClassVar

from bounds import (
    DNDM,
    Absorb2025,
    Dmitriev2026a,
    Dmitriev2026b,
    Liang2025,
    Ren2024,
    Ren2025,
    Wainwright2026Optimal,
    Zhang2024EarlyStopping,
    Zhang2024FullSupport,
)

from ..case import Case


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
    )
]
