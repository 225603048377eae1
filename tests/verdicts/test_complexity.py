"""The fewest steps that reach a KL."""

import dataclasses

import pytest

from bounds import ExplicitDTC, Liang2025
from harness import Problem, grids, measure
from harness.noise import Uniform
from harness.samplers import TauLeaping, Tweedie
from harness.verdicts import complexity
from harness.verdicts.quantities import Quantities
from toy_targets import PottsRing


@pytest.mark.parametrize("kl", [0.1, 0.01, 0.002])
@pytest.mark.parametrize(
    "grid", [grids.even(3.0, 0.3, 1), grids.geometric(3.0, 0.3, 5.0)], ids=["even", "geometric"]
)
def test_steps_to_a_kl_are_the_fewest(grid, kl):
    problem = Problem(PottsRing(3, 2, 1.0, 0.3), Uniform(), Tweedie(), grid, start="exact")
    found = complexity.steps_to(problem, kl)

    def reached(steps):
        return measure(dataclasses.replace(problem, grid=problem.grid.with_steps(steps))).kl

    assert reached(found) <= kl
    assert found == 1 or all(reached(fewer) > kl for fewer in range(1, found))


def test_steps_to_a_kl_out_of_reach(monkeypatch):
    monkeypatch.setattr(complexity, "MAX_STEPS", 64)
    problem = Problem(PottsRing(3, 2, 1.0), Uniform(), Tweedie(), grids.even(0.5, 0.3, 1))
    with pytest.raises(ValueError, match=r"0\.001 nats are not reached with 64 steps"):
        complexity.steps_to(problem, 0.001)


@dataclasses.dataclass(frozen=True)
class Copied(ExplicitDTC):
    """An inequality that says ``0.1 / steps`` and owns no more rounding than its formula has."""

    def terms(self, problem, quantities):
        return {"copied": 0.1 / problem.grid.steps}


@pytest.mark.parametrize("nudge", [-1e-15, -1e-16, 0.0, 1e-16, 1e-15])
def test_no_last_digit_turns_a_number_of_steps(nudge):
    """A target that is the KL of 5 steps, or the promise for 7, but for rounding."""
    grid = grids.even(3.0, 0.3, 5)
    problem = Problem(PottsRing(3, 2, 1.0, 0.3), Uniform(), Tweedie(), grid, start="exact")
    found = measure(problem)
    assert complexity.steps_to(problem, found.kl * (1 + nudge)) == 5
    assert complexity.steps_to(problem, found.kl - found.floors["kl"] / 2) == 5
    assert complexity.steps_to(problem, found.kl - 3 * found.floors["kl"]) == 6
    assert complexity.theorem_steps(Copied(), problem, 0.1 / 7 * (1 + nudge)) == 7
    assert complexity.theorem_steps(Copied(), problem, 0.1 / 7 * (1 - 1e-6)) == 8


@pytest.mark.parametrize("nudge", [-1e-15, 0.0, 1e-15])
def test_a_fitted_constant_has_a_floor_too(nudge):
    grid = grids.geometric(2.0, 0.2, kappa=0.5)
    problem = Problem(PottsRing(3, 2, 1.0, 0.3), Uniform(), TauLeaping(), grid, start="exact")
    theorem, refined = Liang2025(), complexity.with_steps(problem, 6)
    target = 0.01 * theorem.form(refined, Quantities(refined))
    assert complexity.theorem_steps(theorem, problem, target, 0.01 * (1 + nudge)) == 6
    # A constant that rounding could move by as much as it is too large.
    for floor, more in ((1e-5, 0), (0.0, 1)):
        found = complexity.theorem_steps(theorem, problem, target, 0.01 + 1e-6, None, floor)
        assert found == 6 + more
