"""Categorical draws with coarse uniforms: their law, and how far their entropy falls."""

import itertools

import numpy as np
import pytest

from harness import Problem, grids, simulate, statistics
from harness.divergence import entropy
from harness.engines import enumerated
from harness.engines.gumbel import Gumbel, drawn_law
from harness.noise import Absorbing, Uniform
from harness.samplers import FrozenScore, MaskedPlugIn, Tweedie
from toy_targets import Table

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


def law_of_runs(problem, bits):
    """The exact law of a run with coarse draws, one token."""
    law = problem.start_law
    for t, s in problem.grid.intervals():
        p = np.asarray(enumerated.step_law(problem, t, s).p)[:, 0]
        law = law @ np.array([drawn_law(row, bits) for row in p])
    return law


@pytest.mark.parametrize("bits", [6, 10])
def test_draws_follow_the_law_of_coarse_draws(bits):
    problem = masked(8)
    law = law_of_runs(problem, bits)
    draws = simulate(problem, 3, 200_000, Gumbel(bits))
    result = statistics.draws_test(draws, law / law.sum(), LEVEL)
    assert result.passed, result.reason
    assert result.detectable_tv < 0.015
    if bits == 6:  # teeth: they do not follow the law that is meant
        assert abs(law / law.sum() - problem.data_law).sum() / 2 > 0.02


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
