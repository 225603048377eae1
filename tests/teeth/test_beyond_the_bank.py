"""Theorems that are wrong only at sizes of which the bank of problems has few."""

import pytest

from harness.foundation.registry import load
from harness.regress import checks_of, run
from teeth.wrong_theorems.beyond_the_bank import OfSmallAlphabets, SaturatesInLength

load()


@pytest.mark.parametrize(
    ("wrong", "check"),
    [
        (OfSmallAlphabets(), "stands with tweedie"),
        (SaturatesInLength(), "stands with tweedie along d in the hundreds"),
    ],
)
def test_it_is_killed(wrong, check):
    assert run(check, checks_of(wrong)[check]).passed is False
