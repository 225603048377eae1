"""What a loop remembers, and loops whose rows depend on each other."""

import numpy as np
import pytest
from traced.loops import (
    MASK,
    PAIRS,
    any_order,
    drawn,
    law,
    masks,
    never_done,
    reveal,
    torch,
)

from harness.noise import Absorbing
from harness.traced import loop_law, witnesses
from harness.traced.errors import TooManyWorlds, Untraceable
from harness.traced.loop import TracedLoop
from harness.traced.own_draws import loop_draws_test


def looked_at(x):
    """What is drawn and nobody looks at is not drawn yet: ``any`` looks at it."""
    x.any()
    return x


def averaged(model, steps, rows):
    """The answer of the time before is remembered."""
    x, before = masks(rows, model), None
    for k in range(steps, 0, -1):
        p = model(x)
        mixed, before = (p if before is None else (p + before) / 2), p
        stays = (x != MASK) | (torch.rand(x.shape, dtype=torch.float64) < (k - 1) / k)
        x = torch.where(stays, x, drawn(mixed))
    return x


def coin(model, steps, rows):
    """A coin that is thrown at the beginning, and looked at, decides in the last step."""
    x, heads = masks(rows, model), looked_at(torch.rand(rows, 1) < 0.5)
    for k in range(steps, 0, -1):
        token = drawn(model(x))
        token = torch.where(heads, 0, token) if k == 1 else token
        stays = (x != MASK) | (torch.rand(x.shape, dtype=torch.float64) < (k - 1) / k)
        x = torch.where(stays, x, token)
    return x


def test_a_loop_that_remembers_what_it_handed_before_has_it_in_its_state():
    found = law(averaged, PAIRS, Absorbing(), 3)
    assert found.memory == ("before",)
    assert found.remembers == "what it handed to its model the time before"
    assert found.hidden is not None
    assert found.hidden.tv > 1e-3
    whole = TracedLoop(averaged).law(PAIRS, Absorbing(), 3, merge=False)
    np.testing.assert_allclose(found.law, whole.law, rtol=1e-12, atol=1e-15)


def test_a_coin_of_the_beginning_is_part_of_the_state():
    found = law(coin, PAIRS, Absorbing(), 3)
    assert found.memory == ("start",)
    whole = TracedLoop(coin).law(PAIRS, Absorbing(), 3, merge=False)
    np.testing.assert_allclose(found.law, whole.law, rtol=1e-12, atol=1e-15)


def unseen_coin(model, steps, rows):
    """As ``coin``, which nobody looks at before it decides."""
    x, heads = masks(rows, model), torch.rand(rows, 1) < 0.5
    for k in range(steps, 0, -1):
        token = drawn(model(x))
        token = torch.where(heads, 0, token) if k == 1 else token
        stays = (x != MASK) | (torch.rand(x.shape, dtype=torch.float64) < (k - 1) / k)
        x = torch.where(stays, x, token)
    return x


def seen_before(model, steps, rows):
    """Who is to move is drawn, and looked at, before the model is asked."""
    x = masks(rows, model)
    for k in range(steps, 0, -1):
        stays = looked_at((x != MASK) | (torch.rand(x.shape) < (k - 1) / k))
        x = torch.where(stays, x, drawn(model(x)))
    return x


@pytest.mark.parametrize(
    ("code", "memory"),
    [(any_order, ()), (never_done, ()), (unseen_coin, ()), (seen_before, ("step",))],
)
def test_what_is_drawn_before_the_model_is_asked_is_remembered_where_it_is_looked_at(code, memory):
    found = law(code, PAIRS, Absorbing(), 2)
    assert found.memory == memory
    whole = TracedLoop(code).law(PAIRS, Absorbing(), 2, merge=False)
    np.testing.assert_allclose(found.law, whole.law, rtol=1e-12, atol=1e-15)


