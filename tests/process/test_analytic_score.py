"""Analytic noised laws and scores are those of the laws written out."""

import math

import numpy as np
import pytest
from helpers.long_problems import GRID, LAWS, drawn

from bounds import Dmitriev2026b
from harness import MonteCarlo, Problem, check, check_sweep, grids
from harness.foundation.precision import float64
from harness.noise import Uniform
from harness.process.analytic_score import AnalyticScore, posterior
from harness.samplers import Tweedie
from harness.verdicts.verdict import Status
from toy_targets import FewFlips, MarkovChain, ProductMixture


@pytest.mark.parametrize("name", LAWS)
@pytest.mark.parametrize("t", [0.0, 1e-5, 0.3])
def test_analytic_law_and_score_are_the_enumerated_ones(name, t):
    """On every state, those of probability 0 included, to 1e-12 relative."""
    target, noise = LAWS[name]
    problem = Problem(target, noise, Tweedie(), GRID, start="exact")
    space, symbols = problem.sequences, problem.symbol_noise
    with float64():
        x, law = space.states(), target.analytic()
        log_prob, others = law.noised(symbols.kernel(t, space.tokens), x)
        found = AnalyticScore(space, symbols, law)(t, x)
        wanted = problem.exact_score(t, x)
    np.testing.assert_allclose(np.exp(log_prob), problem.marginal(t), rtol=1e-12, atol=0)
    np.testing.assert_allclose(found, wanted, rtol=2e-12, atol=0)
    assert np.isfinite(others).all()
    assert min(np.asarray(others).min(), 0) == 0


@pytest.mark.parametrize("name", LAWS)
@pytest.mark.parametrize(("t", "s"), [(0.3, 0.0), (2.0, 0.4)])
def test_posterior_of_a_token_is_the_enumerated_one(name, t, s):
    target, noise = LAWS[name]
    problem = Problem(target, noise, Tweedie(), GRID, start="exact")
    space = problem.sequences
    with float64():
        x = space.states()
        kernel = problem.symbol_noise.kernel(t, space.tokens)
        _, others = target.analytic().noised(kernel, x)
        found = np.asarray(posterior(space, problem.symbol_noise, others, x, t, s))
    joint = np.asarray(problem.reversal(t, s).joint(0, space.size))
    law = problem.marginal(t)[:, None, None]
    np.testing.assert_allclose(found * law, joint, rtol=2e-12, atol=1e-300)


@pytest.mark.parametrize("name", LAWS)
def test_total_correlations_are_the_enumerated_ones(name):
    target, noise = LAWS[name]
    problem = Problem(target, noise, Tweedie(), GRID, start="exact")
    found = drawn(problem).dependence
    np.testing.assert_allclose(found, problem.dependence, rtol=1e-12, atol=1e-13)


def test_dependence_that_is_not_known_is_nan_and_decides_nothing():
    """A mixture of many tokens: no closed form, and too many counts."""
    target = ProductMixture((0.5, 0.5), ((0.4, 0.3, 0.2, 0.1), (0.1, 0.2, 0.3, 0.4)), 300)
    grid = grids.geometric(1.0, 0.5, kappa=0.5)
    problem = Problem(target, Uniform(), Tweedie(), grid, engine=MonteCarlo(64))
    assert all(map(math.isnan, problem.dependence))
    (verdict,) = check(problem, [Dmitriev2026b()])
    assert verdict.status is Status.INCONCLUSIVE
    assert "not known" in verdict.reason
    (verdict,) = check_sweep([problem], "d", [Dmitriev2026b()])
    assert verdict.status is Status.INCONCLUSIVE


def test_evidence_that_contradicts_itself_keeps_its_score():
    """A repeated bit, half seen as 0 and half as 1: e^{-6000} on either side of the middle."""
    with float64():
        law, noise = MarkovChain.binary(1000, flip=0).analytic(), Uniform()
        x = np.repeat([0, 1], [500, 500])[None]
        ratios = np.asarray(AnalyticScore(FewFlips(1000).space, noise, law)(1e-5, x))
        kept, flipped = np.asarray(noise.kernel(1e-5, 2))[0]
    # Without token i the 499 on its side lose to the 500 on the other.
    wanted = (flipped + kept * kept / flipped) / (kept + flipped * kept / flipped)
    np.testing.assert_allclose(ratios[0, 0, 1], wanted, rtol=1e-9)
