"""Slopes: of power laws, at the floor, before they settle."""

import math
from itertools import pairwise

import numpy as np
import pytest
from helpers.random_problems import examples
from hypothesis import given
from hypothesis import strategies as st

from harness.verdicts import slopes
from harness.verdicts.slopes import (
    LOGARITHM,
    Label,
    Slope,
    Trend,
    local_slopes,
    rounding_of_growth,
    trailing_resolved,
    trend,
)


def steps(number, ratio):
    return [ratio**-k for k in range(number)]


@examples(60)
@given(st.floats(-3, 3), st.floats(1.2, 10), st.integers(3, 8), st.floats(1e-9, 1e9))
def test_a_power_law_has_its_slope_whatever_the_step_ratio(order, ratio, number, constant):
    """Signed, so that a growing error is a negative order; in either direction along the axis."""
    h = steps(number, ratio)
    y = [constant * a**order for a in h]
    for xs, ys in ((h, y), (h[::-1], y[::-1])):
        slopes = local_slopes(xs, ys)
        assert [s.value for s in slopes] == pytest.approx([order] * (number - 1), abs=1e-9)
        assert {s.label for s in slopes} == {Label.RESOLVED}
        assert trailing_resolved(slopes) == slopes
        assert [(s.low, s.high) for s in slopes] == list(pairwise(xs))
    assert [s.value for s in local_slopes([1 / a for a in h], y)] == pytest.approx(
        [-order] * (number - 1), abs=1e-9
    )


def labels(x, y, floor=None):
    return "".join(s.label[0] for s in local_slopes(x, y, floor))


def test_a_slope_that_still_changes_is_pre_asymptotic():
    h = steps(8, 2)
    y = [a**2 + 0.3 * a for a in h]  # order 2 turns into 1
    assert labels(h, y) == "ppprrrr"
    slopes = trailing_resolved(local_slopes(h, y))
    assert [slope.low for slope in slopes] == h[3:7]
    assert slopes[-1].value == pytest.approx(1, abs=0.05)


def test_slopes_stop_at_the_floor():
    """A square that sinks into rounding of 1e-9: what is left above it is resolved."""
    h = steps(10, 4)
    y = [a**2 + 1e-9 for a in h]
    slopes = local_slopes(h, y, [1e-9] * 10)
    assert [s.label for s in slopes] == [Label.RESOLVED] * 5 + [Label.AT_FLOOR] * 4
    assert trailing_resolved(slopes) == slopes[:5]
    assert slopes[0].error == pytest.approx((1e-9 + 16e-9) / math.log(4))


def test_points_without_a_logarithm_are_at_the_floor():
    x = [1.0, 2.0, 4.0, 8.0, 16.0]
    for nothing in (0.0, math.inf, math.nan, -1.0):
        slopes = local_slopes(x, [1.0, 2.0, 4.0, nothing, 16.0])
        assert "".join(s.label[0] for s in slopes) == "rraa"
        assert math.isnan(slopes[2].value)


def test_a_slope_is_compared_with_its_neighbours_only():
    """Not with one at the floor, and not with the last one because it is the first."""
    assert labels([1, 2, 4, 8, 16, 32], [1, 4, 0, 0, 1, 4]) == "paaap"
    assert labels([1, 2], [1, 4]) == "p"
    assert labels([1, 2, 4, 8, 16], [1, 2, 4, 8, 8]) == "rrpp"  # with the next one, if it can


def test_a_trailing_run_is_unbroken():
    slopes = local_slopes([1, 2, 4, 8, 16, 32, 64], [1, 2, 4, 16, 64, 128, 256])
    assert "".join(s.label[0] for s in slopes) == "rprprr"
    assert trailing_resolved(slopes) == slopes[-2:]
    assert trailing_resolved([]) == []


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        ([1, 2, 3], [1, 2], "x, y, floor must have one length, got 3, 2, 2"),
        ([1, 0], [1, 2], r"x must be finite and positive, got \[1, 0\]"),
        ([1, 3, 2], [1, 2, 3], r"x must be strictly monotone, got \[1, 3, 2\]"),
        ([1, 1, 2], [1, 2, 3], r"x must be strictly monotone, got \[1, 1, 2\]"),
    ],
)
def test_axes_that_are_none(x, y, message):
    with pytest.raises(ValueError, match=message):
        local_slopes(x, y)


def test_labels_need_a_share_of_the_floor():
    assert slopes.FLOOR_SHARE < slopes.GROWTH < slopes.SETTLED


