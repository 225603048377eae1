"""Kind 7: a constant that is too small, a term that is left out, or a factor to first order."""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from bounds import (
    ExplicitDTC,
    ExplicitDTCMasked,
    ExplicitPath,
    ExplicitPathIdentity,
    StartAbsorbing,
    StartUniform,
    TotalCorrelation,
    Wainwright2026,
    Wainwright2026Odds,
)

from ..case import Case


def times(terms, **factors):
    """``terms``, some of them times a factor."""
    return {name: value * factors.get(name, 1.0) for name, value in terms.items()}


class OfTerms:
    """Base: the terms of a right theorem, times ``factors``, and nothing that is larger still."""

    factors: ClassVar[dict[str, float]] = {}

    def terms(self, problem, quantities):
        return times(super().terms(problem, quantities), **self.factors)

    def looser(self, problem, quantities):
        return {}


@dataclass(frozen=True)
class StartHalved(OfTerms, StartUniform):
    """Kind 7: half of the start's KL; for equality ``T -> 0`` on independent tokens."""

    name: ClassVar[str] = "start_halved"
    factors: ClassVar[dict[str, float]] = {"start": 0.5}


@dataclass(frozen=True)
class StartALittleLess(OfTerms, StartUniform):
    """Kind 7: 0.95 of the start's KL, equal as ``T -> 0``."""

    name: ClassVar[str] = "start_a_little_less"
    factors: ClassVar[dict[str, float]] = {"start": 0.95}


@dataclass(frozen=True)
class StartSquared(OfTerms, StartUniform):
    """Kind 7: ``e^{-2T}`` for ``e^{-T}``: right up to a constant only, which it has not."""

    name: ClassVar[str] = "start_squared"

    def terms(self, problem, quantities):
        start = problem.grid.start
        return times(super().terms(problem, quantities), start=math.exp(-start))


@dataclass(frozen=True)
class StartMaskedALittleLess(OfTerms, StartAbsorbing):
    """Kind 7: 0.95 of what independent masked tokens have exactly."""

    name: ClassVar[str] = "start_masked_a_little_less"
    factors: ClassVar[dict[str, float]] = {"start": 0.95}


@dataclass(frozen=True)
class FactorisationHalved(OfTerms, ExplicitDTC):
    """Kind 7: half of ``A - 1``; a bit repeated 200 times needs 0.61 of it."""

    name: ClassVar[str] = "factorisation_halved"
    factors: ClassVar[dict[str, float]] = {"factorisation": 0.5}


@dataclass(frozen=True)
class FactorisationToFirstOrder(OfTerms, ExplicitDTC):
    """Kind 7: ``A - 1`` to first order in ``h``, whatever the length of steps."""

    name: ClassVar[str] = "factorisation_to_first_order"

    def terms(self, problem, quantities):
        steps = problem.grid.intervals()
        falls = [quantities.dtc_fall(t, s) for t, s in steps]
        factors = [(t - s) * (1 - 1 / math.expm1(-s)) for t, s in steps]
        parts = [a * fall for a, fall in zip(factors, falls, strict=True) if fall]
        found = dict(super().terms(problem, quantities))
        return {**found, "factorisation": math.fsum(parts)}


@dataclass(frozen=True)
class MarginalForgotten(OfTerms, ExplicitDTC):
    """Kind 7: the marginal part left out, of Euler and of τ-leaping, too."""

    name: ClassVar[str] = "marginal_forgotten"
    factors: ClassVar[dict[str, float]] = {"marginal": 0.0}


@dataclass(frozen=True)
class StartForgotten(OfTerms, ExplicitDTC):
    """Kind 7: the start is not counted."""

    name: ClassVar[str] = "start_forgotten"
    factors: ClassVar[dict[str, float]] = {"start": 0.0}


@dataclass(frozen=True)
class MaskedHalved(OfTerms, ExplicitDTCMasked):
    """Kind 7: half of the steps' term; one token repeated ``d`` times takes ``(d-1)/d`` of it."""

    name: ClassVar[str] = "masked_halved"
    factors: ClassVar[dict[str, float]] = {"others": 0.5}


@dataclass(frozen=True)
class MaskedALittleLess(OfTerms, ExplicitDTCMasked):
    """Kind 7: 0.95 of it, which takes more than twenty tokens to refute."""

    name: ClassVar[str] = "masked_a_little_less"
    factors: ClassVar[dict[str, float]] = {"others": 0.95}


