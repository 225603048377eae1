"""What is wrong of the tokens of a noise, of a TV and of scores under masks, and right beside."""

import pytest

from bounds import Absorb2025
from harness.foundation.registry import load
from harness.regress import checks_of, run
from harness.verdicts.verdict import Status
from teeth.right_theorems_of_tokens_and_tv import (
    AllPartsInTV,
    ByTheDual,
    MoreOfTheError,
    StartByRarest,
    StartBySymmetrisedGap,
    StoppingByLargestExit,
    StoppingOfUniform,
)
from teeth.wrong_theorems.errors_under_masks import LateMasksForgiven, SharedByTokens
from teeth.wrong_theorems.in_tv import ErrorInTV, ErrorOfTokens, NoStart, NoStartButLogs
from teeth.wrong_theorems.noises_one_way import ByTheLesser, StartByModulus, StartByRealPart
from teeth.wrong_theorems.tokens_of_a_noise import (
    StartByLogS,
    StoppingByMeanExit,
    StoppingOfWalks,
)

load()
OF_TOKENS = "d with a wrong score in TV"


@pytest.mark.parametrize(
    ("wrong", "right", "check"),
    [
        (StoppingOfWalks, StoppingOfUniform, "stands with tweedie"),
        (StoppingByMeanExit, StoppingByLargestExit, "stands with tweedie"),
        (StartByLogS, StartByRarest, "stands with tweedie"),
        (StartByModulus, StartBySymmetrisedGap, "stands with tweedie"),
        (StartByRealPart, StartBySymmetrisedGap, "stands with tweedie"),
        pytest.param(
            *(ByTheLesser, ByTheDual, "stands with tweedie along d of parity in even steps"),
            marks=pytest.mark.slow,  # 6 s
        ),
        (ErrorInTV, AllPartsInTV, "stands with tweedie along score error in TV"),
        pytest.param(
            *(ErrorOfTokens, AllPartsInTV, f"stands with tweedie along {OF_TOKENS}"),
            marks=pytest.mark.slow,  # 4 s
        ),
        (NoStart, AllPartsInTV, "stands with tweedie along delta from noise"),
        (NoStartButLogs, AllPartsInTV, "stands with tweedie along delta from noise"),
        (SharedByTokens, MoreOfTheError, "stands with tau_leaping along S with a wrong score"),
        (LateMasksForgiven, Absorb2025, "stands with tau_leaping along delta with a wrong score"),
    ],
)
def test_it_is_killed_and_what_is_right_beside_it_is_not(wrong, right, check):
    found = run(check, checks_of(wrong())[check])
    assert found.passed is False
    assert any(status in found.number for status in (Status.VIOLATED, Status.INCONSISTENT))
    assert run(check, checks_of(right())[check]).passed
