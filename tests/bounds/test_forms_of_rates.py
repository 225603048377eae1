"""Rates are consistent where they apply, copies that fall faster are not; forms as displayed."""

import dataclasses
import itertools
import math

import numpy as np
import pytest
from ours import RATES, every

from harness import grids
from harness.foundation.registry import theorems
from harness.quantities import Quantities
from harness.score import Perturbed
from harness.theorem import Rate
from harness.verdicts.checks import AXES, check, check_sweep, unmet
from harness.verdicts.verdict import Status
from toy_targets import Pairs, PottsRing, Table


@dataclasses.dataclass(frozen=True)
class Steeper(Rate):
    """A rate that falls faster along the axis: its form divided by ``axis^power``."""

    base: Rate
    axis: str
    power: float
    name = "steeper"

    def __post_init__(self):
        for key in ("statement", "bounds_on", "source", "trust", "exponents"):
            object.__setattr__(self, key, getattr(self.base, key))

    @classmethod
    def example(cls):
        raise NotImplementedError("a copy is tried on the problems of its original")

    def assumptions(self, problem):
        return self.base.assumptions(problem)

    def form(self, problem, quantities):
        growing = AXES[self.axis](problem, quantities)
        return self.base.form(problem, quantities) * growing**-self.power


def change(problem, **fields):
    return dataclasses.replace(problem, **fields)


@every(RATES)
def test_rate_is_consistent_and_a_steeper_one_is_not(cls):
    theorem, problem = cls(), cls.example()
    sweep = [
        change(problem, grid=problem.grid.with_steps(steps)) for steps in (24, 48, 96, 192, 384)
    ]
    cases = [Quantities(case) for case in sweep]

    def verdict(candidate):
        return check_sweep(sweep, "step", [candidate], cases)[0]

    right = verdict(theorem)
    assert right.status is Status.CONSISTENT, str(right)
    assert 0 < right.constant < math.inf
    steeper = verdict(Steeper(theorem, "step", power=0.5 - right.slope))
    assert steeper.status is Status.INCONSISTENT
    assert steeper.slope == pytest.approx(0.5, abs=0.01)

    (alone,) = check(sweep[0], [theorem], cases[0])
    assert alone.status is Status.INCONCLUSIVE
    assert alone.constant > 0


@every(RATES)
def test_form_is_positive_wherever_the_rate_applies(cls):
    theorem, example = cls(), cls.example()
    targets = (PottsRing(2, 2, 0.0), Table(np.eye(2) / 2))
    grid = (grids.geometric(2.0, 1.5, 0.1), grids.custom((800.0, 0.5)), grids.even(3.0, 0.0, 2))
    starts = ("exact", "noise")
    for target, times, start in itertools.product(targets, grid, starts):
        try:
            problem = change(example, target=target, grid=times, start=start)
        except ValueError:  # no problem at all: a sampler that needs δ > 0, at 0
            continue
        if not unmet(theorem, problem):
            form = theorem.form(problem, Quantities(problem))
            assert math.isfinite(form)
            assert form > 0


def test_dmitriev_2026b_scales_as_displayed_along_d():
    """Over independent pairs DTC adds up, and so does the error: the needed constant is flat."""
    theorem = theorems["dmitriev_2026b"]()
    problem = type(theorem).example()
    sweep = [change(problem, target=Pairs(2, pairs)) for pairs in (1, 2, 3, 4)]
    cases = [Quantities(case) for case in sweep]
    (right,) = check_sweep(sweep, "d", [theorem], cases)
    assert right.status is Status.CONSISTENT
    assert abs(right.slope) < 1e-6
    (steeper,) = check_sweep(sweep, "d", [Steeper(theorem, "d", 0.2)], cases)
    assert steeper.status is Status.INCONSISTENT


def test_score_error_enters_the_forms_that_have_it():
    for key in ("liang_2025", "zhang_2024_early_stopping", "dmitriev_2026a", "absorb_2025"):
        theorem = theorems[key]()
        problem = type(theorem).example()
        guessed = change(problem, score=Perturbed(score_error=0.5))
        grid, quantities = problem.grid, Quantities(guessed)
        assert quantities.score_error == pytest.approx(0.5, rel=1e-6)
        share = grid.start / (grid.start - grid.stop) if key.startswith("zhang") else 1.0
        added = theorem.form(guessed, quantities) - theorem.form(problem, Quantities(problem))
        assert added == pytest.approx(0.5 * share, rel=1e-6)


def test_zhang_full_support_uses_the_largest_one_token_ratio():
    law = np.array([[0.1, 0.2], [0.3, 0.4]])
    theorem = theorems["zhang_2024_full_support"]()
    problem = change(type(theorem).example(), target=Table(law), grid=grids.custom((2.0, 0.5, 0.0)))
    expected = 2 * 3.0**2 * (1.5**3 + 0.5**3)  # from 0.1 to 0.3 is the largest
    assert theorem.form(problem, Quantities(problem)) == pytest.approx(expected)


def test_zhang_early_stopping_integrates_the_squared_score_bound():
    from scipy.integrate import quad

    theorem = theorems["zhang_2024_early_stopping"]()
    problem = change(type(theorem).example(), grid=grids.custom((3.0, 0.7, 0.1)))
    expected = 3 * sum(
        (t - s) ** 2 * quad(lambda u: (1 + 3 / math.expm1(u)) ** 2, s, t)[0]
        for t, s in problem.grid.intervals()
    )
    assert theorem.form(problem, Quantities(problem)) == pytest.approx(expected, rel=1e-9)
