"""The curvatures that experiments hold as numbers are those of their targets."""

from pathlib import Path

import numpy as np
import pytest

import harness
from harness.measurement.equal_cost import curvature
from harness.studies import experiment

EXPERIMENTS = Path(harness.__file__).parents[1] / "experiments"
WRITTEN = 1e-5  # six digits are kept


def held(name):
    """The times and curvatures in the file of an experiment, and one of its problems."""
    sweep = experiment.sweeps(experiment.read(EXPERIMENTS / f"{name}.toml"))[0]
    recipe = dict(sweep.problems[0].grid.recipe)
    return sweep.problems[0], np.array(recipe["times"]), np.array(recipe["curvature"])


@pytest.mark.parametrize("name", ["equal_cost", "equal_cost_parity"])
def test_held_curvatures_are_those_of_the_target(name):
    problem, times, kept = held(name)
    assert kept == pytest.approx(curvature(problem, times.tolist()), rel=WRITTEN)
    assert (np.diff(kept) < 0).all()


def test_the_curvature_of_parity_in_closed_form():
    """``KL(q_t‖U)`` is that of a bit of mean ``a = e^{-d t}``; its second derivative."""
    problem, times, kept = held("equal_cost_parity")
    d = problem.space.length
    a = np.exp(-d * times)
    wanted = d**2 * (a * np.arctanh(a) + a**2 / ((1 - a) * (1 + a)))
    assert kept == pytest.approx(wanted, rel=WRITTEN)
