"""The noise times at which a loop asks its model, and what is said of them."""

import numpy as np
import pytest

from harness.real.schedule_findings import findings
from harness.real.watched import Call, Watched


def watched(times, rows=2):
    tokens = np.zeros((rows, 3), int)
    calls = [Call(tokens, None if t is None else np.full(rows, t), None) for t in times]
    return Watched(len(times), calls, tokens, [])


def told(*schedules):
    return {each.kind: each for each in findings([watched(each) for each in schedules])}


def even(steps, first=np.inf, last=0.0):
    """Noise times of ``steps`` calls at even kept shares from ``e^-first`` to ``e^-last``."""
    ends = np.exp(-first), np.exp(-last)
    shares = np.linspace(*ends, steps + (last == 0))[:steps]
    with np.errstate(divide="ignore"):
        return list(-np.log(shares))


def test_a_schedule_that_goes_on_is_silent():
    assert told(even(4), even(16)) == {}
    assert told(np.repeat(even(4), 2), np.repeat(even(16), 2)) == {}  # a corrector at each time
    assert told([None] * 4, [None] * 8) == {}
    assert told([np.inf]) == {}


@pytest.mark.parametrize(
    ("kind", "schedules", "words"),
    [
        ("fixed last time", (even(4, last=0.01), even(32, last=0.01)), "begins at noise time 0.01"),
        (
            "rounded times",
            ([2.0, 2.0, 1.0, 1.0, 1.0],),
            "5 calls of the model are at 2 noise times",
        ),
        ("starts late", (even(8, first=3.0),), "noise time 3: there a share 0.04979 of the tokens"),
        ("not monotone", ([np.inf, 1.0, 2.0, 0.5],), "1 step of 3 lead to more noise"),
    ],
)
def test_what_a_schedule_does_is_said(kind, schedules, words):
    found = told(*schedules)
    assert words in found[kind].words
    assert not found[kind].fault
    expected = {kind, *({"starts late"} if kind == "rounded times" else ())}
    assert set(found) == expected


def test_rows_with_times_of_their_own_are_left_alone():
    run = watched([1.0, 0.5])
    run.calls[0].times[1] = 2.0
    assert list(findings([run, run])) == []
