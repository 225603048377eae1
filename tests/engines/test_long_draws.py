"""Draws of long sequences and of counts follow the exact law.

Random comparisons have fixed keys and share half the suite's false-alarm budget.
"""

import dataclasses

import pytest
from helpers.long_problems import CLASSES, FORBIDDING, LEVEL, SKEW, drawn
from helpers.slow_cases import cases

from harness import Problem, grids, output_law, simulate
from harness.noise import Uniform
from harness.samplers import FrozenScore, TauLeaping, Tweedie
from harness.statistics import draws_test
from toy_targets import TwoBeliefs

SIMULATED = {
    "tweedie": Problem(FORBIDDING, SKEW, Tweedie(), grids.even(2.0, 0.1, 4)),
    "lose": Problem(FORBIDDING, Uniform(), TauLeaping("lose"), grids.even(2.0, 0.1, 4)),
    "frozen": Problem(FORBIDDING, SKEW, FrozenScore(), grids.even(2.0, 0.1, 4), start="exact"),
    "classes": Problem(CLASSES, Uniform(), FrozenScore(), grids.even(2.0, 0.1, 4)),
    "classes, exact": Problem(
        CLASSES, Uniform(), Tweedie(), grids.even(1.0, 0.1, 2), start="exact"
    ),
}


SELDOM = {"lose", "frozen", "classes", "classes, exact", "tweedie"}  # 8 to 17 s each


@pytest.mark.parametrize("name", cases(SIMULATED, SELDOM.__contains__))
def test_simulated_chains_follow_the_exact_law(name):
    problem = SIMULATED[name]
    found = draws_test(simulate(drawn(problem), 1, 100_000), output_law(problem), LEVEL)
    assert found.passed, found.reason
    assert found.detectable_tv < 0.03


@pytest.mark.slow
def test_simulated_counts_follow_the_exact_law():
    problem = Problem(
        TwoBeliefs.binary(30, 0.7), Uniform(), Tweedie(), grids.even(2.0, 0.1, 4), engine="counts"
    )
    ones = simulate(problem, 2, 50_000).sum(1)
    found = draws_test(ones[:, None], output_law(problem), LEVEL)
    assert found.passed, found.reason
    wrong = dataclasses.replace(problem, sampler=TauLeaping())
    assert not draws_test(ones[:, None], output_law(wrong), LEVEL).passed


def test_simulated_chains_do_not_depend_on_how_many_there_are():
    problem = drawn(SIMULATED["classes, exact"])
    assert (simulate(problem, 3, 50)[:20] == simulate(problem, 3, 20)).all()
