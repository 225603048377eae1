"""Weaker than what is known, and true: no check may call these wrong."""

import math
from dataclasses import dataclass, replace
from typing import ClassVar

from bounds import (
    Absorb2025,
    Chain,
    ChenYing2024,
    Dmitriev2026a,
    Dmitriev2026b,
    EarlyStopping,
    EarlyStoppingOutput,
    ExplicitDTC,
    ExplicitDTCMasked,
    FirstHitting,
    Liang2025,
    Ren2025,
    StartUniform,
    TotalCorrelation,
    Wainwright2026,
)
from harness import grids

from .case import Case
from .wrong_theorems.constants import OfTerms
from .wrong_theorems.exponents import Changed


@dataclass(frozen=True)
class StartByWorstData(OfTerms, StartUniform):
    """``e^{-T} d log S`` whatever the data."""

    name: ClassVar[str] = "start_by_worst_data"

    @classmethod
    def example(cls):
        return replace(StartUniform.example(), grid=grids.even(3.0, 0.1, 4))

    def terms(self, problem, quantities):
        length, log_tokens = quantities.log_size
        return {"start": math.exp(-problem.grid.start) * length * log_tokens}


@dataclass(frozen=True)
class StartForHalfTheTime(OfTerms, StartUniform):
    """``e^{-T/2}`` for ``e^{-T}``."""

    name: ClassVar[str] = "start_for_half_the_time"

    def terms(self, problem, quantities):
        return {"start": math.exp(-problem.grid.start / 2) * quantities.data_stationary_kl}


@dataclass(frozen=True)
class FactorisationAndMore(OfTerms, ExplicitDTC):
    """1.5 times the factorisation part."""

    name: ClassVar[str] = "factorisation_and_more"
    factors: ClassVar[dict[str, float]] = {"factorisation": 1.5}


@dataclass(frozen=True)
class FactorisationOfTweedie(OfTerms, ExplicitDTC):
    """The same bound for exact marginals only."""

    name: ClassVar[str] = "factorisation_of_tweedie"

    def assumptions(self, problem):
        found = dict(super().assumptions(problem))
        exact = "exact token marginals" in problem.sampler.claims.traits
        return {**found, "exact token marginals": exact}


@dataclass(frozen=True)
class MaskedTwice(OfTerms, ExplicitDTCMasked):
    """Twice the factor."""

    name: ClassVar[str] = "masked_twice"
    factors: ClassVar[dict[str, float]] = {"others": 2.0}


@dataclass(frozen=True)
class CorrelationAndALittle(OfTerms, TotalCorrelation):
    """1.01 of an equality."""

    name: ClassVar[str] = "correlation_and_a_little"
    factors: ClassVar[dict[str, float]] = {"factorisation": 1.01, "start": 1.01}


@dataclass(frozen=True)
class StepsAndALittle(OfTerms, Wainwright2026):
    """1.01 of another equality."""

    name: ClassVar[str] = "steps_and_a_little"
    factors: ClassVar[dict[str, float]] = {"steps": 1.01, "start": 1.01}


@dataclass(frozen=True)
class ChainTwice(OfTerms, Chain):
    """The output KL is below twice the chain's."""

    name: ClassVar[str] = "chain_twice"
    factors: ClassVar[dict[str, float]] = {"chain": 2.0, "path": 2.0}


@dataclass(frozen=True)
class StoppingTwice(OfTerms, EarlyStopping):
    """Twice what stopping costs."""

    name: ClassVar[str] = "stopping_twice"
    factors: ClassVar[dict[str, float]] = {"stopping": 2.0}


@dataclass(frozen=True)
class PinskerAndMore(OfTerms, EarlyStoppingOutput):
    """``sqrt(KL)`` in the place of ``sqrt(KL/2)``."""

    name: ClassVar[str] = "pinsker_and_more"
    factors: ClassVar[dict[str, float]] = {"sampling": math.sqrt(2.0)}


@dataclass(frozen=True)
class TrainingTwice(OfTerms, FirstHitting):
    """Twice the score's error."""

    name: ClassVar[str] = "training_twice"
    factors: ClassVar[dict[str, float]] = {"score": 2.0}


@dataclass(frozen=True)
class StepHalfLooser(Changed, Dmitriev2026b):
    """``√κ`` for ``κ``."""

    name: ClassVar[str] = "step_half_looser"

    def factor(self, problem, quantities):
        return 1 / math.sqrt(problem.grid.kappa)


@dataclass(frozen=True)
class LengthLooser(Changed, Dmitriev2026a):
    """``d²`` for ``d``."""

    name: ClassVar[str] = "length_looser"

    def factor(self, problem, quantities):
        return problem.space.length


@dataclass(frozen=True)
class VocabularyLooser(Changed, Liang2025):
    """``S²`` for ``S``."""

    name: ClassVar[str] = "vocabulary_looser"

    def factor(self, problem, quantities):
        return problem.space.vocabulary


@dataclass(frozen=True)
class StopLooser(Changed, Absorb2025):
    """``1/√δ`` more, where that is more."""

    name: ClassVar[str] = "stop_looser"

    def factor(self, problem, quantities):
        return max(1.0, problem.grid.stop**-0.5)


@dataclass(frozen=True)
class FirstOrderOfTwoStages(Changed, Ren2025):
    """``κ`` for ``κ²``."""

    name: ClassVar[str] = "first_order_of_two_stages"

    def factor(self, problem, quantities):
        return 1 / min(problem.grid.kappa, 1.0)


@dataclass(frozen=True)
class ErrorAndSteps(ChenYing2024):
    """``κ d S`` more, of which there is none."""

    name: ClassVar[str] = "error_and_steps"

    def form(self, problem, quantities):
        length, _ = quantities.log_size
        more = problem.grid.kappa * length * problem.space.vocabulary
        return super().form(problem, quantities) + more


CASES = [
    Case(thing(), 0)
    for thing in (
        StartByWorstData,
        StartForHalfTheTime,
        FactorisationAndMore,
        FactorisationOfTweedie,
        MaskedTwice,
        CorrelationAndALittle,
        StepsAndALittle,
        ChainTwice,
        StoppingTwice,
        PinskerAndMore,
        TrainingTwice,
        StepHalfLooser,
        LengthLooser,
        VocabularyLooser,
        StopLooser,
        FirstOrderOfTwoStages,
        ErrorAndSteps,
    )
]
