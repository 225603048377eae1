"""Samplers that are right wherever a table of all states is small: each is killed, and told why."""

from operator import attrgetter

import pytest
from helpers.slow_cases import cases

from harness.foundation.registry import load
from harness.regress import checks_of, long_sequences, run
from harness.samplers import FrozenScore, MaskedPlugIn, Remasking, TauLeaping, Tweedie
from teeth.wrong_samplers import beyond_tables
from teeth.wrong_samplers.another_size import OwnChunkOnly

load()
SAID = {
    "WindowOfSeven": "right for d ≤ 7; smallest case S=4, d=8,",
    "PaddedFromSixteen": "right for d ≤ 16; smallest case S=4, d=17,",
    "PaddedModestly": "right for d ≤ 16; smallest case S=4, d=17,",
    "WindowUnderMasks": "smallest case S=4, d=6,",
    "EightUnderMasks": "right for S ≤ 8; smallest case S=9,",
    "EightFrozen": "smallest case S=19, d=1,",
    "OnlyMatricesTurned": "only under drifting noise",
    "ColumnsAreTokens": "only under uniform (classes of 1, 3, 2 tokens) noise",
    "ChunksOf512": "4098 rows",
    "MasksOfTheBatch": "alone: the law of",
    "VocabularyInFours": "5 states a step, claimed 1 (S=17, d=2)",
    "HostAsksTwice": "2 states a step, claimed 1",
    "HostInFloat32": "what JAX does not see has fewer digits",
    "HostInFloat32(below=1.0)": "as the time moves by 1e-07 of t=0.7313",
    "BehindTheScore": "'exact' lies behind it",
    "TwiceTheBudget": "0.798 nats beside the largest at most, claimed 0.4",
    "SteepNearTheData": "a term h^1.5",
    "SteepFromSix": "right for d ≤ 6; smallest case S=4, d=7,",
    "MarginalsButMasks": "Absorbing noise",
    "IndependentUpToThree": "S=4, d=2",
    "FirstFiveBetter": "positions are not alike",
    "LosesFromSix": "S=2, d=6",
}
LONG_RUNS = (beyond_tables.LONG, beyond_tables.SMALL, "a small step has the orders claimed")


QUICK = ("PaddedFromSixteen", "PaddedModestly", "FirstFiveBetter")


def of_seconds(case):
    return case.by in LONG_RUNS and case.name not in QUICK


@pytest.mark.parametrize("case", cases(beyond_tables.CASES, of_seconds, attrgetter("name")))
def test_it_is_killed_and_told_why(case):
    check = run(case.by, checks_of(case.thing)[case.by])
    assert check.passed is False
    assert SAID[case.name] in str(check)


@pytest.mark.parametrize(
    "right", [Tweedie(), TauLeaping(), pytest.param(MaskedPlugIn(), marks=pytest.mark.slow)]
)
def test_a_right_one_is_right_of_long_sequences(right):
    found = long_sequences.found(right, takes_masks=right.claims.needs_mask)
    assert found.passed, found


def test_one_that_takes_few_positions_is_not_judged():
    class Few(type(TauLeaping())):
        def step(self, score, noise, x, t, s):
            if x.shape[1] > 8:
                raise ValueError("eight positions at most")
            return super().step(score, noise, x, t, s)

    found = long_sequences.found(Few(), takes_masks=False)
    assert found.passed is None
    assert found.reason == "eight positions at most"


def test_what_is_wrong_at_six_positions_is_told_so():
    """Nothing larger is tried to tell where it begins."""
    found = long_sequences.found(OwnChunkOnly(), takes_masks=False)
    assert found.passed is False
    assert "smallest case S=4, d=6," in found.reason


@pytest.mark.parametrize(
    ("sampler", "it_applies"),
    [(Tweedie(), True), (FrozenScore(), False), (Remasking(), False), (MaskedPlugIn(), True)],
)
def test_it_applies_to_tokens_that_follow_the_truth_each_by_itself(sampler, it_applies):
    assert long_sequences.applies(sampler) is it_applies
