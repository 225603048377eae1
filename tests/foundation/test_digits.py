"""Numbers as text: the digits above a floor, and none that another machine would not have."""

import math

import pytest
from helpers.random_problems import examples
from hypothesis import given
from hypothesis import strategies as st

from harness.foundation.digits import fixed, written

sizes = st.builds(
    lambda digits, power: digits * 10.0**power, st.floats(1.0, 10.0), st.floats(-40, 8)
)


@pytest.mark.parametrize(
    ("value", "floor", "text"),
    [
        (8.06572e-29, 1e-28, "0"),
        (8.06572e-29, 6e-29, "0"),  # rounded up to the floor's next place it was 1e-28
        (1.9e-28, 1e-28, "0"),  # two floors: another machine may find nothing
        (2.6e-28, 1e-28, "3e-28"),
        (9.9e-29, 1.1e-29, "1e-28"),  # nine floors: no whole digit above, and not 0
        (5.4e-29, 1.1e-29, "5e-29"),
        (0.123456789, 1e-4, "0.1235"),
        (0.123456789, 1.1e-4, "0.123"),
        (99.6, 0.9, "100"),
        (-1.5, 0.01, "-1.5"),
        (46.0, 0.0, "46"),
        (-0.0, 0.0, "0"),
        (0.0, 1e-12, "0"),
        (math.inf, 1.0, "inf"),
        (1 / 3, 0.0, "0.33333333"),
    ],
)
def test_digits_above_the_floor(value, floor, text):
    assert written(value, floor) == text


def test_fewer_digits_may_be_asked_for():
    assert written(1 / 3, 0.0, 4) == "0.3333"
    assert written(1 / 3, 1e-3, 6) == "0.333"


@examples(300)
@given(sizes, sizes, st.sampled_from([1, -1]))
def test_what_is_written_is_written_again_alike(value, floor, sign):
    text = written(sign * value, floor)
    assert written(float(text), floor) == text
    # As right as rounding allows: no further off than half a place above the floor.
    assert abs(float(text) - sign * value) <= max(5 * floor, 1e-7 * value)
    assert (text == "0") is (abs(float(text)) <= 2 * floor)
    if value > 3 * floor:
        assert text != "0"


@examples(300)
@given(sizes, st.floats(-9, 2), st.floats(-1, 1), st.floats(-1, 1))
def test_two_machines_differ_in_a_last_digit(value, share, here, there):
    """Each within a floor of the truth: the texts are apart by two floors and a last place."""
    floor = value * 10.0**share
    texts = written(value + here * floor, floor), written(value + there * floor, floor)
    one, other = map(float, texts)
    place = 10.0 ** math.ceil(math.log10(max(floor, 1e-8 * value)))
    assert abs(one - other) <= 2 * floor + place * (1 + 1e-9)


@pytest.mark.parametrize(
    ("value", "floor", "sign", "text"),
    [
        (-0.0001, 0.0, True, "+0.000"),
        (-0.0001, 0.0, False, "0.000"),
        (-0.25, 1e-9, True, "-0.250"),
        (0.9365, 0.004, True, "+0.94"),
        (0.9365, 0.01, False, "0.94"),
        (12.0, 3.0, False, "12"),
        (math.nan, 0.0, True, "nan"),
    ],
)
def test_decimals_above_the_floor_and_no_negative_0(value, floor, sign, text):
    assert fixed(value, floor, sign=sign) == text
