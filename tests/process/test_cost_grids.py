"""Grids whose steps cost the same, and the curvature that they are made of."""

import dataclasses
import math
from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import quad

from harness import Problem, grids, measure
from harness.measurement import equal_cost
from harness.measurement.fall_to_uniform import fall
from harness.noise import CyclicWalk, RateMatrix, Uniform
from harness.quantities import Quantities
from harness.samplers import TauLeaping
from toy_targets import Parity, PottsRing, Table

WRAP = TauLeaping("wrap")
ENDS = grids.custom((6.0, 1e-3))  # on a ring of two, parity is forgotten to rounding by then


def steps_cost(problem, grid):
    """``Σ D_k`` from the fall to the uniform law."""
    falls = [(t - s) * fall(problem, t) for t, s in grid.intervals()]
    quantities = Quantities(problem)
    whole = quantities.uniform_kl(grid.stop) - quantities.uniform_kl(grid.start)
    return whole - math.fsum(falls)


@pytest.mark.parametrize(
    ("target", "noise"),
    [(PottsRing(3, 3, 1.0), Uniform()), (Parity(4), CyclicWalk())],
    ids=["ring", "parity"],
)
def test_the_cost_tends_to_half_the_square_of_the_integral(target, noise):
    problem = Problem(target, noise, WRAP, ENDS, start="exact")
    times = np.geomspace(1e-3, 6.0, 401)
    root = np.sqrt(equal_cost.curvature(problem, times)) * times
    limit = np.trapezoid(root, np.log(times)) ** 2 / 2
    gaps = []
    for steps in (96, 384):
        best = equal_cost.best_grid(problem, steps)
        gaps.append(abs(steps * steps_cost(problem, best) / limit - 1))
    assert gaps[1] < min(0.01, gaps[0] / 2)
    for other in (grids.even(6.0, 1e-3, 384), grids.geometric(6.0, 1e-3, 0.5).with_steps(384)):
        assert steps_cost(problem, other) > 1.2 * limit / 384


def test_no_time_of_it_can_be_moved_to_advantage():
    problem = Problem(PottsRing(3, 3, 1.0), Uniform(), WRAP, ENDS, start="exact")
    best = equal_cost.best_grid(problem, 128)
    cost = measure(dataclasses.replace(problem, grid=best)).path_kl
    assert cost == pytest.approx(steps_cost(problem, best), rel=1e-9)
    for k in (20, 64, 110):
        for share in (0.3, -0.3):
            times = list(best.times)
            times[k] += share * (times[k + 1] - times[k] if share > 0 else times[k] - times[k - 1])
            assert steps_cost(problem, grids.custom(times)) > cost


@pytest.mark.parametrize(("start", "stop"), [(None, None), (2.5, 0.02)])
def test_shares_of_the_root_are_equal(start, stop):
    """A flat piece in time's own measure, a rise and a fall: each power law in closed form."""
    times, height = (0.01, 0.1, 1.0, 4.0), (100.0, 1.0, 1.0, 1e-6)
    grid = grids.equal_cost(times, height, 7, start, stop)
    assert grid.start == (start or 4.0)
    assert grid.stop == (stop or 0.01)
    logs = np.log(times), np.log(height)

    def root(t):
        return math.exp(np.interp(math.log(t), *logs) / 2)

    shares = [quad(root, s, t, points=times[1:3])[0] for t, s in grid.intervals()]
    np.testing.assert_allclose(shares, np.mean(shares), rtol=1e-8)
    assert grids.from_spec(grid.spec()) == grid
    again = grids.equal_cost(times, height, 3, start, stop)
    assert grid.with_steps(3) == again
    one = grids.equal_cost(times, height, 1, start, stop)
    assert one.times == (grid.start, grid.stop)


def test_a_power_law_has_times_in_closed_form():
    """``curvature = 1/t``: equal parts of the square root of the time."""
    grid = grids.equal_cost((1.0, 16.0), (1.0, 1 / 16), 3)
    assert grid.times == pytest.approx((16.0, 9.0, 4.0, 1.0))
    geometric = grids.equal_cost((1.0, 8.0), (1.0, 1 / 64), 3)
    assert [t / s for t, s in pairwise(geometric.times)] == pytest.approx([2.0] * 3)


def test_a_problem_with_that_grid_round_trips():
    problem = Problem(Parity(3), Uniform(), WRAP, ENDS)
    problem = dataclasses.replace(problem, grid=equal_cost.best_grid(problem, 6))
    assert Problem.from_spec(problem.spec()) == problem


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (((0.1,), (1.0,), 4), "two or more and as many, got 1 times and 1 of curvature"),
        (((0.1, 1.0), (1.0,), 4), "got 2 times and 1 of curvature"),
        (((0.1, 0.1), (1.0, 1.0), 4), r"must increase, got times\[0\] = 0.1, times\[1\] = 0.1"),
        (((0.0, 1.0), (1.0, 1.0), 4), r"times\[0\] must be above 0, got 0"),
        (((0.1, 1.0), (1.0, 0.0), 4), r"curvature\[1\] must be above 0, got 0"),
        (((0.1, 1.0), (1.0, 1.0), 0), "steps must be at least 1, got 0"),
        (((0.1, 1.0), (1.0, 1.0), 4, 2.0), "start must be at most 1, got 2"),
        (((0.1, 1.0), (1.0, 1.0), 4, 1.0, 0.05), "stop must be at least 0.1, got 0.05"),
    ],
)
def test_bad_costs(arguments, message):
    with pytest.raises(ValueError, match=message):
        grids.equal_cost(*arguments)


def test_problems_without_a_best_grid():
    skew = RateMatrix([[-1.5, 1, 0.5], [0.25, -0.75, 0.5], [2, 1, -3]])
    problem = Problem(Table(np.eye(3) / 3), skew, WRAP, ENDS)
    with pytest.raises(ValueError, match="needs noise by shifts modulo S, got"):
        equal_cost.best_grid(problem, 4)
    to_data = Problem(Parity(3), Uniform(), WRAP, grids.custom((1.0, 0.0)))
    with pytest.raises(
        ValueError, match="has to stop above 0, where a cost may be infinite; got 0"
    ):
        equal_cost.best_grid(to_data, 4)
