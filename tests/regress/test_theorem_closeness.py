"""How near a theorem's problems came: of verdicts whose numbers are known."""

import math

import pytest

from bounds import ExplicitDTC, Wainwright2026
from harness.regress import theorem_closeness
from harness.regress.cases import Case
from harness.theorem import Side
from harness.verdicts.verdict import Status, Verdict


def verdict(measured, terms, status=Status.HOLDS, floor=0.0):
    bound = math.fsum(terms.values())
    return Verdict(
        "t", status, "chain", "D", "so it is", measured, bound, floor=floor, terms=dict(terms)
    )


def lines(*verdicts, theorem=None):
    theorem = theorem or ExplicitDTC()
    problem = ExplicitDTC.example()
    found = theorem_closeness.lines([Case(theorem, v, problems=[problem]) for v in verdicts])
    return [line.split(": target")[0] for line in found]


@pytest.mark.parametrize(
    ("found", "share"),
    [
        (verdict(1.0, {"a": 2.0}), 0.5),
        (verdict(1.0, {"a": 2.0}, Status.VACUOUS), 0.5),
        (verdict(3.0, {"a": 2.0}, Status.VIOLATED), 1.5),
        (verdict(1.0, {"a": 2.0}, floor=0.02), math.nan),  # its digits are rounding
        (verdict(1.0, {"a": math.inf}), math.nan),
        (verdict(0.0, {"a": 1.0}), math.nan),
        (verdict(1.0, {"a": 2.0}, Status.NOT_APPLICABLE), math.nan),
    ],
)
def test_a_share_of_the_bound_is_told_where_it_has_digits(found, share):
    assert theorem_closeness.share(found) == pytest.approx(share, nan_ok=True)


def test_what_is_needed_of_a_term_is_what_the_others_leave():
    found = theorem_closeness.needed(verdict(1.5, {"a": 1.0, "b": 2.0, "rounding": 1e-9}))
    assert found == pytest.approx({"a": 0.0, "b": 0.25})
    # A term that is smaller by more than that would have been exceeded.
    assert 1.0 + 0.24 * 2.0 < 1.5 < 1.0 + 0.26 * 2.0


def test_a_term_is_told_where_most_of_it_is_needed():
    tight, loose = verdict(0.97, {"a": 1.0, "b": 0.0}), verdict(0.1, {"a": 0.5, "b": 0.5})
    assert lines(loose, tight) == [
        "tightest: 0.97 of the bound, 0.97 beside 1",
        "loosest: 0.1 of the bound, 0.1 beside 1",
        "term a: 0.97 of it is needed, 0.97 beside 1",
        "term b: no case needs it",
    ]
    assert lines(loose)[-1] == (
        "no case within 5 %: a smaller constant would not have been noticed"
    )


def test_what_exceeds_the_bound_is_not_called_tight():
    found = lines(verdict(3.0, {"a": 2.0}, Status.VIOLATED), verdict(0.1, {"a": 1.0}))
    assert found[0] == "most violated: 1.5 of the bound, 3 beside 2"


def test_a_term_that_no_case_comes_near_to_is_named_where_another_is_tight():
    start, rest = verdict(1.0, {"a": 1.0, "b": 0.0}), verdict(0.9, {"a": 0.5, "b": 1.0})
    assert lines(start, rest)[-2:] == [
        "term b: 0.4 of it is needed, 0.9 beside 1.5",
        "a smaller constant of b would not have been noticed, down to what is needed",
    ]


def test_nothing_is_told_of_what_was_not_compared_or_is_an_equality():
    assert lines() == []
    assert lines(verdict(1.0, {"a": 2.0}, Status.NOT_APPLICABLE)) == []

    class Equal(Wainwright2026):
        side = Side.TWO_SIDED

    assert lines(verdict(1.0, {"a": 1.0}), theorem=Equal()) == []


def test_of_a_lower_bound_the_tightest_is_the_largest():
    class Lower(Wainwright2026):
        side = Side.LOWER

    found = lines(verdict(1.0, {"a": 0.5}), verdict(1.0, {"a": 0.9}), theorem=Lower())
    assert found[0] == "tightest: 0.9 of the bound, 1 beside 0.9"
    assert not any(line.startswith("term") for line in found)  # its one term is all of it


def test_of_a_lower_bound_each_term_has_the_room_that_the_nearest_case_leaves():
    class Lower(Wainwright2026):
        side = Side.LOWER

    # 1 = 0.9 + 0.1: the second term alone could be twice what it is, the first a ninth larger.
    near, far = verdict(1.1, {"a": 0.9, "b": 0.1}), verdict(2.0, {"a": 0.5, "b": 0.5})
    assert lines(far, near, theorem=Lower())[2:] == [
        "term a: 1.111 of it would still be true, 1.1 beside 1",
        "term b: 2 of it would still be true, 1.1 beside 1",
        "no case within 5 %: a larger constant would not have been noticed",
    ]
    broken = verdict(0.95, {"a": 0.9, "b": 0.1})
    assert lines(far, broken, theorem=Lower())[2:4] == [
        "term a: 0.9444 of it would still be true, 0.95 beside 1",
        "term b: 0.5 of it would still be true, 0.95 beside 1",
    ]
