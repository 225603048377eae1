"""Theorems that bound from below, or from both sides."""

import math
from dataclasses import dataclass, replace
from typing import ClassVar

import pytest

from bounds import TotalCorrelation
from harness import MonteCarlo, Problem, check, check_sweep, grids
from harness.noise import Uniform
from harness.quantities import Quantities
from harness.samplers import FrozenScore, ThetaTrapezoidal, Tweedie
from harness.theorem import Equality, Inequality, Rate, Side, Trust
from harness.verdicts import contract
from harness.verdicts.right_side import bound_of
from harness.verdicts.verdict import Status
from toy_targets import Pairs, PottsRing

PROBLEM = Problem(
    PottsRing(2, 2, 1.0),
    Uniform(),
    FrozenScore(),
    grids.geometric(2.0, 0.5, kappa=0.2),
    start="exact",
)
STEPS = (0.1, 0.05, 0.025, 0.0125, 0.00625)
SWEEP = [replace(PROBLEM, grid=grids.geometric(2.0, 0.5, kappa=k)) for k in STEPS]
LADDER = ("output", "chain", "path")


@dataclass(frozen=True)
class ShareOf(Inequality):
    """``share`` times the rung ``of``, plus ``more``, is said to bound ``bounds_on``."""

    of: str = "chain"
    share: float = 1.0
    more: float = 0.0
    side: Side | str = Side.LOWER
    bounds_on: str = "chain"  # type: ignore[misc]
    name: ClassVar[str] = "share_of"
    statement: ClassVar[str] = "a share of what is measured"
    source: ClassVar[str] = "here"
    trust: ClassVar[Trust] = Trust.DERIVED

    @classmethod
    def example(cls) -> Problem:
        return PROBLEM

    def assumptions(self, problem):
        return {}

    def terms(self, problem, quantities):
        return {"share": self.share * quantities.rung(self.of)[0] + self.more}


@dataclass(frozen=True)
class IsShareOf(Equality, ShareOf):
    """... is said to be equal to ``bounds_on``."""

    side: ClassVar[Side | str] = Side.TWO_SIDED  # type: ignore[misc]


@dataclass(frozen=True)
class Power(Rate):
    """``κ`` to a power is said to be the order of the chain KL, which is 2 here."""

    power: float = 2.0
    side: Side | str = Side.TWO_SIDED
    name: ClassVar[str] = "power"
    statement: ClassVar[str] = "an order"
    source: ClassVar[str] = "here"
    bounds_on: ClassVar[str] = "chain"
    trust: ClassVar[Trust] = Trust.DERIVED
    exponents: ClassVar[dict[str, str]] = {"step": "2"}
    example = ShareOf.example

    def assumptions(self, problem):
        return {}

    def form(self, problem, quantities):
        return problem.grid.kappa**self.power


QUANTITIES = Quantities(PROBLEM)


def decided(theorem):
    (verdict,) = check(PROBLEM, [theorem], QUANTITIES)
    return verdict


@pytest.mark.parametrize(
    ("theorem", "status"),
    [
        (ShareOf(share=0.9), Status.HOLDS),
        (ShareOf(share=1.1), Status.VIOLATED),
        (ShareOf(share=0.0), Status.VACUOUS),
        (ShareOf(side=Side.TWO_SIDED), Status.HOLDS),
        (ShareOf(side=Side.TWO_SIDED, share=0.99), Status.VIOLATED),
        (ShareOf(side=Side.TWO_SIDED, share=1.01), Status.VIOLATED),
        (ShareOf(side=Side.UPPER, share=1.01), Status.HOLDS),
        # What is above a rung that is bounded from below is bounded too, what is below is not.
        (ShareOf("path", bounds_on="chain"), Status.VIOLATED),
        (ShareOf("output", bounds_on="path"), Status.HOLDS),
        (ShareOf("path", bounds_on="output"), Status.VIOLATED),
    ],
)
def test_an_inequality_is_held_to_its_side(theorem, status):
    assert decided(theorem).status is status


