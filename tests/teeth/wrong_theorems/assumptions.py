"""Kind 7: true under one noise, for one sampler or for short steps, and claimed for more."""

import math
from dataclasses import dataclass, replace
from typing import ClassVar

from bounds import (
    DNDM,
    ChenYing2024,
    Dmitriev2026a,
    Dmitriev2026b,
    EarlyStopping,
    ExplicitDTC,
    ExplicitDTCMasked,
    FirstHitting,
    LiCai2025,
    Ren2025,
    StartUniform,
    TotalCorrelation,
    Wainwright2026,
)
from harness.claims import Trait

from ..case import Case


class Without:
    """Base: a right theorem that does not ask for what begins with one of ``dropped``."""

    dropped: ClassVar[tuple[str, ...]] = ()

    def assumptions(self, problem):
        found = super().assumptions(problem)
        return {k: v for k, v in found.items() if not k.startswith(self.dropped)}


@dataclass(frozen=True)
class StartOfAnyNoise(Without, StartUniform):
    """Kind 7: any noise forgets at the rate of the uniform one."""

    name: ClassVar[str] = "start_of_any_noise"
    dropped: ClassVar[tuple[str, ...]] = ("uniform noise",)

    def looser(self, problem, quantities):
        return {}


@dataclass(frozen=True)
class StoppingOfAnyNoise(EarlyStopping):
    """Kind 7: ``d δ/2`` under any noise: right for tokens that leave at rate 1/2 at most."""

    name: ClassVar[str] = "stopping_of_any_noise"

    def terms(self, problem, quantities):
        length, _ = quantities.log_size
        return {"stopping": length * problem.grid.stop / 2}

    def looser(self, problem, quantities):
        return {}


@dataclass(frozen=True)
class MaskedFactorForUniform(ExplicitDTC):
    """Kind 7: ``e^h - 1``, the factor of absorbing noise, under uniform noise."""

    name: ClassVar[str] = "masked_factor_for_uniform"

    def terms(self, problem, quantities):
        steps = problem.grid.intervals()
        falls = [math.expm1(t - s) * quantities.dtc_fall(t, s) for t, s in steps]
        return {**super().terms(problem, quantities), "factorisation": math.fsum(falls)}

    def looser(self, problem, quantities):
        return {}


@dataclass(frozen=True)
class DTCOfAnyNoise(Without, ExplicitDTC):
    """Kind 7: the bound of uniform noise under any: noises run at rates of their own."""

    name: ClassVar[str] = "dtc_of_any_noise"
    dropped: ClassVar[tuple[str, ...]] = ("uniform noise",)

    def looser(self, problem, quantities):
        return {}


@dataclass(frozen=True)
class DTCOfAnyTokens(Without, ExplicitDTC):
    """Kind 7: no marginal part, for all samplers of independent tokens."""

    name: ClassVar[str] = "dtc_of_any_tokens"
    dropped: ClassVar[tuple[str, ...]] = (
        f"{Trait.EXACT_TOKEN_MARGINALS} or",
        "h < 1",
    )

    def terms(self, problem, quantities):
        tweedie = replace(problem, sampler=type(self).example().sampler)
        return super().terms(tweedie, quantities)

    def looser(self, problem, quantities):
        return {}


@dataclass(frozen=True)
class CorrelationOfAnyTokens(Without, TotalCorrelation):
    """Kind 7: all samplers of independent tokens lose what binds them and nothing else."""

    name: ClassVar[str] = "correlation_of_any_tokens"
    dropped: ClassVar[tuple[str, ...]] = (str(Trait.EXACT_TOKEN_MARGINALS),)


@dataclass(frozen=True)
class CorrelationOfAnyScore(Without, TotalCorrelation):
    """Kind 7: whatever the score."""

    name: ClassVar[str] = "correlation_of_any_score"
    dropped: ClassVar[tuple[str, ...]] = ("exact score",)


@dataclass(frozen=True)
class DTCOfAnyScore(Without, ExplicitDTC):
    """Kind 7: whatever the score."""

    name: ClassVar[str] = "dtc_of_any_score"
    dropped: ClassVar[tuple[str, ...]] = ("exact score",)


@dataclass(frozen=True)
class MaskedOfAnyScore(Without, ExplicitDTCMasked):
    """Kind 7: whatever the score."""

    name: ClassVar[str] = "masked_of_any_score"
    dropped: ClassVar[tuple[str, ...]] = ("exact score",)


