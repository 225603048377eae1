"""Categorical draws with coarse uniforms: their law, and how far their entropy falls."""

import dataclasses
import itertools

import numpy as np
import pytest

from harness import Problem, grids, measure, output_law, simulate, statistics
from harness.engines.draws.gumbel import Gumbel
from harness.engines.sequences import step_laws
from harness.noise import Absorbing, Uniform
from harness.numerics import gumbel_race
from harness.numerics.divergence import entropy
from harness.numerics.gumbel_race import drawn_law
from harness.samplers import FrozenScore, GumbelDraws, MaskedPlugIn, Tweedie
from toy_targets import RandomTable, Table

LEVEL = statistics.false_alarm_each(3)
ZIPF = 1 / np.arange(1, 9)


def by_counting(p, bits):
    """Every combination of the uniforms."""
    wait = -np.log(np.maximum(np.arange(2**bits) / 2**bits, 1e-10))
    law = np.zeros(len(p))
    for each in itertools.product(wait, repeat=len(p)):
        law[np.argmax(np.array(p) / np.array(each))] += 2.0 ** (-bits * len(p))
    return law


@pytest.mark.parametrize("p", [(0.2, 0.8), (0.5, 0.5), (0.9, 0.07, 0.03), (0.5, 0.25, 0.25)])
def test_drawn_law_is_that_of_every_combination(p):
    found, counted = drawn_law(p, 5), by_counting(p, 5)
    np.testing.assert_allclose(found, counted, atol=1e-12)


def test_coarse_uniforms_take_entropy_as_the_first_order_says():
    """A token revealed with probability ``r`` loses ``S J/(2 K r)`` nats, ``J`` from uniform."""
    shares, r, falls = ZIPF / ZIPF.sum(), 0.01, []
    jeffreys = ((shares - 1 / 8) * np.log(8 * shares)).sum()
    for bits in (16, 20, 24):
        law = drawn_law(np.append(r * shares, 1 - r), bits)[:-1]
        falls.append((entropy(shares) - entropy(law / law.sum())) * 2 * 2**bits * r / 8 / jeffreys)
    np.testing.assert_allclose(falls, 1, rtol=0.05)


def test_fine_uniforms_draw_the_law():
    p = np.append(0.01 * ZIPF / ZIPF.sum(), 0.99)
    np.testing.assert_allclose(drawn_law(p, 40), p, rtol=1e-4)


def masked(steps):
    target = Table(ZIPF / ZIPF.sum())
    return Problem(target, Absorbing(), MaskedPlugIn(), grids.even_reveal(steps), start="mask")


def coarse(problem, bits):
    """The same run as it is drawn."""
    return dataclasses.replace(problem, sampler=GumbelDraws(problem.sampler, bits))


@pytest.mark.parametrize("bits", [6, 10])
def test_draws_follow_the_law_of_coarse_draws(bits):
    problem = masked(8)
    law = output_law(coarse(problem, bits))
    draws = simulate(problem, 3, 200_000, Gumbel(bits))
    result = statistics.draws_test(draws, law, LEVEL)
    assert result.passed, result.reason
    assert result.detectable_tv < 0.015
    if bits == 6:  # teeth: they do not follow the law that is meant
        assert abs(law[:-1] - problem.data_law[:-1]).sum() / 2 > 0.02


def test_a_run_of_coarse_draws_step_by_step():
    """Two tokens that depend on each other: every row of every step by ``drawn_law``."""
    problem = Problem(
        RandomTable(2, 2, seed=3), Absorbing(), MaskedPlugIn(), grids.even_reveal(3), start="mask"
    )
    law = problem.start_law
    for t, s in problem.grid.intervals():
        p = np.asarray(step_laws.step_law(problem, t, s).p)
        rows = [np.outer(drawn_law(one, 7), drawn_law(two, 7)).reshape(-1) for one, two in p]
        law = law @ np.array(rows)
    np.testing.assert_allclose(output_law(coarse(problem, 7)).reshape(-1), law, atol=1e-13)


@pytest.mark.parametrize("p", [(0.25, 0.25, 0.25, 0.25), (0.0, 0.5, 0.5), (0.4, 0.2, 0.4)])
def test_ties_go_to_the_first_in_strata_too(p, monkeypatch):
    strata = drawn_law(p, 18)
    monkeypatch.setattr(gumbel_race, "TERMS", 2**18)
    np.testing.assert_allclose(strata, drawn_law(p, 18), atol=0.1 / 2**18)


def test_strata_are_as_good_as_all_terms(monkeypatch):
    """A sum of a million terms for each outcome, and the same by strata: what they change."""
    p = np.append(0.1 * ZIPF / ZIPF.sum(), 0.9)
    strata = drawn_law(p, 20)
    monkeypatch.setattr(gumbel_race, "TERMS", 2**20)
    found = drawn_law(p, 20)
    changed = abs(found - p).max()
    assert 1e-7 < changed < 1e-5
    np.testing.assert_allclose(strata, found, atol=0.01 * changed)


@pytest.mark.parametrize(("steps", "bits"), [(16, 20), (16, 24), (16, 32), (16, 40), (64, 24)])
def test_the_entropy_of_a_run_falls_as_the_first_order_says(steps, bits):
    """``N S J/(4 K)`` nats after ``N`` even steps from the mask, up to a share of ``1/N``."""
    shares = ZIPF / ZIPF.sum()
    jeffreys = ((shares - 1 / 8) * np.log(8 * shares)).sum()
    m = measure(coarse(masked(steps), bits), output_only=True)
    ratio = m.entropy_fall / (steps * 8 * jeffreys / 4 / 2**bits)
    assert (ratio - 1) * steps == pytest.approx(1, abs=0.1)


def test_fine_gumbel_draws_follow_the_sampler():
    problem = masked(8)
    draws = simulate(problem, 4, 200_000, Gumbel(40))
    result = statistics.draws_test(draws, problem.data_law, LEVEL)
    assert result.passed, result.reason


def test_bad_precision():
    with pytest.raises(ValueError, match="bits must be at most 52"):
        Gumbel(53)
    problem = Problem(Table(ZIPF / ZIPF.sum()), Uniform(), Tweedie(), grids.even(1.0, 0.1, 2))
    with pytest.raises(TypeError, match="precision must be a Gumbel"):
        simulate(problem, precision=24)
    chain = Problem(problem.target, Uniform(), FrozenScore(), problem.grid)
    with pytest.raises(TypeError, match="drawn with coarse uniforms must be a Tokens"):
        simulate(chain, precision=Gumbel())
    with pytest.raises(TypeError, match="drawn with coarse uniforms must be a Tokens"):
        output_law(coarse(chain, 24))
    with pytest.raises(ValueError, match="bits must be at most 52"):
        GumbelDraws(bits=60)
    with pytest.raises(TypeError, match="sampler must be one with claims"):
        GumbelDraws(24)
