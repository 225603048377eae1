"""Grids of every kind: their times, their recipes and what is told of them."""

import json
import math
from dataclasses import replace
from itertools import pairwise

import pytest
from helpers.random_problems import customs, examples
from hypothesis import given
from hypothesis import strategies as st

from harness import grids


@examples(60)
@given(st.floats(1.5, 20.0), st.floats(1e-6, 1.2), st.integers(1, 400))
def test_geometric_grids_of_given_length(start, stop, steps):
    grid = grids.geometric(start, stop, kappa=0.5).with_steps(steps)
    assert (grid.steps, grid.start, grid.stop) == (steps, start, stop)
    kappa = dict(grid.recipe)["kappa"]
    assert grid.kappa == pytest.approx(kappa, rel=1e-8)
    assert grids.from_spec(grid.spec()) == grid
    assert grid.with_steps(steps) == grid


@examples(60)
@given(st.floats(1.5, 20.0), st.floats(1e-6, 1.2), st.floats(0.01, 2.0))
def test_geometric_grids_of_given_kappa(start, stop, kappa):
    grid = grids.geometric(start, stop, kappa)
    assert (grid.start, grid.stop, grid.told) == (start, stop, None)
    steps = grid.intervals()
    assert [(t - s) / min(1, s) for t, s in steps[1:]] == pytest.approx([kappa] * (len(steps) - 1))
    assert grid.kappa <= kappa * (1 + 1e-9)
    assert grid.max_step <= kappa * max(1, start) * (1 + 1e-9)
    assert grids.from_spec(json.loads(json.dumps(grid.spec()))) == grid


def test_a_recipe_that_makes_other_times_is_not_followed():
    grid = replace(grids.even(2.0, 0.2, 2), times=(2.0, 0.5, 0.2))
    assert grid.spec() == {"name": "custom", "times": [2.0, 0.5, 0.2]}
    with pytest.raises(ValueError, match="this one has given times"):
        grid.with_steps(4)


@examples(40)
@given(st.floats(0.5, 20.0), st.floats(0.0, 0.4), st.integers(1, 50), st.integers(1, 50))
def test_even_grids(start, stop, steps, others):
    grid = grids.even(start, stop, steps).with_steps(others)
    assert grid == grids.even(start, stop, others)
    lengths = [t - s for t, s in grid.intervals()]
    assert lengths == pytest.approx([(start - stop) / others] * others)
    assert grid.told_steps() == tuple(lengths)
    assert grid.max_step == max(lengths)
    assert grid.kappa == (math.inf if stop == 0 else pytest.approx(lengths[0] / min(1, stop)))


@examples(40)
@given(customs(), st.floats(0.1, 3.0))
def test_schedules_change_the_clock(times, speed):
    """Noise time ``speed τ²``: the true step is a difference of it, the told one a rate."""

    def clock(tau):
        return speed * tau * tau

    exact = grids.from_schedule(clock, times.times)
    left = grids.from_schedule(clock, times.times, rate_rule="left")
    assert exact.told is None
    assert exact.times == left.times == pytest.approx([speed * tau**2 for tau in times.times])
    want = [2 * speed * a * (a - b) for a, b in pairwise(times.times)]
    assert left.told == pytest.approx(want, rel=1e-12)
    assert left.told_steps() == left.told
    assert grids.from_spec(left.spec()) == left