@dataclass(frozen=True)
class MaskedOfAnyTokens(Without, Wainwright2026):
    """Kind 7: Euler and τ-leaping under absorbing noise, too, whose marginals are not exact."""

    name: ClassVar[str] = "masked_of_any_tokens"
    dropped: ClassVar[tuple[str, ...]] = (str(Trait.EXACT_TOKEN_MARGINALS),)


@dataclass(frozen=True)
class HittingOfAnyReveal(Without, FirstHitting):
    """Kind 7: nothing is lost but the score's error, in however large parts masks are revealed."""

    name: ClassVar[str] = "hitting_of_any_reveal"
    dropped: ClassVar[tuple[str, ...]] = (str(Trait.ONE_AT_A_TIME),)

    def assumptions(self, problem):
        return {"absorbing noise": problem.space.masked, **super().assumptions(problem)}


@dataclass(frozen=True)
class SubsetsOfTwo(LiCai2025):
    """Kind 7: the factor of subsets of two, for subsets of any size."""

    name: ClassVar[str] = "subsets_of_two"

    def terms(self, problem, quantities):
        found = dict(super().terms(problem, quantities))
        sizes = problem.sampler.claims.subset_sizes(problem.space.length)
        factor = 2 ** math.ceil(math.log2(max(sizes))) - 1
        return {**found, "dependence": found["dependence"] / max(factor, 1)}


@dataclass(frozen=True)
class ForgetsLongSteps(Without, Dmitriev2026a):
    """Kind 7: steps of any length, where ``Δ log(S/Δ)`` is below 0 for long ones."""

    name: ClassVar[str] = "forgets_long_steps"
    dropped: ClassVar[tuple[str, ...]] = ("Δ <= S/e",)

    def form(self, problem, quantities):
        return max(super().form(problem, quantities), 1e-300)


@dataclass(frozen=True)
class RateOfAnyTokens(Without, Dmitriev2026b):
    """Kind 7: ``κ DTC`` for all samplers of independent tokens; Euler errs on independent ones."""

    name: ClassVar[str] = "rate_of_any_tokens"
    dropped: ClassVar[tuple[str, ...]] = (str(Trait.EXACT_TOKEN_MARGINALS),)


@dataclass(frozen=True)
class RateOfAnyScore(Without, Dmitriev2026b):
    """Kind 7: ``κ DTC`` whatever the score."""

    name: ClassVar[str] = "rate_of_any_score"
    dropped: ClassVar[tuple[str, ...]] = ("exact score",)


@dataclass(frozen=True)
class NothingOfTheSteps(Without, ChenYing2024):
    """Kind 7: no discretisation part, for every sampler."""

    name: ClassVar[str] = "nothing_of_the_steps"
    dropped: ClassVar[tuple[str, ...]] = (str(Trait.EXACT_TIME),)


@dataclass(frozen=True)
class FourthOrderOfAll(Ren2025):
    """Kind 7: ``κ^4``, true without the clamp, for all that see rates again."""

    name: ClassVar[str] = "fourth_order_of_all"

    def form(self, problem, quantities):
        grid, found = problem.grid, super().form(problem, quantities)
        length, _ = quantities.log_size
        steps = grid.kappa**2 * grid.start * length * problem.space.vocabulary
        return found - steps * (1 - grid.kappa**2)


@dataclass(frozen=True)
class TransitionsOfAnyNoise(Without, DNDM):
    """Kind 7: transition times drawn beforehand under any noise, where a bias stays."""

    name: ClassVar[str] = "transitions_of_any_noise"
    dropped: ClassVar[tuple[str, ...]] = (
        "absorbing noise",
        str(Trait.INDEPENDENT_TOKENS),
        str(Trait.EXACT_TOKEN_MARGINALS),
    )


CASES = [
    Case(thing(), 7)
    for thing in (
        StartOfAnyNoise,
        StoppingOfAnyNoise,
        MaskedFactorForUniform,
        DTCOfAnyNoise,
        DTCOfAnyTokens,
        CorrelationOfAnyTokens,
        CorrelationOfAnyScore,
        DTCOfAnyScore,
        MaskedOfAnyScore,
        MaskedOfAnyTokens,
        HittingOfAnyReveal,
        SubsetsOfTwo,
        ForgetsLongSteps,
        RateOfAnyTokens,
        RateOfAnyScore,
        NothingOfTheSteps,
        FourthOrderOfAll,
        TransitionsOfAnyNoise,
    )
]
