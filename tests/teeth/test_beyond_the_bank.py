"""Theorems that are wrong only at sizes of which the bank of problems has few."""

import pytest

from bounds import Liang2025
from harness.foundation.registry import load
from harness.regress import checks_of, run
from harness.score import Exact
from teeth.right_theorems_of_other_forms import (
    ChainFromBelow,
    CosineByItsLargestStep,
    OutputBelowChain,
    PathInOrder,
    SquareInBits,
    WalkByItsGap,
)
from teeth.wrong_theorems.beyond_the_bank import OfSmallAlphabets, SaturatesInLength
from teeth.wrong_theorems.constants import MaskedALittleLess
from teeth.wrong_theorems.exponents import BestStepsTooGood
from teeth.wrong_theorems.other_forms import (
    CosineAsEven,
    CosineByItsMeanStep,
    HalfOfEachFall,
    LateErrorsForgiven,
    RootOfTheLogarithm,
    ScoreOfAnEntry,
    ScoreOfAToken,
    WalkAsFast,
)

load()


@pytest.mark.parametrize(
    ("wrong", "check"),
    [
        (OfSmallAlphabets(), "stands with tweedie"),
        pytest.param(
            *(SaturatesInLength(), "stands with tweedie along d in the hundreds"),
            marks=pytest.mark.slow,  # 6 s
        ),
        (HalfOfEachFall(), "stands with masked_plug_in"),
        (CosineAsEven(), "stands with masked_plug_in"),
        (CosineByItsMeanStep(), "stands with masked_plug_in"),
        (WalkAsFast(), "stands with tweedie"),
        (BestStepsTooGood(), "stands with masked_plug_in along its example's grid"),
        pytest.param(
            *(MaskedALittleLess(), "stands with masked_plug_in"),
            marks=pytest.mark.slow,  # 4 s
        ),
        (RootOfTheLogarithm(), "stands with tweedie along log S in steps"),
        (ScoreOfAToken(), "stands with euler along d with a wrong score"),
        (ScoreOfAnEntry(), "stands with euler along S with a wrong score"),
        (LateErrorsForgiven(), "stands with euler along delta with a wrong score"),
    ],
)
def test_it_is_killed(wrong, check):
    found = run(check, checks_of(wrong)[check])
    assert found.passed is False
    assert not found.raised


@pytest.mark.parametrize(
    ("right", "check"),
    [
        pytest.param(
            *(ChainFromBelow(), "stands with tweedie"),
            marks=pytest.mark.slow,  # 14 s
        ),
        (CosineByItsLargestStep(), "stands with masked_plug_in"),
        (WalkByItsGap(), "stands with tweedie"),
        (SquareInBits(), "stands with tweedie along log S in steps"),
        (Liang2025(), "stands with euler along d with a wrong score"),
        (Liang2025(), "stands with euler along S with a wrong score"),
        pytest.param(*(OutputBelowChain(), "stands with tweedie"), marks=pytest.mark.slow),
    ],
)
def test_what_is_right_beside_it_is_not(right, check):
    assert run(check, checks_of(right)[check]).passed


def test_a_right_rate_whose_example_has_a_wrong_score_is_not_refuted_by_what_does_not_fall():
    sampler = "tau_leaping(multiple_jumps=wrap)"
    check = f"stands with {sampler} along its example's grid"
    assert PathInOrder.example().score != Exact()
    assert run(check, checks_of(PathInOrder())[check]).passed is not False