def noisy_trends(shape, points=5, trials=300):
    """Statuses of constants ``exp(ln 2 · shape(k))`` at ``2^k``, each with an error of 1e-15."""
    rng = np.random.default_rng(5)
    x = [2.0**k for k in range(points)]
    exact = np.exp(math.log(2) * np.array([shape(k) for k in range(points)]))
    noise = 1 + 1e-15 * rng.standard_normal((trials, points))
    return {trend(local_slopes(x, list(exact * each)))[0] for each in noise}


@pytest.mark.parametrize(
    ("a", "b", "wanted"),
    [
        (0.005, -0.2, Trend.BOUNDED),  # a linear drift, neither slowing down nor speeding up
        (0.01, -0.1, Trend.BOUNDED),
        (0.005, -0.015, Trend.BOUNDED),  # led to 0.05 by three more intervals
        (0.005, -0.014, Trend.OPEN),
        (0.05, -0.65, Trend.BOUNDED),  # rises by just the 0.1 that is settled, and so led to 0
        (0.051, -0.66, Trend.OPEN),
        (0.0, 0.05, Trend.BOUNDED),  # at the limit itself
        (0.0, 0.051, Trend.GROWS),
        (-0.0125, 0.3, Trend.GROWS),  # falls by just the 0.05 that is none
        (-0.013, 0.3, Trend.OPEN),
        (-0.05, 1.25, Trend.OPEN),
        (0.0, 0.0, Trend.BOUNDED),
    ],
)
def test_no_last_digit_turns_a_trend(a, b, wanted):
    assert noisy_trends(lambda k: a * k * k + b * k) == {wanted}


def test_no_last_digit_turns_a_label():
    """Neighbours that differ by just what counts as one slope."""
    rng = np.random.default_rng(5)
    x, exact = [1.0, 2.0, 4.0], np.array([1.0, 2.0, 2.0**2.1])
    noise = 1 + 1e-15 * rng.standard_normal((300, 3))
    assert {s.label for each in noise for s in local_slopes(x, list(exact * each))} == {
        Label.RESOLVED
    }


def three(*values, error=0.0):
    return [Slope(k + 1, k + 2, v, error, Label.RESOLVED) for k, v in enumerate(values)]


@examples(200)
@given(st.floats(-1, 0.05), st.floats(-0.2, 0.2), st.floats(-0.2, 0.2), st.floats(0, 0.2))
def test_a_rise_to_come_grows_with_the_rise_and_without_a_jump(start, before, rise, more):
    def to_come(before, rise):
        return slopes._rise_to_come(three(start, start + before, start + before + rise))

    assert to_come(before, rise + more) >= to_come(before, rise) - 1e-12
    assert to_come(before + more, rise) <= to_come(before, rise) + 1e-12
    if rise + 1e-9 < slopes.SETTLED:  # up to there no step of rounding makes more than a few
        assert to_come(before, rise + 1e-9) - to_come(before, rise) < 1e-7


@pytest.mark.parametrize(
    ("values", "error", "wanted"),
    [
        ((0.06, 0.06, 0.06), 0.0, Trend.GROWS),
        ((0.06, 0.06, 0.06), 0.01, Trend.BOUNDED),  # the errors explain what is above
        (
            (0.062, 0.062, 0.062),
            0.5,
            Trend.GROWS,
        ),  # of steps counted: no more than a slope may have
        ((0.0, 0.02, 0.05), 0.0, Trend.OPEN),
        ((0.0, 0.02, 0.05), 0.01, Trend.BOUNDED),
    ],
)
def test_what_errors_explain_is_no_growth(values, error, wanted):
    assert trend(three(*values, error=error))[0] is wanted


def test_slopes_have_no_digit_below_their_error_and_no_negative_0():
    assert str(Slope(1, 2, -0.0001, 0.0, Label.RESOLVED)) == "+0.000"
    assert str(Slope(1, 2, 0.9365, 0.004, Label.PRE_ASYMPTOTIC)) == "+0.94~"
    assert str(Slope(1, 2, math.nan, math.inf, Label.AT_FLOOR)) == "nan_"


def test_the_error_of_the_growth_is_that_of_slopes_that_could_be_the_largest():
    def slope(low, value, error):
        return Slope(low, 2 * low, value, error, Label.RESOLVED)

    sure = [slope(1.0, -0.9, 1e-8), slope(2.0, -1.0, 1e-3), slope(4.0, -1.1, 1e-3)]
    assert rounding_of_growth(sure, sure) == pytest.approx(1e-8 + LOGARITHM)
    near = [slope(1.0, -0.9, 1e-8), slope(2.0, -0.9005, 1e-3), slope(4.0, -1.1, 1e-3)]
    assert rounding_of_growth(near, near) == pytest.approx(5e-4 + LOGARITHM)
