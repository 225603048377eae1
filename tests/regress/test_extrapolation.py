"""A sequence whose limit and powers are known."""

import numpy as np
import pytest

from harness.regress.extrapolation import at_zero, falls_by_the_root, lower_term, romberg, surest

HALVES = 2.0 ** -np.arange(4)
H = 1 / np.array([16.0, 32.0, 64.0, 128.0, 256.0])


def test_each_extrapolation_is_exact_where_its_powers_are_all():
    powers = 3 + 2 * H**2 - H**3 + 7 * H**4
    assert romberg(powers.tolist(), 2)[-1] == pytest.approx([3, 3], rel=1e-12)


@pytest.mark.parametrize(
    ("limit", "root", "found"),
    [(0.0, 1.0, True), (1e-3, 0.0, False), (-1.0, 0.0, False), (0.0, 0.0, False)],
)
def test_a_root_is_told_from_a_limit(limit, root, found):
    h = 1e-3 * 2.0 ** -np.arange(4)
    assert falls_by_the_root(limit + root * h**0.5 + 3 * h - 2 * h**2) is found


def test_a_limit_in_whole_powers_is_exact():
    limit, off = at_zero(3.0 + 2.0 * HALVES - 5.0 * HALVES**2 + 0.5 * HALVES**3)
    assert limit == pytest.approx(3.0, rel=1e-14)
    assert off > 0.0
    assert at_zero(np.full(4, 0.25))[0] == pytest.approx(0.25, rel=1e-14)


@pytest.mark.parametrize("low", [0.5, 1.0])
def test_a_small_term_of_a_lower_order_is_found_beside_large_ones(low):
    for part in (0.0, 1e-6):
        values = part * HALVES**low + 3.0 * HALVES**2 - 2.0 * HALVES**3 + HALVES**4
        term, _ = lower_term(values, low, 2.0)
        assert term == pytest.approx(part * HALVES[-1] ** low, abs=1e-14)


@pytest.mark.parametrize(
    ("stays", "root", "told"),
    [
        (0.0, 0.0, None),
        (0.0, 1e-3, (0.5, 1e-3)),
        (1e-3, 0.0, (0.0, 1e-3)),
        (1e-3, 1e-6, (0.0, 1e-3)),
    ],
)
def test_what_stays_is_not_taken_for_a_root(stays, root, told):
    values = stays + root * HALVES**0.5 + 0.1 * HALVES**2 - 0.05 * HALVES**3
    found = surest(values[:, None], 2.0, 1e-9)
    if told is None:
        assert found is None
    else:
        assert found[0] == told[0]
        assert found[1] == pytest.approx(told[1] * HALVES[-1] ** told[0], rel=0.01)


@pytest.mark.parametrize(
    ("low", "order"), [(0.0, 1.0), (0.5, 1.0), (0.0, 2.0), (0.5, 2.0), (1.0, 2.0), (1.5, 2.0)]
)
def test_a_term_hardly_above_the_floor_has_its_own_power(low, order):
    """What stays is taken by a half power, too, as a term twice as large."""
    values = 1.2e-7 * HALVES**low / HALVES[-1] ** low + 1e-3 * HALVES**order
    found = surest(values[:, None], order, 1e-7)
    assert (found.low, found.at) == (low, 0)
    assert found.size == pytest.approx(1.2e-7, rel=1e-3)
