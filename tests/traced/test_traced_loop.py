"""Whole loops that draw: their exact laws, and what is wrong with them."""

import time

import numpy as np
import pytest
from traced.loops import (
    DATA,
    MASK,
    MASKED,
    NOISED,
    PAIRS,
    any_order,
    backward,
    cached,
    divergence,
    drawn,
    law,
    masks,
    never_done,
    reveal,
    surest_first,
    torch,
)

from harness import Problem, grids, measure
from harness.engines.exact import output_law
from harness.noise import Absorbing, Uniform
from harness.samplers import MaskedPlugIn, Tweedie
from harness.traced.errors import TooManyWorlds, Untraceable
from harness.traced.loop import TracedLoop
from harness.traced.own_draws import loop_draws_test
from toy_targets import Table


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


@pytest.mark.slow
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
    with pytest.raises(ValueError, match=r"the loop must give tokens \[101, 2\], got \[101, 1\]"):
        law(lambda model, steps, rows: masks(rows, model)[:, :1], PAIRS, Absorbing(), 1)


def test_a_loop_that_never_ends_is_refused():
    def for_ever(model, steps, rows):
        while True:
            model(masks(rows, model))

    with pytest.raises(Untraceable, match="steps=1, has called its model 64 times and goes on"):
        law(for_ever, PAIRS, Absorbing(), 1)


@pytest.mark.slow
def test_thirty_two_steps_in_twenty_seconds():
    law(reveal, MASKED, Absorbing(), 2)
    begin = time.process_time()
    assert divergence(law(reveal, MASKED, Absorbing(), 32)) == pytest.approx(2.7646e-4, rel=1e-4)
    assert time.process_time() - begin < 20
