"""An error names the thing, the rule and the value."""

import math
import re
from fractions import Fraction

import numpy as np
import pytest

from harness.foundation.validation import choice, instance, integer, real, unknown


@pytest.mark.parametrize(("value", "found"), [(3, 3), (np.int32(4), 4), (2, 2)])
def test_integers(value, found):
    assert integer("steps", value, 2) == found
    assert type(integer("steps", value, 2)) is int


@pytest.mark.parametrize(
    ("value", "error", "told"),
    [
        (1, ValueError, "steps must be at least 2, got 1"),
        (2.0, TypeError, "steps must be an integer, got 2.0"),
        (True, TypeError, "steps must be an integer, got True"),
        ("3", TypeError, "steps must be an integer, got '3'"),
        (None, TypeError, "steps must be an integer, got None"),
    ],
)
def test_what_is_no_such_integer(value, error, told):
    with pytest.raises(error, match=f"^{re.escape(told)}$"):
        integer("steps", value, 2)


@pytest.mark.parametrize("value", [0.5, 1, Fraction(1, 2), np.float32(0.25), np.int64(1)])
def test_numbers(value):
    found = real("kappa", value, above=0, maximum=1)
    assert type(found) is float
    assert found == float(value)


@pytest.mark.parametrize(
    ("value", "error", "told"),
    [
        (math.nan, ValueError, "kappa must be finite, got nan"),
        (-math.inf, ValueError, "kappa must be finite, got -inf"),
        (-0.5, ValueError, "kappa must be at least 0, got -0.5"),
        (0.1, ValueError, "kappa must be above 0.1, got 0.1"),
        (2, ValueError, "kappa must be at most 1, got 2"),
        ("1", TypeError, "kappa must be a number, got '1'"),
        (True, TypeError, "kappa must be a number, got True"),
        (1j, TypeError, "kappa must be a number, got 1j"),
    ],
)
def test_what_is_no_such_number(value, error, told):
    with pytest.raises(error, match=f"^{re.escape(told)}$"):
        real("kappa", value, minimum=0, above=0.1, maximum=1)


def test_instances():
    assert instance("grid", 3, int) == 3
    with pytest.raises(TypeError, match=r"^grid must be a int, got 'three'$"):
        instance("grid", "three", int)


def test_choices():
    assert choice("start", "noise", ("noise", "exact")) == "noise"
    for value, told in (
        ("nois", "no start named 'nois'; did you mean 'noise'?"),
        ("here", "no start named 'here'; known: exact, noise"),
        (3, "no start named '3'; known: exact, noise"),
    ):
        with pytest.raises(ValueError, match=f"^{re.escape(told)}$"):
            choice("start", value, ("noise", "exact"))


def test_where_nothing_is_known():
    assert unknown("theorem", "chain", ()) == "no theorem named 'chain'; known: none"
