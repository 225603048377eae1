"""The schedule made of a reveal profile, and grids of densities."""

import dataclasses
import math

import numpy as np
import pytest
from helpers.profiles_by_listing import TARGETS, masked, repeated

from harness import Problem, grids, measure
from harness.measurement.reveal_profile import RevealProfile
from harness.numerics import bernstein
from toy_targets import CurieWeiss, Parity


@pytest.mark.parametrize(
    "target",
    [TARGETS["ring"], TARGETS["one way"], repeated(2, 6), Parity(5), CurieWeiss(40, 1.2)],
    ids=["ring", "one way", "repeated bit", "parity", "magnet"],
)
def test_kl_on_the_square_root_profile_grid_tends_to_half_p_over_n(target):
    profile = RevealProfile.of(masked(target))
    half, shares = profile.optimal_constant / 2, []
    for steps in (32, 128, 512):
        revealed = np.array(grids.square_root_profile(profile.density, steps).revealed)
        shares.append(steps * profile.step_cost(revealed[:-1], revealed[1:]).sum() / half)
    gaps = np.abs(np.array(shares) - 1)
    assert gaps[-1] < 0.01
    assert gaps[-1] < gaps[1] < gaps[0]


def test_measured_kl_on_that_grid_and_others_are_worse():
    target, steps = TARGETS["one way"], 64
    profile = RevealProfile.of(masked(target))
    best = grids.square_root_profile(profile.density, steps)
    kls = {
        name: measure(masked(target, grid)).chain_kl
        for name, grid in {
            "best": best,
            "even": grids.even_reveal(steps),
            "cosine": grids.cosine(steps),
        }.items()
    }
    assert steps * kls["best"] == pytest.approx(profile.optimal_constant / 2, rel=0.02)
    assert kls["best"] < min(kls["even"], kls["cosine"])
    # Moving any one time makes it worse: a minimum up to o(1/N).
    nudged = np.array(best.revealed)
    nudged[20] = 0.7 * nudged[20] + 0.3 * nudged[21]
    assert profile.step_cost(nudged[:-1], nudged[1:]).sum() > kls["best"]


@pytest.mark.parametrize(("start", "stop"), [(0.0, 1.0), (0.1, 0.9), (0.0, 0.5)])
def test_shares_of_the_root_are_equal(start, stop):
    density = RevealProfile.of(masked(TARGETS["one way"])).density
    grid = grids.square_root_profile(density, 7, start, stop)
    shares = bernstein.root_integrals(density, grid.revealed)
    np.testing.assert_allclose(shares, shares.mean(), rtol=1e-9)
    assert grid.revealed[0] == pytest.approx(start)
    assert grid.revealed[-1] == pytest.approx(stop)
    assert grids.from_spec(grid.spec()) == grid
    assert grid.with_steps(3) == grids.square_root_profile(density, 3, start, stop)


def test_a_problem_with_that_grid_round_trips():
    density = RevealProfile.of(masked(Parity(4))).density
    problem = masked(Parity(4), grids.square_root_profile(density, 6))
    assert Problem.from_spec(problem.spec()) == problem
    assert dataclasses.replace(problem, grid=problem.grid.with_steps(6)) == problem


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (((0.0, 0.0), 4), "density must have a positive entry: these tokens are independent"),
        (((), 4), "density must have a positive entry"),
        (((1.0, -1.0), 4), r"density\[1\] must be at least 0, got -1"),
        (((1.0, math.nan), 4), r"density\[1\] must be finite, got nan"),
        (((1.0,), 0), "steps must be at least 1, got 0"),
        (((1.0,), 4, 0.5, 0.5), "stop must be above 0.5, got 0.5"),
        (((1.0,), 4, 0.0, 1.5), "stop must be at most 1, got 1.5"),
    ],
)
def test_bad_densities(arguments, message):
    with pytest.raises(ValueError, match=message):
        grids.square_root_profile(*arguments)
