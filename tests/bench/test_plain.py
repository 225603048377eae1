"""The plain code that speeds are held to computes the same."""

import jax
import numpy as np
import pytest

from harness import Problem, grids, output_law, statistics
from harness.bench import plain, runs
from harness.noise import Uniform
from harness.samplers import FrozenScore, Tweedie
from toy_targets import RandomTable

CASE = Problem(RandomTable(3, 2, 5), Uniform(), Tweedie(), grids.even(2.0, 0.1, 5))


def test_plain_runs_have_the_same_law():
    wanted = output_law(CASE).reshape(-1)
    np.testing.assert_allclose(plain.dense_run(CASE), wanted, rtol=1e-10)
    with jax.enable_x64(True):
        np.testing.assert_allclose(plain.scan_of_pushes(CASE)(), wanted, rtol=1e-10)


def test_plain_draws_follow_it():
    with jax.enable_x64(True):
        drawn = np.asarray(plain.scan_of_draws(CASE, 20_000)())
    result = statistics.draws_test(drawn, output_law(CASE), 1e-6)
    assert result.passed, result.reason


def test_a_ratio_is_that_of_the_two(monkeypatch):
    case = Problem(RandomTable(2, 2, 5), Uniform(), FrozenScore(), grids.even(2.0, 0.1, 2))
    assert len(plain.frozen_sums(case)()) == 2
    waits = [iter([0.5, 0.2] * 4), iter([0.05, 0.1] * 4)]
    monkeypatch.setattr(runs, "seconds", lambda work: next(work()))
    assert runs.ratio(lambda: waits[0], lambda: waits[1], 5) == pytest.approx(10.0)
