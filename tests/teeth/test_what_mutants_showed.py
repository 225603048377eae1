"""What mutants of built-in samplers once passed with: each is killed by the check that sees it."""

import pytest

from harness.foundation.registry import load
from harness.regress import checks_of, run
from harness.samplers import Blocks, TruncatedUniformization, Uniformization
from teeth.corpus import WRONG_SAMPLERS

load()
NAMES = ("BoundOfTheBatch", "SmallRatesPass", "BlocksOfTheBatch")
CASES = [case for case in WRONG_SAMPLERS if case.name in NAMES]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_it_is_killed(case):
    assert run(case.by, checks_of(case.thing)[case.by]).passed is False


@pytest.mark.parametrize("right", [Uniformization(), TruncatedUniformization(), Blocks()])
def test_what_is_right_beside_it_is_not(right):
    assert len(CASES) == len(NAMES)
    for name in sorted({case.by for case in CASES}):
        assert run(name, checks_of(right)[name]).passed
