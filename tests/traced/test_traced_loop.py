"""Whole loops that draw: their exact laws, what they remember, and what is wrong with them."""

import itertools
import time

import numpy as np
import pytest

from harness import Problem, grids, measure
from harness.engines.exact import output_law
from harness.noise import Absorbing, Uniform
from harness.numerics.divergence import kl
from harness.samplers import MaskedPlugIn, Tweedie
from harness.traced import loop_law, loop_run, witnesses
from harness.traced.answers import exact_score
from harness.traced.errors import TooManyWorlds, Untraceable
from harness.traced.loop import TracedLoop
from harness.traced.own_draws import loop_draws_test
from toy_targets import Table

torch = pytest.importorskip("torch", reason="PyTorch is not installed: leapcheck[torch]")

DATA = np.exp(np.random.default_rng(0).normal(size=(3, 3, 3)))
DATA /= DATA.sum()
MASKED, NOISED = exact_score(DATA, Absorbing()), exact_score(DATA, Uniform())
PAIRS = exact_score(DATA.sum(2), Absorbing())
MASK = 3


def gumbel(like):
    return -torch.log(-torch.log(torch.rand_like(like)))


def drawn(p):
    return torch.multinomial(p.reshape(-1, p.shape[-1]), 1).reshape(p.shape[:-1])


def masks(rows, model):
    return torch.full((rows, model.space.length), MASK)


def reveal(model, steps, rows):
    """Each mask goes with the probability of an even reveal, to a draw from the posterior."""
    x = masks(rows, model)
    for k in range(steps, 0, -1):
        log_p = model(x).log()
        stays = (x != MASK) | (torch.rand(x.shape, dtype=torch.float64) < (k - 1) / k)
        x = torch.where(stays, x, (log_p + gumbel(log_p)).argmax(-1))
    return x


def cached(model, steps, rows):
    """As ``reveal``; the model is asked again only where something has moved."""
    x, p = masks(rows, model), None
    for k in range(steps, 0, -1):
        p = model(x) if p is None else p
        stays = (x != MASK) | (torch.rand(x.shape, dtype=torch.float64) < (k - 1) / k)
        new = torch.where(stays, x, drawn(p))
        x, p = new, p if torch.equal(new, x) else None
    return x


def backward(model, steps, rows):
    """Uniform noise: each token from its bridge, by what the model says of clean tokens."""
    x = torch.randint(3, (rows, 3))
    times = np.linspace(3.0, 0.0, steps + 1)
    for t, s in itertools.pairwise(times):
        early, late = float(np.exp(-s)), float(np.exp(s - t))
        own = torch.nn.functional.one_hot(x, 3).double()
        x = drawn((early * model(x, t) + (1 - early) / 3) * (late * own + (1 - late) / 3))
    return x


def surest_first(model, steps, rows):
    """A fixed number of masks a step, those whose draw is most probable."""
    x = masks(rows, model)
    for k in range(steps):
        p, masked = model(x), x == MASK
        token = drawn(p)
        sure = torch.where(masked, p.gather(-1, token[..., None])[..., 0], -1.0)
        count = 3 * (k + 1) // steps - 3 * k // steps
        chosen = sure.topk(count, -1).indices
        x = x.scatter(1, chosen, token.gather(1, chosen))
    return x


def any_order(model, steps, rows):
    x = masks(rows, model)
    for _ in range(3):
        order = torch.where(x == MASK, torch.rand(x.shape), -1.0)
        place = order.argmax(-1, keepdim=True)
        x = x.scatter(1, place, drawn(model(x)).gather(1, place))
    return x


def never_done(model, steps, rows):
    """A share of the masks is left: the schedule does not end at 0."""
    x = masks(rows, model)
    for k in range(steps, 0, -1):
        stays = (x != MASK) | (torch.rand(x.shape, dtype=torch.float64) < max(k - 1, 0.25) / k)
        x = torch.where(stays, x, drawn(model(x)))
    return x


def law(code, score, noise, steps, **how):
    return TracedLoop(code, **how).law(score, noise, steps)


def divergence(found, data=DATA):
    clean = found.law[tuple(slice(n) for n in data.shape)]
    return float(kl(data.reshape(-1), clean.reshape(-1)))


@pytest.mark.parametrize("steps", [1, 4, 7])
def test_a_reveal_is_the_built_in_one(steps):
    problem = Problem(
        Table(DATA), Absorbing(), MaskedPlugIn(), grids.even_reveal(steps), start="mask"
    )
    found = law(reveal, MASKED, Absorbing(), steps)
    wanted = np.asarray(output_law(problem))
    np.testing.assert_allclose(found.law[:3, :3, :3], wanted[:3, :3, :3], rtol=1e-12)
    assert found.law.sum() == pytest.approx(1, abs=1e-12)
    assert divergence(found) == pytest.approx(measure(problem).kl, rel=1e-9)
    assert found.calls == pytest.approx(steps)
    assert not found.memory
    assert set(found.seen) <= {"uniform < p", "argmax"}


