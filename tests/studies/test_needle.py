"""The needle: closed forms against exact laws, test vectors, limits, and the committed table."""

import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from harness import Problem, grids
from harness.measurement.fall_to_uniform import fall
from harness.noise import Uniform
from harness.quantities import Quantities
from harness.samplers import TauLeaping
from harness.show import needle_figure
from harness.studies.needle import Needle, limit_of_fall, limit_of_sum, worst_step, worst_sum
from toy_targets import TwoBeliefs

COMMITTED = Path(__file__).parents[2] / "results/needle/shares.csv"


@pytest.mark.parametrize(("tokens", "length"), [(2, 60), (3, 12)])
def test_closed_forms_are_those_of_the_exact_law(tokens, length):
    """The mixture on counts, with an ε that float64 still carries beside 1."""
    needle = Needle(tokens, length, 0.2)
    share = math.exp(needle.log_share)
    point, flat = (1.0, *[0.0] * (tokens - 1)), (1 / tokens,) * tokens
    target = TwoBeliefs(point, flat, length, weight=share)
    grid = grids.even(1.0, 0.1, 1)
    problem = Problem(target, Uniform(), TauLeaping("wrap"), grid, engine="counts")
    for t in (0.05, 0.15, 0.2, 0.25):
        kl, falls = Quantities(problem).uniform_kl(t), fall(problem, t)
        # The density against U is 1 - ε + u: as much as ε is left out, relative to u.
        close = {"rel": max(5 * share, 1e-9)}
        assert kl / share == pytest.approx(needle.kl(t), **close)
        assert falls / share == pytest.approx(needle.fall(t), **close)


def test_the_fall_is_the_derivative():
    needle = Needle(2, 1000, 0.2)
    for t in (0.1, 0.19, 0.2, 0.21):
        slope = (needle.kl(t - 1e-5) - needle.kl(t + 1e-5)) / 2e-5
        assert needle.fall(t) == pytest.approx(slope, rel=1e-6)
    falls = [needle.fall(t) for t in np.linspace(0.05, 0.4, 50)]
    assert all(a > b for a, b in pairwise(falls))


def test_shares_that_are_known():
    assert Needle(2, 1000, 0.2).share_of_step(0.205, 0.105) == pytest.approx(0.6488, abs=5e-5)
    found = [worst_step(Needle(2, d, 0.2))[0] for d in (10**3, 10**4)]
    assert found == pytest.approx([0.65, 0.78], abs=0.005)
    assert limit_of_sum(10**9, 0.02) == pytest.approx(0.976, abs=0.001)


def test_limits():
    """``φ/(ε d)`` on both sides of ``t*``, and a long needle's step and sum below their limits."""
    needle = Needle(2, 10**6, 0.2)
    for t in (0.02, 0.1, 0.18):
        assert needle.fall(t) / 10**6 == pytest.approx(limit_of_fall(2, t), rel=1e-3)
    assert needle.fall(0.22) < 1e-6 * needle.fall(0.18)
    assert Needle(2, 10**6, 0.2).share_of_step(0.2008, 0.1808) > 0.9
    for tokens, lost in ((2, 0.2), (50, 0.1)):
        share, grid = worst_sum(Needle(tokens, 10**4, lost), 0.3)
        assert 0.3 < share < limit_of_sum(tokens, lost) < 1
        assert grid.kappa == pytest.approx(0.3)
    assert limit_of_fall(10**9, 0.5) / math.log(10**9) == pytest.approx(math.exp(-0.5), rel=0.05)


def test_the_committed_table_is_what_is_computed():
    rows = pd.read_csv(COMMITTED)
    assert (rows[["share_of_step", "share_of_sum"]] < 1).all(axis=None)
    assert rows["share_of_step"].max() > 0.96
    assert len(rows) == len(needle_figure.LENGTHS) * 2 + 1
    for row in rows[rows["d"] <= 10**4].itertuples():
        needle = Needle(row.S, row.d, row.lost)
        assert needle.share_of_step(row.t, row.s) == pytest.approx(row.share_of_step, rel=1e-4)
        share, _ = worst_sum(needle, row.kappa)
        assert share == pytest.approx(row.share_of_sum, rel=1e-4)
        assert limit_of_sum(row.S, row.lost) == pytest.approx(row.limit_of_sum, rel=1e-4)


def test_the_figure_is_written_with_its_table(monkeypatch, tmp_path):
    rows = pd.read_csv(COMMITTED)
    monkeypatch.setattr(needle_figure, "shares", lambda: rows)
    table, picture = needle_figure.write(tmp_path / "new")
    pd.testing.assert_frame_equal(pd.read_csv(table), rows, rtol=1e-5)
    assert picture.read_bytes()[:4] == b"\x89PNG"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ((1, 5, 0.2), "tokens must be at least 2, got 1"),
        ((2, 0, 0.2), "length must be at least 1, got 0"),
        ((2, 5, 0.0), "lost must be above 0, got 0"),
    ],
)
def test_what_is_no_needle(fields, message):
    with pytest.raises(ValueError, match=message):
        Needle(*fields)
