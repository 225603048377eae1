"""What goes wrong of many tokens at many positions is seen where both are met, and told."""

import pytest

from harness.foundation.registry import load
from harness.regress import checks_of, cover, run
from teeth.wrong_samplers import many_of_many

load()
WHERE = {
    "NeighboursOfMany": (3, 6, "drifting"),
    "NeighboursOfMany(tokens=4)": (4, 5, "uniform"),
    "MasksOfMany": (3, 5, "absorbing"),
    "MasksOfMany(tokens=4, positions=4)": (4, 4, "absorbing"),
    "LikeliestOfMany(count=3)": (5, 4, "uniform"),
    "LikeliestOfMany(count=5, positions=3)": (7, 3, "drifting"),
    "MasksAndTokens": (3, 4, "absorbing"),
    "LikeliestTenHitting": (40, 1, "absorbing"),
    "LikeliestTenJump": (40, 1, "absorbing"),
    "LikeliestTenInTurn": (40, 1, "absorbing"),
}


def killed(case):
    check = run(case.by, checks_of(case.thing)[case.by])
    assert check.passed is False
    tokens, length, noise = WHERE[case.name]
    assert f"smallest case S={tokens}, d={length}, {noise} noise" in str(check)


@pytest.mark.slow
@pytest.mark.parametrize("case", many_of_many.CASES, ids=lambda case: case.name)
def test_it_is_killed_at_the_smallest_size(case):
    killed(case)


@pytest.mark.parametrize("case", many_of_many.CASES, ids=lambda case: case.name)
def test_it_is_seen_there(case, monkeypatch):
    (there,) = [
        place
        for place in cover.places(case.thing)
        if (place.tokens, place.length, place.name) == WHERE[case.name]
    ]
    monkeypatch.setattr(cover, "places", lambda *_: [there])
    killed(case)