def late_coin(model, steps, rows):
    """Teeth: a coin of the second step decides in the last one."""
    x, heads = masks(rows, model), torch.zeros(rows, 1, dtype=torch.bool)
    for k in range(steps, 0, -1):
        token = drawn(model(x))
        heads = looked_at(torch.rand(rows, 1) < 0.5) if k == steps - 1 else heads
        token = torch.where(heads, 0, token) if k == 1 else token
        stays = (x != MASK) | (torch.rand(x.shape, dtype=torch.float64) < (k - 1) / k)
        x = torch.where(stays, x, token)
    return x


def test_a_loop_that_remembers_more_is_refused():
    told = r"late_coin remembers more than what it hands to its model: with \[.*by 0\.\d+ in total"
    with pytest.raises(Untraceable, match=told):
        law(late_coin, PAIRS, Absorbing(), 4)


def parity(model, steps, rows, rng):
    """Whether a coin has shown heads an odd number of times decides in the last step."""
    x, odd = np.full((rows, 2), MASK), np.zeros(rows, bool)
    for k in range(steps):
        p = model(x)
        odd = odd ^ (rng.random(rows) < 0.15)
        if k in (0, steps - 1):
            p = np.where(odd[:, None, None], p**3, p) if k else p
            p = p / p.sum(-1, keepdims=True)
            token = (rng.random((rows, 2, 1)) > p.cumsum(-1)).sum(-1)
            x = np.where((x == MASK) & (np.arange(2) == (k > 0)), token, x)
    return x


@pytest.mark.parametrize("steps", [3, 4, 5])
def test_ways_that_differ_in_everything_but_what_is_remembered_are_no_witnesses(steps):
    """Of two coins, both heads is as both tails; ways that are picked by chance tell."""
    loop = TracedLoop(parity, framework="numpy", options={"mask": MASK, "timed": False})
    with pytest.raises(Untraceable, match="parity remembers more"):
        loop.law(PAIRS, Absorbing(), steps)


def test_without_witnesses_a_wrong_law_would_come_out(monkeypatch):
    """Teeth: a witness that is none.  The code's own draws see what it has missed."""
    monkeypatch.setattr(loop_law, "disagreement", lambda *_: None)
    found = law(coin, PAIRS, Absorbing(), 3)
    run = TracedLoop(coin).run(PAIRS, Absorbing(), 3)
    assert not loop_draws_test(run, found, 20_000, 7, 1e-9).passed
    assert witnesses.SAME < 1e-5


def shared_times(model, steps, rows):
    """The times at which tokens are revealed are drawn once for the batch."""
    x = masks(rows, model)
    for k in range(steps, 0, -1):
        stays = (x != MASK) | (torch.rand(1, x.shape[1], dtype=torch.float64) < (k - 1) / k)
        x = torch.where(stays, x, drawn(model(x)))
    return x


def test_rows_that_share_their_times_are_run_one_at_a_time():
    found, plain = (law(code, PAIRS, Absorbing(), 2) for code in (shared_times, reveal))
    assert "belongs to no row" in found.coupled
    np.testing.assert_allclose(found.law, plain.law, rtol=1e-12)
    run = TracedLoop(shared_times).run(PAIRS, Absorbing(), 2)
    assert loop_draws_test(run, found, 500, 7, 1e-9).passed


def test_rows_one_at_a_time_are_refused_by_arithmetic_where_that_takes_too_long():
    told = (
        r"one at a time: after \d of 200 steps .* ask the model \d+,\d+ times or more, and 10,000"
    )
    with pytest.raises(TooManyWorlds, match=told):
        law(shared_times, PAIRS, Absorbing(), 200)


def alone(model, steps):
    return reveal(model, steps, 1)


def test_code_that_gives_one_sample_at_a_time():
    found = law(alone, PAIRS, Absorbing(), 2, one_row=True)
    np.testing.assert_allclose(found.law, law(reveal, PAIRS, Absorbing(), 2).law, rtol=1e-12)
    run = TracedLoop(alone, one_row=True).run(PAIRS, Absorbing(), 2)
    assert run.draws(5, 1).shape == (5, 2)
