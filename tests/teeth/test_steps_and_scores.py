"""Theorems that take the wrong thing of steps, of a score's error or of a noise, and right ones."""

from dataclasses import replace

import pytest

from bounds import ChenYing2024, Dmitriev2026a, Dmitriev2026b, Liang2025
from harness.foundation.registry import load
from harness.regress import bank, checks_of, run
from harness.regress.theorem_bank import POINT, POINT_OF_WORDS, worst_cases
from harness.samplers import Tweedie
from harness.verdicts import checks
from harness.verdicts.verdict import Status
from teeth.right_theorems_of_steps_and_scores import (
    ByCommonRates,
    ByTheLargestFactor,
    FirstOrderOfAll,
    RootInTV,
    SquareOverEstimate,
)
from teeth.wrong_theorems.steps_and_scores import (
    BySmallestRate,
    CostOfAllDependence,
    EntropyOfTheStart,
    OfTheMeanStep,
    RelativeSquare,
    SecondOrderOfAll,
    SquareInTV,
    StoppingSquared,
    TheOtherWayRound,
)

load()
LAST = "step that is last and long"
WRAP = "tau_leaping(multiple_jumps=wrap)"


@pytest.mark.parametrize(
    ("wrong", "right", "sampler", "sweep"),
    [
        (OfTheMeanStep, Dmitriev2026a, WRAP, LAST),
        (SecondOrderOfAll, FirstOrderOfAll, "tweedie", LAST),
        (SecondOrderOfAll, FirstOrderOfAll, "tweedie", "step to the data"),
        (SquareInTV, RootInTV, "tweedie", "step at a small delta"),
        (StoppingSquared, RootInTV, "tweedie", "delta alone"),
        (EntropyOfTheStart, Liang2025, "euler", "step from noise of a point"),
        (RelativeSquare, SquareOverEstimate, "euler", "score far too small"),
        (TheOtherWayRound, Liang2025, "euler", "score far too small"),
    ],
)
def test_a_rate_is_killed_and_what_is_right_beside_it_is_not(wrong, right, sampler, sweep):
    check = f"stands with {sampler} along {sweep}"
    found = run(check, checks_of(wrong())[check])
    assert found.passed is False
    assert not found.raised
    assert run(check, checks_of(right())[check]).passed


@pytest.mark.parametrize(
    ("theorem", "passes"), [(BySmallestRate(), False), (ByCommonRates(), True)]
)
def test_most_rates_of_a_noise_may_be_0(theorem, passes):
    """Its example's noise has three tokens, which most problems of two tokens cannot have."""
    check = "stands with tweedie"
    found = run(check, checks_of(theorem)[check])
    assert found.passed is passes
    assert not found.raised
    assert (str(Status.VIOLATED) in found.number) is not passes


class OfThreeTokens(Dmitriev2026b):
    """``κ DTC`` under a noise of three tokens."""

    @classmethod
    def example(cls):
        return replace(super().example(), noise=bank.NOT_SYMMETRIC)

    def assumptions(self, problem):
        found = {**super().assumptions(problem), "three tokens": problem.space.tokens == 3}
        return {name: met for name, met in found.items() if name != "uniform noise"}


def test_a_rate_under_a_noise_of_three_tokens_is_tried_along_what_has_three():
    checks_of_it = checks_of(OfThreeTokens())
    assert run("step", checks_of_it["stands with tweedie along step"]).passed
    found = run("d", checks_of_it["stands with tweedie along d"])
    assert found.passed is None
    assert "rate matrix has 3 tokens, the target has 2" in found.reason + found.number


@pytest.mark.parametrize(
    ("sweep", "passes"),
    [
        pytest.param("d of parity", False, marks=pytest.mark.slow),  # 10 s
        ("log S in steps", True),
    ],
)
def test_a_two_sided_rate_is_tried_from_below_too(sweep, passes):
    check = f"stands with tweedie along {sweep}"
    assert run(check, checks_of(CostOfAllDependence())[check]).passed is passes
    assert (check in checks_of(Dmitriev2026b())) is passes


def test_rates_that_are_nearly_0_are_followed_in_time():
    check = "stands with uniformization along score far too small"
    assert run(check, checks_of(ChenYing2024())[check]).passed


@pytest.mark.parametrize(
    ("sweep", "passes"), [("step", None), ("step before stopping", True), ("delta", None)]
)
def test_a_rate_of_the_data_is_not_refuted_by_what_stopping_costs(sweep, passes):
    check = f"stands with tweedie along {sweep}"
    assert run(check, checks_of(RootInTV())[check]).passed is passes


@pytest.mark.parametrize("point", [POINT_OF_WORDS, POINT], ids=["words", "bits"])
def test_a_bound_that_is_0_is_not_refuted_by_rounding(point):
    theorem = ByTheLargestFactor()
    problems = [p for p in worst_cases(Tweedie()) if p.target is point]
    verdicts = [checks.check(problem, [theorem])[0] for problem in problems]
    assert Status.VIOLATED not in {verdict.status for verdict in verdicts}
    assert min(verdict.terms["steps"] for verdict in verdicts if verdict.terms) == 0
