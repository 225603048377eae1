"""What a few numbers of steps show of the KL."""

import math

import pytest

from harness.real.curve import Point, tendency
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
    assert tendency(points(kls)).kind == kind


def test_one_finite_kl_after_an_infinite_one_is_no_fall():
    found = tendency(points((math.inf, 0.3)))
    assert not found.good
    assert found.words.startswith("the KL is 0.3 at 2 steps, and infinite at 1: more steps")


def test_a_number_of_steps_that_is_named_twice_is_run_once():
    loop = TracedLoop(lambda model, steps, rows: None, steps=(4, 2, 4))
    assert loop.steps == (4, 2)