def test_the_rung_that_breaks_a_lower_bound_is_named():
    output, chain, path = (QUANTITIES.rung(name)[0] for name in LADDER)
    assert output < chain < path
    verdict = decided(ShareOf("chain", more=1e-9, bounds_on="output"))
    assert (verdict.status, verdict.rung) == (Status.VIOLATED, "output")
    assert "< lower bound" in verdict.reason
    assert " >= " in decided(ShareOf(share=0.9)).reason
    assert " = " in decided(ShareOf(side=Side.TWO_SIDED)).reason


@pytest.mark.parametrize(
    ("theorem", "status", "told"),
    [
        (IsShareOf(), Status.HOLDS, " = "),
        (IsShareOf(share=1 + 1e-11), Status.VIOLATED, "< lower bound"),
        (IsShareOf(share=1 - 1e-11), Status.VIOLATED, "> bound"),
        (IsShareOf("path"), Status.VIOLATED, "chain"),
        (IsShareOf("chain", more=math.inf, bounds_on="path"), Status.VIOLATED, "inf"),
    ],
)
def test_an_equality_is_held_to_rounding(theorem, status, told):
    verdict = decided(theorem)
    assert (verdict.status, told in verdict.reason) == (status, True), str(verdict)


def test_an_equality_on_a_rung_that_is_not_measured_is_left_open():
    unrated = replace(PROBLEM, sampler=ThetaTrapezoidal())
    (verdict,) = check(unrated, [IsShareOf("chain", bounds_on="path")])
    assert (verdict.status, verdict.reason) == (Status.INCONCLUSIVE, "path is not measured here")


@pytest.mark.parametrize(
    ("share", "status"),
    [(1.0, Status.HOLDS), (0.9, Status.VIOLATED), (1.1, Status.VIOLATED)],
)
def test_an_equality_by_draws_is_held_to_its_interval(share, status):
    sampled = replace(PROBLEM, target=Pairs(2, 4), sampler=Tweedie(), engine=MonteCarlo(2_048))
    (verdict,) = check(sampled, [IsShareOf(share=share)])
    assert verdict.status is status, str(verdict)


@pytest.mark.parametrize(
    ("power", "side", "status"),
    [
        (2, Side.TWO_SIDED, Status.CONSISTENT),
        (1, Side.TWO_SIDED, Status.INCONSISTENT),
        (3, Side.TWO_SIDED, Status.INCONSISTENT),
        (1, Side.UPPER, Status.CONSISTENT),
        (3, Side.UPPER, Status.INCONSISTENT),
        (1, Side.LOWER, Status.INCONSISTENT),
        (3, Side.LOWER, Status.CONSISTENT),
    ],
)
def test_a_rate_is_held_to_its_side(power, side, status):
    (verdict,) = check_sweep(SWEEP, "step", [Power(power, side)])
    assert verdict.status is status, str(verdict)


def test_a_lower_rate_above_what_is_0_is_inconsistent():
    exact = [replace(problem, sampler=Tweedie(), target=PottsRing(2, 2, 0.0)) for problem in SWEEP]
    (verdict,) = check_sweep(exact, "step", [Power(1, Side.LOWER)])
    assert verdict.status is not Status.CONSISTENT


def test_a_side_that_there_is_not_is_told():
    class Sideways(TotalCorrelation):
        side = "sideways"

    assert any("sideways" in fault for fault in contract.of_theorem(Sideways))
    assert TotalCorrelation.side == "upper"


def test_a_right_side_by_the_name_of_a_rung_moves_with_its_rounding():
    """A KL of 0 and one of 1e-26 are equal but for rounding, whichever way they are written."""
    found = Quantities(PROBLEM)
    value, rounding = found.rung("chain")[0], found.rung_rounding("chain")
    assert rounding > 0
    bound, off = bound_of(ShareOf(share=0.5), PROBLEM, found)
    assert bound == 0.5 * value
    assert 0.5 * rounding <= off <= rounding + 1e-9 * value
