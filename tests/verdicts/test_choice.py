"""Which point stands for all: a choice that no last digit turns."""

import math

import pytest

from harness.verdicts.choice import first_of_largest, first_of_least
from harness.verdicts.inequality import worst
from harness.verdicts.verdict import Status, Verdict


@pytest.mark.parametrize(
    ("values", "errors", "place"),
    [
        ([3.0, 2.0, 1.0], None, 2),
        ([1.0 + 1e-15, 1.0, 1.0 - 1e-15], None, 0),
        ([1.0, 1.0 - 1e-15], None, 0),
        ([2.0, 1.0], [0.6, 0.6], 0),
        ([2.0, 1.0], [0.4, 0.4], 1),
        ([math.nan, math.inf, 5.0], None, 2),
        ([math.inf, math.inf], None, 0),
        ([math.nan, math.nan], None, 0),
        ([0.0, -1e-300], None, 1),
    ],
)
def test_the_first_that_could_be_the_least(values, errors, place):
    assert first_of_least(values, errors) == place
    found = [-value for value in values]
    assert first_of_largest(found, errors) == place


def test_nothing_has_no_least():
    with pytest.raises(ValueError, match="the least of no values"):
        first_of_least([])


def holds(measured, bound, floor=0.0, of_bound=0.0):
    floors = {"measured": floor, "bound": of_bound}
    return Verdict("t", Status.HOLDS, "output", "D", "", measured, bound, floors=floors)


@pytest.mark.parametrize("ulp", [-1e-16, 0.0, 1e-16])
def test_of_equal_margins_the_first_stands_for_a_sweep(ulp):
    """Where a theorem is an equality at every point, a last digit would choose."""
    sweep = [holds(x, x * (1 + k * ulp)) for k, x in enumerate((0.3, 0.2, 0.1), start=1)]
    assert worst(sweep).measured == 0.3


def test_what_is_0_but_for_rounding_is_not_the_tightest():
    noise = holds(3e-29, 0.1, floor=4e-29)
    assert worst([noise, holds(0.1, 0.2)]).measured == 0.1
    close = holds(1e-20, 1.5e-20, floor=5e-21)  # a margin between 1 and 3
    assert worst([close, holds(0.1, 0.125)]).measured == 1e-20


@pytest.mark.parametrize("noise", [1e-29, 3e-29, 5e-29, 9e-29])
def test_where_all_is_rounding_the_first_stands_for_a_sweep(noise):
    """Above its floor or below it: which of them is so would be chance."""
    sweep = [holds(x, 1e-30, floor=4e-29, of_bound=1e-29) for x in (2e-29, noise, 6e-29)]
    assert worst(sweep).measured == 2e-29