def test_leave_one_out_predictions_are_what_tweedie_needs():
    grid = grids.custom(np.linspace(3.0, 0.0, 5))
    problem = Problem(Table(DATA), Uniform(), Tweedie(), grid, start="noise")
    found = law(backward, NOISED, Uniform(), 4, asks="cavity")
    np.testing.assert_allclose(found.law, np.asarray(output_law(problem)), rtol=1e-11)
    cavity = [divergence(law(backward, NOISED, Uniform(), n, asks="cavity")) for n in (4, 8, 16)]
    usual = [divergence(law(backward, NOISED, Uniform(), n)) for n in (4, 8, 16)]
    assert cavity[2] < cavity[1] / 2 < cavity[0] / 4
    assert min(usual) > 0.09  # however many steps


@pytest.mark.parametrize("code", [reveal, cached, backward, surest_first, any_order])
def test_worlds_may_be_merged(code):
    """Two steps of a whole loop without merging give the same law, to rounding."""
    score, noise = (NOISED, Uniform()) if code is backward else (MASKED, Absorbing())
    steps = 2 if code is not any_order else 3
    traced = TracedLoop(code)
    merged = traced.law(score, noise, steps)
    whole = traced.law(score, noise, steps, merge=False)
    np.testing.assert_allclose(merged.law, whole.law, rtol=1e-12, atol=1e-15)


def test_a_cache_that_changes_nothing_changes_nothing():
    plain, kept = (law(code, MASKED, Absorbing(), 6) for code in (reveal, cached))
    np.testing.assert_allclose(kept.law, plain.law, rtol=1e-12)


def test_a_random_order_is_exact_and_the_surest_first_is_not():
    assert divergence(law(any_order, MASKED, Absorbing(), 3)) == pytest.approx(0, abs=1e-12)
    grows = [divergence(law(surest_first, MASKED, Absorbing(), n)) for n in (1, 2, 3)]
    assert grows == pytest.approx([0.160, 0.373, 0.576], abs=1e-3)


@pytest.mark.parametrize("code", [reveal, cached, backward, surest_first])
def test_its_own_draws_are_from_its_law(code):
    """20,000 draws of the untraced loop: a total variation of 0.03 would be seen."""
    score, noise = (NOISED, Uniform()) if code is backward else (MASKED, Absorbing())
    run = TracedLoop(code).run(score, noise, 3)
    test = loop_draws_test(run, law(code, score, noise, 3), 20_000, 7, 1e-9)
    assert test.passed, test.reason
    assert test.detectable_tv < 0.06


def test_draws_of_another_loop_are_seen():
    run = TracedLoop(surest_first).run(MASKED, Absorbing(), 3)
    assert not loop_draws_test(run, law(reveal, MASKED, Absorbing(), 3), 20_000, 7, 1e-9).passed


# -- what a loop remembers ------------------------------------------------------------------------


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


# -- what is wrong with a loop --------------------------------------------------------------------


def greedy_end(model, steps, rows):
    x = masks(rows, model)
    for k in range(steps, 0, -1):
        p = model(x)
        token = p.argmax(-1) if k == 1 else drawn(p)
        stays = (x != MASK) | (torch.rand(x.shape, dtype=torch.float64) < (k - 1) / k)
        x = torch.where(stays, x, token)
    return x


def test_a_greedy_end_has_no_support():
    assert divergence(law(greedy_end, MASKED, Absorbing(), 1)) == np.inf


def test_masks_that_are_left_are_in_the_law():
    found = law(never_done, PAIRS, Absorbing(), 1)
    assert found.law[:3, :3].sum() == pytest.approx(0.75**2)
    assert found.law.sum() == pytest.approx(1)


def test_what_is_no_token_is_lost():
    found = law(lambda model, steps, rows: torch.full((rows, 2), 9), PAIRS, Absorbing(), 1)
    assert found.lost == 1


def test_too_many_states_are_refused():
    with pytest.raises(TooManyWorlds, match="states between two steps, at most 5 are followed"):
        law(reveal, PAIRS, Absorbing(), 2, max_states=5)


def test_a_loop_that_gives_another_shape_is_refused():
    with pytest.raises(Untraceable, match=r"the loop must give tokens \[101, 2\], got \[101, 1\]"):
        law(lambda model, steps, rows: masks(rows, model)[:, :1], PAIRS, Absorbing(), 1)


def test_a_loop_that_never_ends_is_refused(monkeypatch):
    monkeypatch.setattr(loop_run, "MAX_CALLS", 50)

    def for_ever(model, steps, rows):
        while True:
            model(masks(rows, model))

    with pytest.raises(Untraceable, match="calls its model more than 50 times"):
        law(for_ever, PAIRS, Absorbing(), 1)


@pytest.mark.slow
def test_thirty_two_steps_in_twenty_seconds():
    law(reveal, MASKED, Absorbing(), 2)
    begin = time.process_time()
    assert divergence(law(reveal, MASKED, Absorbing(), 32)) == pytest.approx(2.7646e-4, rel=1e-4)
    assert time.process_time() - begin < 20
