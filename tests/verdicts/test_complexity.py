"""The fewest steps that reach a KL."""

import dataclasses

import pytest

from harness import Problem, grids, measure
from harness.noise import Uniform
from harness.samplers import Tweedie
from harness.verdicts import complexity
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
