"""What a loop may keep, and where: it becomes part of the state, or the loop is refused.

Each of these changes the last step of a loop whose model is handed the same.  One row at a time is
asked of the same code as a batch.
"""

import numpy as np
import pytest

from harness.noise import Absorbing
from harness.traced import loop_law
from harness.traced.answers import exact_score
from harness.traced.errors import Untraceable
from harness.traced.loop import TracedLoop

DATA = np.exp(np.random.default_rng(0).normal(size=(3, 3)))
PAIRS = exact_score(DATA / DATA.sum(), Absorbing())
MASK = 3


def last_two(model, steps, rows, rng, cubed):
    """One position in the first step, one in the last, from p^3 where ``cubed(k, x)``."""
    x = np.full((rows, 2), MASK)
    for k in range(steps):
        p = model(x)
        cube = np.broadcast_to(cubed(k, x), (rows,))
        if k in (0, steps - 1):
            p = np.where((cube & (k > 0))[:, None, None], p**3, p)
            p = p / p.sum(-1, keepdims=True)
            token = (rng.random((rows, 2, 1)) > p.cumsum(-1)).sum(-1)
            x = np.where((x == MASK) & (np.arange(2) == (k > 0)), token, x)
    return x


def of_heads(told, share=0.15):
    """``told(n)`` of how often a coin has shown heads, in a step or before."""

    def code(model, steps, rows, rng):
        n = np.zeros(rows, int)

        def cubed(k, x):
            nonlocal n
            n = n + (rng.random(rows) < share)
            return told(n)

        return last_two(model, steps, rows, rng, cubed)

    return code


def nothing(model, steps, rows, rng):
    return last_two(model, steps, rows, rng, lambda k, x: False)


def of_the_state(model, steps, rows, rng):
    """What is handed to the model decides; what was before is kept, and not read."""
    seen = []

    def cubed(k, x):
        seen.append(x.copy())
        return x[:, 0] == 0

    return last_two(model, steps, rows, rng, cubed)


def law(code, steps, one_row, **how):
    called = (lambda model, steps, rng: code(model, steps, 1, rng)) if one_row else code
    options = {"mask": MASK, "timed": False}
    loop = TracedLoop(called, framework="numpy", options=options, one_row=one_row, name="kept")
    return loop.law(PAIRS, Absorbing(), steps, **how)


SHAPES = pytest.mark.parametrize("one_row", [False, True], ids=["batch", "row"])


@pytest.mark.parametrize(
    ("one_row", "steps"),
    [(False, 3), (False, 5), pytest.param(True, 3, marks=pytest.mark.slow)],
    ids=["batch", "longer", "row"],
)
@pytest.mark.parametrize(
    "code",
    [
        of_heads(lambda n: n % 2 == 1, 0.3),
        of_heads(lambda n: n % 3 == 2),
        of_heads(lambda n: (n * 5 + 3) % 7 == 6, 0.5),
        of_heads(lambda n: n >= 3, 0.6),
    ],
    ids=["parity", "modulo three", "hash", "three visits"],
)
def test_what_is_kept_of_coins_is_found(code, steps, one_row):
    with pytest.raises(Untraceable, match=r"kept remembers more .* in total variation"):
        law(code, steps, one_row)


@SHAPES
@pytest.mark.parametrize("code", [nothing, of_the_state], ids=["nothing", "the state"])
def test_where_nothing_is_kept_the_law_is_that_of_all_worlds(code, one_row):
    found, whole = law(code, 4, one_row), law(code, 4, False, merge=False)
    assert found.memory == ()
    np.testing.assert_allclose(found.law, whole.law, rtol=0, atol=1e-14)


@pytest.mark.parametrize("code", [of_heads(lambda n: n % 2 == 1, 0.3)], ids=["parity"])
def test_what_is_kept_of_coins_is_found_one_row_at_a_time(code):
    with pytest.raises(Untraceable, match=r"kept remembers more .* in total variation"):
        law(code, 3, True)


KEPT = {"runs": 0, "calls": 0}


def in_a_dictionary(model, steps, rows, rng):
    KEPT["runs"] += 1
    odd = KEPT["runs"] % 2 == 1
    return last_two(model, steps, rows, rng, lambda k, x: odd)


def in_a_count_of_calls(model, steps, rows, rng):
    def cubed(k, x):
        KEPT["calls"] += 1
        return KEPT["calls"] % 3 == 0

    return last_two(model, steps, rows, rng, cubed)


def in_the_model(model, steps, rows, rng):
    model.runs = getattr(model, "runs", 0) + 1
    return last_two(model, steps, rows, rng, lambda k, x: model.runs % 2 == 1)


def in_a_closure():
    runs = 0

    def code(model, steps, rows, rng):
        nonlocal runs
        runs += 1
        odd = runs % 2 == 1
        return last_two(model, steps, rows, rng, lambda k, x: odd)

    return code


@SHAPES
@pytest.mark.parametrize("steps", [2, 3])
@pytest.mark.parametrize(
    "code",
    [in_a_dictionary, in_a_count_of_calls, in_the_model, in_a_closure()],
    ids=["dictionary", "calls", "model", "closure"],
)
def test_what_is_kept_from_run_to_run_is_refused(code, steps, one_row):
    with pytest.raises(
        Untraceable, match=r"kept (from one run to the next|between runs)|remembers"
    ):
        law(code, steps, one_row)


def test_without_whole_runs_one_row_at_a_time_a_wrong_law_would_come_out(monkeypatch):
    """Teeth: the ways that differ most, alone, agree where heads of two coins are as tails."""
    monkeypatch.setattr(loop_law, "RUNS", 0)
    monkeypatch.setattr(loop_law, "DEALT", 0)
    code = of_heads(lambda n: n % 2 == 1)
    found, whole = law(code, 3, True), law(code, 3, False, merge=False)
    assert abs(found.law - whole.law).sum() / 2 > 0.01


def test_a_sum_that_ends_a_rounding_below_one_has_no_draw_beyond_it():
    """No number is above ``1 - 2^-53``, which is where a sum of three probabilities may end."""

    def code(model, steps, rows, rng):
        model(np.full((rows, 2), MASK))
        ends = np.array([0.25, 0.5, 1 - 2.0**-52])
        return (rng.random((rows, 2, 1)) > ends).sum(-1)

    found = law(code, 2, False)
    assert found.lost == 0
    np.testing.assert_allclose(found.law.sum(1)[:3], [0.25, 0.25, 0.5], rtol=0, atol=1e-15)
