"""Sentences of verdicts: no digit that another machine would not have."""

import dataclasses
import re

import pytest
from helpers.long_problems import drawn

from bounds import StartUniform
from harness import Problem, check, grids
from harness.noise import Uniform
from harness.samplers import Tweedie
from harness.verdicts import reasons
from harness.verdicts.quantities import Quantities
from harness.verdicts.quantities_by_draws import DrawnQuantities
from harness.verdicts.vacuous import vacuous
from harness.verdicts.verdict import Status
from toy_targets import FewFlips


@pytest.mark.parametrize(
    ("value", "bound", "told"),
    [
        ((0.1234567, 0.0), (0.5, 0.0), "0.123457 <= 0.5, 24.69% of the bound"),
        ((8.06572e-29, 1e-28), (0.000232525, 1e-15), "0 <= 0.000232525"),
        ((3.456e-28, 1e-28), (4e-27, 1e-30), "3e-28 <= 4e-27, 9% of the bound"),
        ((0.5, 1e-12), (0.5, 1e-12), "0.5 <= 0.5, 100.00% of the bound"),
        ((0.0, 0.0), (0.0, 0.0), "0 <= 0"),
        ((0.25, 0.0), (float("inf"), 0.0), "0.25 <= inf"),
        ((0.1, 0.001), (0.3, 0.2), "0.1 <= 0"),  # no bound that has digits: no share of it
    ],
)
def test_what_holds_is_told_to_the_digits_above_rounding(value, bound, told):
    assert reasons.holds(value, bound) == told


def test_what_is_violated_is_told_so_too():
    told = reasons.violated("output", (0.123456789, 1e-4), (0.1, 1e-12))
    assert told == "output 0.1235 > bound 0.1"


@pytest.mark.parametrize(
    ("value", "bound", "told"),
    [
        ((0.377159123, 1e-14), (0.37715911, 1e-14), "x 0.37715912 > bound 0.37715911"),
        ((0.25, 0.0), (0.25 - 1e-16, 0.0), "x 0.25 > bound 0.2499999999999999"),
        ((0.1234567, 1e-3), (0.1234566, 1e-3), "x 0.123 > bound 0.123"),  # no digit tells them
    ],
)
def test_two_numbers_have_the_digits_that_tell_them_apart(value, bound, told):
    assert reasons.violated("x", value, bound) == told
    assert reasons.below("x", value, bound) == told.replace("> bound", "< lower bound")
    assert reasons.apart(value, bound) == told.removeprefix("x ").replace("> bound", "is not")


@dataclasses.dataclass(frozen=True)
class Idle(StartUniform):
    """A right side that is ``scale`` times what doing nothing gives."""

    scale: float = 1.0

    def terms(self, problem, quantities):
        return {"idle": self.scale * Quantities(problem).idle("start")}


EXACT = Problem(FewFlips(8), Uniform(), Tweedie(), grids.even(1.0, 0.1, steps=4))


@pytest.mark.parametrize("quantities", [Quantities(EXACT), DrawnQuantities(drawn(EXACT, 256))])
@pytest.mark.parametrize("rung", ["output", "start", "stopping"])
def test_a_bound_that_is_equal_but_for_rounding_says_nothing(quantities, rung):
    """By draws as by exact numbers, and whichever of the two sides was rounded."""
    idle, off = quantities.idle(rung), 1e-14
    for bound in (idle, idle * (1 - 1e-15), idle - quantities.idle_rounding(rung), idle - off):
        told = vacuous(quantities, rung, bound, off)
        assert told.endswith(", which doing nothing gives"), bound
        assert len(set(re.findall(r"\d\S*\d", told))) <= 2
    assert vacuous(quantities, rung, idle * (1 - 1e-6), off) == ""


@pytest.mark.parametrize("nudge", [-1e-15, 0.0, 1e-15])
def test_the_status_does_not_hang_on_a_last_digit(nudge):
    (found,) = check(EXACT, [Idle(scale=1 + nudge)])
    assert found.status is Status.VACUOUS
    (found,) = check(EXACT, [Idle(scale=1 - 1e-6)])
    assert found.status is Status.HOLDS


def test_long_chains_are_told_to_the_digits_above_rounding():
    """Every number of a reason by draws; its interval is of the same paths on any machine."""
    grid = grids.geometric(2.0, 0.2, kappa=0.5)
    for verdict in check(drawn(Problem(FewFlips(8), Uniform(), Tweedie(), grid), 512)):
        assert "-0.000" not in verdict.reason
        assert not re.search(r"\d\.\d+e-(1[6-9]|[2-9]\d)", verdict.reason), verdict
