"""Samplers that are right where laws are tried, and wrong with another score, space or setting."""

from operator import attrgetter

import pytest
from helpers.slow_cases import cases

from harness.foundation.registry import load
from harness.regress import checks_of, cover, run
from harness.regress.small_steps import kernels
from harness.samplers import FixedCardinality, MultinomialD3PM, TauLeaping, Tweedie
from teeth.right_samplers import with_settings
from teeth.wrong_samplers import another_form, another_score
from teeth.wrong_samplers.another_form import AGAIN, CLASSES, COUNTS, FRESH, ROWS, SETTINGS

load()
CONTRACT = "keeps the contract"
SAID = {
    "TrueIfThere": "two scores that answer alike differ by",
    "NetworksAreDamped": "the law is another where the score is of another class",
    "NoMoreThanTrue": "a score that is far off",
    "LinearWhenExact": "a score that is far off",
    "SumsAsExact": "Absorbing noise, a score that is far off",
    "FrozenWhenExact": "a score that is far off",
    "ThinnedWhenExact": "a score that is far off",
    "MasksUntilted": "only on tilted data, only under absorbing noise",
    "BaseOnly": "only on tilted data",
    "EulerOfClasses": "uniform (classes of 1, 3, 2 tokens) noise",
    "LessWithinClasses": "may refuse them by a ValueError",
    "FrozenOfClasses": "off by 0.",
    "RightWhenTraced": "3, 0, 0 of each token",
    "MeanUnderMatrices": "two rows: the law of 233; S=4, d=3, non-symmetric noise",
    "ChunksOfMasks": "4098 rows: the law of",
    "MeanNearTheData": "from t=0.00213 to s=0.00207",
    "CountsTheSame": "how often a state is asked for; two equal rows: the law of 111",
    "ValuesOfMasks": "S=5, d=2, absorbing noise",
    "NotCompared": "differ in 'temperature' must not be equal",
    "FastForgets": "FastForgets(fast=True): off by",
    "ThirdModeShort": "ThirdModeShort(mode=tweedie): off by 0.0099 of a rate",
    "ExactForTwo": "less likely than in the truth",
    "SubsetsOfFour": "subsets 0.83 from uniform",
    "MasksLeapInStep": "S=2, d=4, Absorbing noise",
    "KeptByAddress": "another one that has taken its address",
    "BeginsUnlessMatrix": "a Generator where that makes a Tokens; S=3, d=3, RateMatrix noise",
}
SECONDS = (  # of several
    "MasksUntilted",
    "BaseOnly",
    "LinearWhenExact",
    "FrozenWhenExact",
    "ThinnedWhenExact",
    "FastForgets",
    "ThirdModeShort",
    "SubsetsOfFour",
    "MasksLeapInStep",
    "BeginsUnlessMatrix",
)


def of_seconds(case):
    return case.name in SECONDS


WRONG = [*another_score.CASES, *another_form.CASES]
IN_PROCESS = [case for case in WRONG if case.by != FRESH]


@pytest.mark.parametrize("case", cases(IN_PROCESS, of_seconds, attrgetter("name")))
def test_it_is_killed_and_told_why(case):
    check = run(case.by, checks_of(case.thing)[case.by])
    assert check.passed is False
    assert SAID[case.name] in str(check)


@pytest.mark.slow
def test_what_is_kept_from_call_to_call_is_told():
    sampler, place = another_form.RemembersStart(), cover.place("uniform", 3, 3)
    kernels(place.problem(sampler, place.data["rough"]), [19.37], [19.36])
    check = run(FRESH, checks_of(sampler)[FRESH])
    assert check.passed is False
    assert "made anew from its fields" in str(check)


@pytest.mark.parametrize(
    ("right", "name"),
    [
        (with_settings.Labelled(), CONTRACT),
        (with_settings.Polite(), AGAIN),
        (with_settings.DampedIfLearned(), AGAIN),
        (with_settings.ColumnsByHand(), CLASSES),
        (with_settings.Blend(0.3), COUNTS),
    ],
)
def test_what_is_right_beside_them_passes(right, name):
    assert run(name, checks_of(right)[name]).passed


@pytest.mark.slow
@pytest.mark.parametrize("case", with_settings.CASES, ids=lambda case: case.name)
def test_what_is_right_passes_all_of_these(case):
    checks = checks_of(case.thing)
    for name in (AGAIN, CLASSES, COUNTS, ROWS):
        if name in checks:
            assert run(name, checks[name]).passed is not False, name


@pytest.mark.slow
@pytest.mark.parametrize("name", ["GreedyOrNot", "RuleOfThree"])
def test_settings_that_are_as_claimed_pass(name):
    (case,) = [case for case in with_settings.CASES if case.name == name]
    check = run(SETTINGS, checks_of(case.thing)[SETTINGS])
    assert check.passed, check


@pytest.mark.parametrize(
    ("right", "name", "passed"),
    [
        (Tweedie(), CLASSES, True),
        (TauLeaping(), COUNTS, True),
        (MultinomialD3PM(), CLASSES, None),
        (FixedCardinality(), COUNTS, None),
    ],
)
def test_built_in_ones_are_right_on_both_or_say_so(right, name, passed):
    assert run(name, checks_of(right)[name]).passed is passed
