"""What the corpus is: cases by name, each saying what is wrong with it, each a law at all."""

from collections import Counter

import pytest

from teeth.case import Case
from teeth.corpus import ALL, RIGHT_SAMPLERS, RIGHT_THEOREMS, WRONG_SAMPLERS, WRONG_THEOREMS
from teeth.run import chosen, lines
from teeth.table import table


def test_there_are_enough_of_every_kind():
    kinds = Counter(case.kind for case in WRONG_SAMPLERS)
    assert set(kinds) == {1, 2, 3, 4, 5, 6, 8}
    assert min(kinds.values()) >= 10
    assert len(WRONG_SAMPLERS) >= 100
    assert len(RIGHT_SAMPLERS) >= 24
    assert len(WRONG_THEOREMS) >= 35
    assert len(RIGHT_THEOREMS) >= 15


def test_each_has_a_name_of_its_own():
    assert max(Counter(case.name for case in ALL).values()) == 1


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.name)
def test_a_wrong_one_says_its_kind(case):
    said = type(case.thing).__doc__.startswith(f"Kind {case.kind}: ")
    assert said is (case.kind > 0)


def test_a_run_takes_what_it_is_asked_for_and_goes_on(tmp_path):
    assert len(chosen([], 2)) == 18
    assert chosen(["RatesTooLarge"], 0) == [
        "RatesTooLarge",
        "RatesTooLarge(share=0.0001)",
        "RatesTooLarge(share=-0.001)",
    ]
    path = tmp_path / "found.jsonl"
    assert list(lines(path)) == []
    path.write_text('{"name": "a"}\n{"name": "b"}\n')
    assert [line["name"] for line in lines(path)] == ["a", "b"]


def test_the_table_names_survivors_and_what_is_right_and_called_wrong():
    found = [
        {"name": "A", "kind": 1, "check": "x", "cpu": 2.0},
        {"name": "B", "kind": 1, "check": "", "cpu": 3.0},
        {"name": "C", "kind": 0, "check": "y", "cpu": 1.0},
        {"name": "D", "kind": 0, "check": "", "cpu": 1.0},
        {"name": "E", "kind": 2, "check": "", "cpu": 1.0, "broken": ["what"]},
    ]
    assert table(found).splitlines() == [
        "kind 0: 1/2 called wrong, 2 s; C",
        "kind 1: 1/2 killed, 5 s; B",
        "kind 2: 0/1 killed, 1 s; E (broken)",
    ]


def test_a_name_tells_the_fields_that_are_another():
    (case,) = [case for case in WRONG_SAMPLERS if case.name == "StopsShort(least=0.0001)"]
    assert case == Case(case.thing, 3, case.by)
