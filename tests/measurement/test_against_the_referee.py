"""Chain KL, path KL and score error on sequences against the slow referee."""

import dataclasses

import numpy as np
import pytest
from helpers.refereed_problems import (
    CASES,
    COARSE,
    EVEN,
    FINE,
    LABELS,
    NOISES,
    PRODUCTS,
    SAMPLERS,
    SKEW,
    TABLE,
    TOLD,
    Refereed,
    agree,
    told,
)
from referee import ladder, reference

from harness import Problem, grids, measure
from harness.foundation import registry
from harness.noise import Uniform
from harness.samplers import Euler, FrozenScore, Tweedie
from harness.score import Exact
from toy_targets import Parity, RandomTable


def cases():
    """All cases for every class of samplers; each noise and each score for its other variants."""
    for sampler in SAMPLERS:
        variant = sampler != type(sampler)()
        for noise, score, grid, start in CASES[::3] + CASES[5:] if variant else CASES:
            name = f"{registry.label(sampler)}-{noise.name}-{score.name}"
            grid = told(sampler, grid)
            yield pytest.param(sampler, noise, score, grid, start, id=name)


@pytest.mark.parametrize(("sampler", "noise", "score", "grid", "start"), [*cases()])
def test_law_and_chain_kl_agree_with_the_referee(sampler, noise, score, grid, start):
    problem = Problem(TABLE, noise, sampler, grid, score, start)
    agree(problem)
    m, referee = measure(problem), Refereed(problem)
    assert m.chain_kl == pytest.approx(referee(ladder.chain_kl), rel=1e-11, abs=m.chain_floor)
    q0, rates = referee.facts
    truth = reference.marginal(q0, rates, grid.start)
    begins = reference.start_law(q0, rates, grid.times, start)
    # Where they are the same law, either KL is rounding.
    assert m.start_kl == pytest.approx(ladder.kl(truth, begins), rel=1e-10, abs=1e-26)
    if sampler in PRODUCTS:
        want = ladder.factorisation_kl(q0, rates, grid.times)
        assert m.factorisation_kl == pytest.approx(want, rel=1e-11, abs=m.chain_floor)
        parts = m.start_kl + m.factorisation_kl + m.marginal_kl
        assert m.chain_kl == pytest.approx(parts, rel=1e-14)
        assert sum(m.step_factorisation) == pytest.approx(m.factorisation_kl, rel=1e-14)
    else:
        assert np.isnan([m.factorisation_kl, m.marginal_kl]).all()
        assert m.reasons["marginal_kl"] == "the step is not a product over tokens"


@pytest.mark.parametrize("sampler", PRODUCTS, **LABELS)
@pytest.mark.parametrize("target", [RandomTable(2, 1, seed=4), Parity(3)], **LABELS)
def test_chain_kl_of_one_token_and_of_forbidden_sequences(sampler, target):
    problem = Problem(target, Uniform(), sampler, grids.custom((3.0, 1.0, 0.6, 0.0)))
    m, want = measure(problem), Refereed(problem)(ladder.chain_kl)
    if sampler == Euler():
        assert m.chain_kl == want == np.inf
    else:
        assert m.chain_kl == pytest.approx(want, rel=1e-11)
    if target.space.length == 1:
        assert m.factorisation_kl == 0


@pytest.mark.parametrize("score", [Exact(), FINE], **LABELS)
@pytest.mark.parametrize("noise", NOISES, ids=["uniform", "cyclic", "skew"])
def test_path_kl_is_the_integral(noise, score):
    problem = Problem(TABLE, noise, FrozenScore(), EVEN, score)
    m, want = measure(problem), Refereed(problem)(ladder.path_kl, told_steps=...)
    assert m.path_kl == pytest.approx(want, rel=1e-9, abs=m.path_floor)
    assert m.path_floor < 1e-6 * m.path_kl
    assert m.kl <= m.chain_kl <= m.path_kl


def test_path_kl_with_a_told_step_is_that_of_faster_rates():
    problem = Problem(TABLE, SKEW, FrozenScore(), TOLD)
    total, facts = 0.0, Refereed(problem).facts
    for (t, s), length in zip(TOLD.intervals(), TOLD.told_steps(), strict=True):
        fast = length / (t - s)
        total += ladder.path_kl(*facts, "frozen_score", (t, s), "exact", ratio_error=fast)
    m = measure(problem)
    assert m.path_kl - m.start_kl == pytest.approx(total, rel=1e-9)


@pytest.mark.parametrize("noise", NOISES, ids=["uniform", "cyclic", "skew"])
@pytest.mark.parametrize("score", [FINE, COARSE], **LABELS)
def test_score_error_is_the_full_sum(noise, score):
    problem = Problem(TABLE, noise, Tweedie(), TOLD, score)
    referee = Refereed(problem)
    want = ladder.score_error(*referee.facts, TOLD.times, referee.error)
    assert measure(problem).score_error == pytest.approx(want, rel=1e-11)
    assert measure(dataclasses.replace(problem, score=Exact())).score_error == 0