@dataclass(frozen=True)
class MaskedToFirstOrder(OfTerms, ExplicitDTCMasked):
    """Kind 7: ``h`` for ``e^h - 1``, whatever the length of steps."""

    name: ClassVar[str] = "masked_to_first_order"

    def terms(self, problem, quantities):
        profile, revealed = quantities.reveal_profile, np.array(problem.grid.revealed)
        p, q = revealed[:-1], revealed[1:]
        later = p > 0
        falls = profile.dual_total_correlation(p[later], q[later])
        found = dict(super().terms(problem, quantities))
        return {**found, "others": math.fsum(np.log(q[later] / p[later]) * falls)}


@dataclass(frozen=True)
class FirstStepForgotten(OfTerms, ExplicitDTCMasked):
    """Kind 7: the step from ``inf`` is forgotten."""

    name: ClassVar[str] = "first_step_forgotten"
    factors: ClassVar[dict[str, float]] = {"first step": 0.0}


@dataclass(frozen=True)
class StepsFromInfForgotten(OfTerms, Wainwright2026):
    """Kind 7: the sum begins at the second step where the first is from ``inf``."""

    name: ClassVar[str] = "steps_from_inf_forgotten"

    def terms(self, problem, quantities):
        revealed = np.array(problem.grid.revealed)
        p, q = revealed[:-1], revealed[1:]
        costs = quantities.reveal_profile.step_cost(p[p > 0], q[p > 0])
        found = dict(super().terms(problem, quantities))
        return {**found, "steps": math.fsum(costs)}


@dataclass(frozen=True)
class StepsALittleLess(OfTerms, Wainwright2026):
    """Kind 7: 0.98 of an equality."""

    name: ClassVar[str] = "steps_a_little_less"
    factors: ClassVar[dict[str, float]] = {"steps": 0.98}


@dataclass(frozen=True)
class OddsOfOneEnd(OfTerms, Wainwright2026Odds):
    """Kind 7: ``(q - p)/p`` for ``(q - p)/(p (1 - q))``: the factor of another integral."""

    name: ClassVar[str] = "odds_of_one_end"

    def terms(self, problem, quantities):
        revealed = np.array(problem.grid.revealed)
        p, q = revealed[:-1], revealed[1:]
        between = (p > 0) & (q < 1)
        p, q = p[between], q[between]
        odds = (q - p) / p * quantities.reveal_profile.curvature(p, q)
        found = dict(super().terms(problem, quantities))
        return {**found, "between": math.fsum(odds)}


@dataclass(frozen=True)
class EndsForgotten(OfTerms, Wainwright2026Odds):
    """Kind 7: the steps from 0 and to 1 are not counted."""

    name: ClassVar[str] = "ends_forgotten"
    factors: ClassVar[dict[str, float]] = {"ends": 0.0}


@dataclass(frozen=True)
class CorrelationALittleLess(OfTerms, TotalCorrelation):
    """Kind 7: 0.98 of an equality."""

    name: ClassVar[str] = "correlation_a_little_less"
    factors: ClassVar[dict[str, float]] = {"factorisation": 0.98}


@dataclass(frozen=True)
class PathStepsBelowHalf(OfTerms, ExplicitPath):
    """Kind 7: 0.49 of the steps' term, of which a short step takes one half."""

    name: ClassVar[str] = "path_steps_below_half"
    factors: ClassVar[dict[str, float]] = {"steps": 0.49}


@dataclass(frozen=True)
class PathALittleLess(OfTerms, ExplicitPath):
    """Kind 7: 0.9 of all terms, though a start, an error and a step to the data cost all of it."""

    name: ClassVar[str] = "path_a_little_less"
    factors: ClassVar[dict[str, float]] = dict.fromkeys(
        ("start", "score", "steps", "last step"), 0.9
    )


@dataclass(frozen=True)
class PathIdentityALittleMore(ExplicitPathIdentity):
    """Kind 7: 1.001 of an equality."""

    name: ClassVar[str] = "path_identity_a_little_more"

    def terms(self, problem, quantities):
        return times(super().terms(problem, quantities), path=1.001)


CASES = [
    Case(thing(), 7)
    for thing in (
        StartHalved,
        StartALittleLess,
        StartSquared,
        StartMaskedALittleLess,
        FactorisationHalved,
        FactorisationToFirstOrder,
        MarginalForgotten,
        StartForgotten,
        MaskedHalved,
        MaskedALittleLess,
        MaskedToFirstOrder,
        FirstStepForgotten,
        StepsFromInfForgotten,
        StepsALittleLess,
        OddsOfOneEnd,
        EndsForgotten,
        CorrelationALittleLess,
        PathStepsBelowHalf,
        PathALittleLess,
        PathIdentityALittleMore,
    )
]
