"""Limits of sequences that are known, and how sure they are."""

import math

import numpy as np
import pytest

from harness.regress.extrapolation import Limit, aitken, limit, romberg, shown_order

H = 1 / np.array([16.0, 32.0, 64.0, 128.0, 256.0])
REDRAWN = [7.326e-12, 2.918e-15, 5.081e-17, 2.785e-18, 1.65e-19]
"""KLs of ``outside.redraw`` from noise to data: of order 4 in the end, far steeper before."""


def told(y, order):
    """Limit and uncertainty as shares of the last value."""
    value, uncertainty = limit(list(y), order)
    return value / y[-1], uncertainty / y[-1]


@pytest.mark.parametrize("order", [1, 2, 3, 4, math.inf])
@pytest.mark.parametrize("q", [1, 2, 3, 4, 6])
def test_a_power_is_seen_whatever_was_claimed(q, order):
    value, uncertainty = told(H**q * (1 + 5 * H), order)
    assert abs(value) < 1e-3
    assert uncertainty < 0.01


@pytest.mark.parametrize("order", [1, 2, 4])
@pytest.mark.parametrize("share", [0.01, 0.1, 0.5])
@pytest.mark.parametrize("q", [1, 2, 4])
def test_a_small_rest_is_seen_beside_any_power(q, share, order):
    y = H**q * (1 + 5 * H)
    y = y + share * y[-1]
    value, uncertainty = limit(y.tolist(), order)
    assert value / y[-1] == pytest.approx(share / (1 + share), rel=0.2)
    assert uncertainty < value / 2


@pytest.mark.parametrize("order", [2, 4])
def test_powers_that_begin_with_the_claim_alone_would_not_do(order):
    """What was wrong: the powers h², h³, h⁴, and how far their limit moves in a halving."""
    *_, (before, value) = romberg((H**4 * (1 - 8 * H)).tolist(), 2)
    y = (H**4 * (1 - 8 * H))[-1]
    assert abs(before - value) / y > 0.3
    value, uncertainty = told(H**4 * (1 - 8 * H), order)
    assert max(abs(value), uncertainty) < 0.02


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_a_fall_that_only_then_settles_is_followed(order):
    value, uncertainty = told(REDRAWN, order)
    assert abs(value) < 3 * uncertainty
    assert uncertainty < 1 / 3
    value, uncertainty = told(np.array(REDRAWN) + REDRAWN[-1], order)
    assert value == pytest.approx(0.5, abs=0.1)
    assert uncertainty < value / 3


@pytest.mark.parametrize("q", [1.5, 2.5, 3.4])
@pytest.mark.parametrize("order", [1, 2, 4])
def test_a_power_that_is_no_whole_number_is_followed(q, order):
    """Whole powers hardly change it, and so would agree on a limit that is far off."""
    value, uncertainty = told(H**q * (1 + H), order)
    assert abs(value) < 3 * uncertainty
    assert uncertainty < 1 / 3


@pytest.mark.parametrize("y", [-1 / np.log(H), H**2 * np.array([1, 5, 1, 5, 1])])
def test_where_nobody_can_tell_the_limit_is_not_sure(y):
    value, uncertainty = told(y, 2)
    assert uncertainty > 1 / 3 or abs(value) > max(3 * uncertainty, 0.01)


def test_a_constant_is_its_own_limit():
    assert limit([0.2] * 5, 2) == Limit(0.2, 0.0)
    assert limit([0.0] * 5, math.inf) == Limit(0.0, 0.0)


def test_orders_shown():
    for q in (0.5, 1, 2, 3.4):
        for rest in (0, 1):
            assert shown_order((rest + H**q).tolist()) == pytest.approx(q, abs=1e-6)
    assert shown_order((1 / H).tolist()) is None
    assert shown_order([1.0] * 5) is None
    assert shown_order((1 - H).tolist()) is None  # it rises, to a limit that is not 0


def test_each_extrapolation_is_exact_where_its_powers_are_all():
    powers = 3 + 2 * H**2 - H**3 + 7 * H**4
    assert romberg(powers.tolist(), 2)[-1] == pytest.approx([3, 3], rel=1e-12)
    assert aitken((3 + 2 * H**1.7).tolist()[-3:]) == pytest.approx(3, rel=1e-12)
