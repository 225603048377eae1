"""Code that takes its arguments in another order is told so, with its signature and the call."""

from functools import partial

import numpy as np
import pytest

from harness.noise import Absorbing
from harness.real import TracedLoop, TracedStep, examine, examine_draws
from harness.traced.signatures import misfit
from toy_targets import RandomTable

CALL = ("model", "steps", "rows")


def swapped(model, batch_size, steps, temperature: float = 1.0):
    raise AssertionError("is not run")


@pytest.mark.parametrize(
    ("code", "wrong"),
    [
        (lambda model, steps, rows: 0, ""),
        (lambda denoiser, T, n: 0, ""),
        (lambda *args: 0, ""),
        (np.zeros, ""),
        (partial(lambda model, steps, rows, length: 0, length=3), ""),
        (
            swapped,
            "it is swapped(model, batch_size, steps, temperature=1.0) and is called as "
            "swapped(model, steps, rows): by their names they stand in another order. Wrap it: "
            "lambda model, steps, rows: swapped(model, rows, steps)",
        ),
        (lambda steps, model, rows: 0, "<lambda>(steps, model, rows)"),
        (lambda rows, steps, net: 0, "lambda model, steps, rows: <lambda>(rows, steps, model)"),
        (lambda model, steps: 0, "called as <lambda>(model, steps, rows): too many positional"),
        (lambda model, steps, rows, length: 0, "missing a required argument: 'length'"),
    ],
)
def test_names_and_numbers_of_arguments(code, wrong):
    found = misfit(code, CALL)
    assert wrong in found
    assert bool(found) == bool(wrong)


def test_steps_and_black_boxes_are_looked_at_too():
    with pytest.raises(TypeError, match="wrap it, with t - s for dt"):
        TracedStep(lambda score_fn, x, t, dt: x, "score")
    assert TracedStep(lambda model, x, s, t: x, "score").name  # from s to t, as some write it
    with pytest.raises(TypeError, match=r"lambda count, seed: <lambda>\(seed, count\)"):
        examine_draws(lambda seed, count: np.zeros((count, 2), int), RandomTable(3, 2, seed=0))
    with pytest.raises(TypeError, match=r"rows, rng=rng\): got an unexpected keyword argument"):
        TracedLoop(lambda model, steps, rows: 0, framework="numpy")


def test_names_that_say_nothing_are_found_out_by_what_comes():
    def sample(model, a, b, rng):
        return np.where(rng.random((a, 2)) < 0.5, 0, 1)

    loop = TracedLoop(sample, framework="numpy", steps=(4,), options={"mask": 3, "timed": False})
    with pytest.raises(ValueError, match=r"gave \[4, 2\] tokens, a row for each of its 4 steps"):
        examine(loop, RandomTable(3, 2, seed=0), Absorbing())
