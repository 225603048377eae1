"""What a few numbers of steps show of the KL."""

import math
from types import SimpleNamespace

import pytest

from harness.numerics.statistics import DrawsTest
from harness.real import Report
from harness.real.curve import Point, tendency
from harness.real.finding import Finding
from harness.real.law_findings import findings
from harness.traced.loop import TracedLoop


def points(kls):
    return [Point(2**k, 2**k, kl, kl, 0.1, 0.0, 0.0, None, None) for k, kl in enumerate(kls)]


@pytest.mark.parametrize(
    ("kls", "kind"),
    [
        ((0.4, 0.1), "falls"),
        ((0.4, 0.39), "stays"),
        ((0.1, 0.4), "grows"),
        ((0.4,), "open"),
        ((0.4, math.inf), "stays"),
    ],
)
def test_what_two_points_show(kls, kind):
    found = tendency(points(kls))
    assert found.kind == kind
    assert found.shown == math.isinf(kls[-1])
    assert not any(each in found.words for each in ("goes to 0", "h^", "however many", "grows"))


@pytest.mark.parametrize(
    ("kls", "kind", "words"),
    [
        ((0.4, 0.1, 0.025), "falls", "the KL goes to 0 like h^2.00 (0.4, 0.1, 0.025)"),
        (
            (0.4, 0.39, 0.385),
            "stays",
            "the KL stays at 0.385 however many steps (0.4, 0.39, 0.385)",
        ),
        ((0.1, 0.2, 0.4), "grows", "the KL grows with the number of steps: 0.1, 0.2, 0.4"),
        ((0.4, 0.3, 0.22), "open", "the KL falls slowly (0.4, 0.3, 0.22)"),
        ((math.inf, 0.4, 0.1), "falls", "the KL is 0.4 at 2 steps and 0.1 at 4: where it goes"),
    ],
)
def test_what_three_points_show(kls, kind, words):
    found = tendency(points(kls))
    assert found.kind == kind
    assert found.words.startswith(words)


def test_one_finite_kl_after_an_infinite_one_is_no_fall():
    found = tendency(points((math.inf, 0.3)))
    assert not found.good
    assert found.words.startswith("the KL is 0.3 at 2 steps, and infinite at 1: more steps")


def test_a_number_of_steps_that_is_named_twice_is_run_once():
    loop = TracedLoop(lambda model, steps, rows: None, steps=(4, 2, 4))
    assert loop.steps == (4, 2)


@pytest.mark.parametrize(
    ("kls", "faults", "last"),
    [
        (
            (0.4,),
            (),
            "it is not shown to be right: the KL is 0.4 at 1 step: where it goes takes 3",
        ),
        ((0.4, 0.39), (), "it is not shown to be right: the KL is 0.4 at 1 step and 0.39 at 2"),
        ((0.4, 0.3, 0.22), (), "it is not shown to be right: the KL falls slowly"),
        ((0.4,), ("nucleus",), "it is not right: nucleus; the KL is 0.4"),
        ((0.4, 0.39, 0.385), (), "it is not right: the KL stays at 0.385"),
    ],
)
def test_what_is_not_shown_is_not_called_wrong(kls, faults, last):
    passed = DrawsTest(True, 1.0, 1e-6, "as expected", 1_000, 27, 0.0, 0.1, 0.1)
    found = Report("code", "", points(kls), None, passed, [Finding(k, "", True) for k in faults])
    assert not found.good
    assert list(found.lines())[-1].startswith(last)


@pytest.mark.parametrize(
    ("steps", "masks", "kind", "words"),
    [
        ((4,), (0.488,), "masks are left", "hold a mask at the end of 4 steps"),
        ((3, 4), (0.578, 0.488), "a mask can be drawn", "fewer with more steps"),  # 3 / (n + 1)
        ((3, 4), (0.578, 0.57), "masks are left", "however many steps"),
        ((4, 16), (0.4, 0.2), "a mask can be drawn", "fewer with more steps"),
        ((4, 16), (0.4, 0.24), "masks are left", "however many steps"),
    ],
)
def test_masks_that_are_left_are_counted_by_doublings(steps, masks, kind, words):
    law = SimpleNamespace(saved=0, coupled="", memory=())
    curve = [
        Point(n, n, 0.4, 0.4, 0.1, 0.0, m, None, law) for n, m in zip(steps, masks, strict=True)
    ]
    (found,) = findings(curve)
    assert found.kind == kind
    assert words in found.words
