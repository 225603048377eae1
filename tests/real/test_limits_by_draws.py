"""Limits of KL and TV hold, are the least and the greatest, and say the floor of draws."""

import math

import numpy as np
import pytest

from harness.numerics.divergence import kl, tv
from harness.real.intervals import kl_interval, radius, tv_interval

MISS = 0.05


@pytest.mark.parametrize(("cells", "draws"), [(27, 1_000), (27, 20_000), (5, 100), (2, 30)])
def test_limits_hold(cells, draws):
    """400 samples; the limits are those of bounds, so misses are rarer than they may be.

    Should they be as frequent as allowed, more than 48 has probability 1e-8.
    """
    rng = np.random.default_rng(cells + draws)
    truth = rng.dirichlet(np.ones(cells))
    code = rng.dirichlet(100 * truth)
    misses = np.zeros(3)
    for counts in rng.multinomial(draws, code, 400):
        of_kl, of_tv = (each(counts, truth, MISS) for each in (kl_interval, tv_interval))
        misses[0] += not of_kl.lower <= kl(truth, code) <= of_kl.upper
        misses[1] += not of_tv.lower <= tv(truth, code) <= of_tv.upper
        misses[2] += kl(counts / draws, code) > radius(draws, cells, MISS)
    assert (misses <= 48).all()


@pytest.mark.parametrize("counts", [(60, 25, 15), (5, 20, 75), (34, 33, 33)])
def test_limits_are_the_extremes_of_what_is_near(counts):
    """Against all laws of three cells on a fine grid; the grid's step makes the tolerance."""
    truth, counts, steps = np.array([0.5, 0.3, 0.2]), np.array(counts), 600
    found = kl_interval(counts, truth, MISS)
    a, b = np.meshgrid(np.arange(1, steps), np.arange(1, steps))
    kept = a + b < steps
    laws = np.stack([a[kept], b[kept], steps - a[kept] - b[kept]], 1) / steps
    seen, limit = counts / counts.sum(), radius(int(counts.sum()), 3, MISS)
    near = laws[(seen * np.log(seen / laws)).sum(1) <= limit]
    distances = (truth * np.log(truth / near)).sum(1)
    assert found.upper >= distances.max()
    assert found.upper == pytest.approx(distances.max(), rel=0.05)
    assert found.lower <= distances.min()
    assert found.lower == pytest.approx(distances.min(), rel=0.05, abs=1e-4)


def test_the_floor_is_what_right_draws_give():
    """The means over 600 samples, to four of their standard errors."""
    law, draws = np.random.default_rng(0).dirichlet(np.full(9, 5.0)), 5_000
    samples = np.random.default_rng(1).multinomial(draws, law, 600)
    for make in (kl_interval, tv_interval):
        found = [make(counts, law, MISS) for counts in samples]
        plug_in = np.array([each.plug_in for each in found])
        error = plug_in.std() / math.sqrt(len(plug_in))
        assert abs(plug_in.mean() - found[0].floor) < 4 * error + 0.02 * found[0].floor
        assert all(each.lower == 0 for each in found)


def test_what_was_never_drawn_leaves_no_upper_limit_and_is_said():
    law = np.array([0.9, 0.09, 0.01])
    found = kl_interval(np.array([95, 5, 0]), law, 0.01)
    assert math.isinf(found.upper)
    assert found.unseen == pytest.approx(0.01)
    assert found.sentence == (
        f"KL(truth‖code) is at least {found.lower:.3g}, and has no upper limit: what has "
        "probability 0.01 in truth was never drawn, and 571 draws of a right sampler would show it "
        "(probability 0.99); 100 draws give inf, and 0.01 of a right sampler"
    )
    rng = np.random.default_rng(0)
    missed = sum((rng.multinomial(found.enough, law) == 0).any() for _ in range(2_000))
    assert missed <= 45  # of 20 that are allowed; more has probability 1e-6
    assert tv_interval(np.array([95, 5, 0]), law, 0.01).sentence.startswith(
        "TV is between 0 and 0."
    )


def test_draws_outside_of_the_law_count_as_one_cell():
    found = kl_interval(np.array([40, 40, 15, 5]), np.array([0.5, 0.5, 0.0, 0.0]), 0.01)
    assert found.floor == pytest.approx(2 / 200)
    assert found.plug_in == pytest.approx(-math.log(0.8))
    assert 0 < found.lower < found.plug_in < found.upper
    assert tv_interval(np.array([40, 40, 15, 5]), np.array([0.5, 0.5, 0, 0]), 0.01).plug_in == (
        pytest.approx(0.2)
    )


def test_frequencies_that_are_the_law():
    found = kl_interval(np.array([50, 50]), np.array([0.5, 0.5]), 0.05)
    assert found.lower == 0
    assert found.upper == pytest.approx(radius(100, 2, 0.05))
