"""Rows that hang together are seen, of any law, and rows that do not are let pass."""

import numpy as np
import pytest
from scipy.stats import binom, kstest

from harness.real import batches
from harness.real.batches import (
    agreements,
    dealings_for,
    order_of_calls,
    place_in_batch,
    repeated,
)

LAW = np.random.default_rng(0).dirichlet(np.ones(9))


def independent(rng, count, m):
    return np.stack(np.unravel_index(rng.choice(9, (count, m), p=LAW), (3, 3)), -1)


def with_a_shared_token(rng, count, m, share):
    """With probability ``share`` a batch has one value for all first tokens."""
    rows = independent(rng, count, m)
    same = rng.random(count) < share
    rows[same, :, 0] = rows[same, :1, 0]
    return rows


def dealt_evenly(rng, count, m):
    """Low-discrepancy draws: right on average, and rows of a batch avoid each other."""
    u = (rng.random((count, 1)) + np.arange(m) / m) % 1
    state = np.minimum(np.searchsorted(LAW.cumsum(), u), 8)
    return np.stack(np.unravel_index(rng.permuted(state, axis=1), (3, 3)), -1)


def test_p_values_of_right_batches_are_no_smaller_than_uniform():
    """The rank is discrete where it ends early: from above it is never more than uniform."""
    found = [
        agreements(independent(np.random.default_rng(k), 12, 6), 0.02, seed=k) for k in range(300)
    ]
    for kind in (0, 1):
        p = [each[kind].p_value for each in found]
        assert kstest(p, "uniform", alternative="greater").pvalue > 1e-7
        for level in (0.02, 0.2):
            assert sum(each <= level for each in p) <= binom.ppf(1 - 1e-7, 300, level)


@pytest.mark.parametrize("make", [with_a_shared_token, dealt_evenly])
def test_rows_that_hang_together_are_seen(make):
    extra = (0.5,) if make is with_a_shared_token else ()
    rows = make(np.random.default_rng(1), 40, 20, *extra)
    whole, single = agreements(rows, 1e-3)
    assert min(whole.p_value, single.p_value) <= 1e-3
    more = single.together > single.expected
    assert more if make is with_a_shared_token else whole.together < whole.expected


def test_the_stated_difference_is_seen():
    """Each row takes the first token of its batch with some probability: of 100, 80 % and more.

    The spread of the statistic is then a little larger than that of independent rows.
    """
    rng, count, m, level = np.random.default_rng(4), 40, 12, 0.01
    first = LAW.reshape(3, 3).sum(1)
    seen, stated = 0, agreements(independent(rng, count, m), level)[1].detectable
    # Two rows that took it agree; over both places that is this much more agreement.
    takes = np.sqrt(stated / ((1 - (first**2).sum()) / 2))
    assert 0.1 < takes < 0.9
    for k in range(100):
        rows = independent(rng, count, m)
        same = rng.random((count, m)) < takes
        rows[..., 0] = np.where(same, rows[:, :1, 0], rows[..., 0])
        seen += agreements(rows, level, seed=k)[1].p_value <= level
    assert seen >= 80


@pytest.mark.parametrize("linked", [False, True])
def test_halves_are_compared_whether_rows_hang_together_or_not(linked):
    """Of rows that are alike p-values are no smaller than uniform; where laws drift they are."""
    places, orders = [], []
    for k in range(200):
        rng = np.random.default_rng(k)
        rows = with_a_shared_token(rng, 10, 8, 0.9) if linked else independent(rng, 10, 8)
        states = rows[..., 0] * 3 + rows[..., 1]
        places.append(place_in_batch(states, 9, 0.02, seed=k))
        orders.append(order_of_calls(states, 9, 0.02, seed=k))
    for found in places, orders:
        assert kstest(found, "uniform", alternative="greater").pvalue > 1e-7
        assert sum(p <= 0.02 for p in found) <= binom.ppf(1 - 1e-7, 200, 0.02)
    drifting = np.random.default_rng(1).choice(9, (20, 20), p=LAW)
    drifting[:, :10] = 0
    assert place_in_batch(drifting, 9, 1e-3) <= 1e-3
    assert order_of_calls(drifting, 9, 1e-3) > 1e-3
    assert order_of_calls(drifting.T, 9, 1e-3) <= 1e-3


def test_repeated_rows():
    rng = np.random.default_rng(2)
    first, second = independent(rng, 2, 40)
    assert repeated(first, second) == (0, 1.0)
    shift, p = repeated(first, first)
    assert shift == 0
    assert p < 1e-8
    moved = np.concatenate([first[3:], second[:3]])
    assert repeated(first, moved)[0] == 3
    assert repeated(moved, first)[0] == -3
    constant = np.zeros((40, 2), int)
    assert repeated(constant, constant) == (0, 1.0)  # no seed can be told from another


def test_a_level_that_takes_too_long_is_refused():
    assert dealings_for(0.5) == batches.LEAST_DEALINGS
    with pytest.raises(
        ValueError, match=r"level 1e-06 deals .* 2,000,000 times, more than 200,000"
    ):
        dealings_for(1e-6)
    with pytest.raises(ValueError, match="need 2 batches of 2 rows, got 1 of 5"):
        agreements(np.zeros((1, 5, 2), int), 0.1)
