"""Absorbing noise: laws, chain and draws of every sampler against the slow referee."""

import dataclasses
import math

import numpy as np
import pytest
from helpers.masked_problems import (
    EACH,
    EACH_TARGET,
    PRODUCTS,
    SAMPLERS,
    STOPPED,
    TARGETS,
    WHOLE,
    Refereed,
)
from helpers.same_measurement import assert_same
from referee import ladder, reference

from harness import Problem, grids, measure, output_law, simulate, statistics
from harness.foundation import registry
from harness.noise import Absorbing
from harness.samplers import Euler, FrozenScore, MaskedPlugIn, TauLeaping, Tweedie
from harness.score import Exact, Perturbed
from toy_targets import Parity, RandomTable, TwoBeliefs

CASES = [
    (STOPPED, Exact(), "noise"),
    (WHOLE, Exact(), "exact"),
    (WHOLE, Perturbed(size=0.4, seed=3), "noise"),
]


def test_every_sampler_that_any_noise_will_do_for_is_here():
    assert {type(sampler) for sampler in SAMPLERS} >= {
        *(TauLeaping, Euler, Tweedie, FrozenScore, MaskedPlugIn)
    }


# Laws.


@EACH_TARGET
@pytest.mark.parametrize(("grid", "score", "start"), CASES)
@EACH
def test_law_and_chain_kl_agree_with_the_referee(sampler, target, grid, score, start):
    problem = Problem(target, Absorbing(), sampler, grid, score, start)
    referee, m = Refereed(problem), measure(problem)
    want = referee.output_law()
    np.testing.assert_allclose(output_law(problem), want, rtol=1e-11, atol=1e-15)
    assert want.sum() == pytest.approx(1, abs=1e-12)
    truth = referee.marginal(grid.stop)
    assert m.kl == pytest.approx(ladder.kl(truth, want), rel=1e-10)
    assert m.chain_kl == pytest.approx(referee.chain_kl(), rel=1e-10, abs=m.chain_floor)
    assert m.kl <= m.chain_kl * (1 + 1e-12)
    if sampler in PRODUCTS:
        assert m.chain_kl == pytest.approx(m.start_kl + m.factorisation_kl + m.marginal_kl)


@EACH_TARGET
@pytest.mark.parametrize("size", [0.0, 0.4])
def test_all_masked_at_the_start(target, size):
    """From ``T = inf`` to data: the law, the chain, and no error of the start."""
    grid = grids.cosine(4)
    score = Perturbed(size=size, seed=4) if size else Exact()
    problem = Problem(target, Absorbing(), MaskedPlugIn(), grid, score, "mask")
    referee = Refereed(problem)
    referee.start = referee.marginal(math.inf)
    m = measure(problem)
    np.testing.assert_allclose(output_law(problem), referee.output_law(), rtol=1e-12, atol=1e-15)
    assert m.chain_kl == pytest.approx(referee.chain_kl(), rel=1e-11)
    assert m.start_kl == 0
    assert output_law(problem)[..., -1].sum() == 0
    assert math.isnan(m.score_error) == (size > 0)


def test_a_target_of_three_tokens_and_one_of_one():
    for target in (RandomTable(3, 2, seed=1), RandomTable(3, 1, seed=1)):
        for sampler in (MaskedPlugIn(), Tweedie()):
            problem = Problem(target, Absorbing(), sampler, STOPPED)
            want = Refereed(problem).output_law()
            np.testing.assert_allclose(output_law(problem), want, rtol=1e-11, atol=1e-15)


@EACH_TARGET
def test_tweedie_is_the_masked_plug_in(target):
    """To data too, where rounding must not leave a mask behind."""
    for grid in (STOPPED, WHOLE, grids.even(7.0, 0.0, 40)):
        plug_in = Problem(target, Absorbing(), MaskedPlugIn(), grid)
        tweedie = dataclasses.replace(plug_in, sampler=Tweedie())
        assert_same(measure(tweedie), measure(plug_in), floor=3e-14)
        assert np.array_equal(output_law(tweedie) > 0, output_law(plug_in) > 0)


@pytest.mark.parametrize("late", [200.0, 650.0, 750.0, 5000.0])
def test_late_is_as_good_as_never(late):
    """``e^{-T}`` is no float64 beyond about 708; a token's clean law is known all the same."""
    target, rest = TwoBeliefs((0.8, 0.1, 0.1), (0.2, 0.2, 0.6), 3, 0.3), (1.0, 0.5, 0.0)
    never = Problem(
        target, Absorbing(), MaskedPlugIn(), grids.custom((math.inf, *rest)), start="mask"
    )
    for start in ("noise", "exact"):
        finite = dataclasses.replace(never, grid=grids.custom((late, *rest)), start=start)
        assert_same(measure(finite), measure(never), floor=1e-13)


# Draws.

CHAINS = 100_000
DRAWN = [
    *[(sampler, WHOLE, "noise") for sampler in SAMPLERS],
    (MaskedPlugIn(), grids.even_reveal(3), "mask"),
]
LEVEL = statistics.FALSE_ALARM / 100  # a small part of the suite's budget for each comparison


@pytest.mark.parametrize(
    ("sampler", "grid", "start"),
    DRAWN,
    ids=[f"{registry.label(sampler)}-{start}" for sampler, _, start in DRAWN],
)
def test_draws_follow_the_law(sampler, grid, start):
    problem = Problem(TARGETS["full support"], Absorbing(), sampler, grid, start=start)
    result = statistics.draws_test(
        simulate(problem, key=21, chains=CHAINS), output_law(problem), LEVEL
    )
    print(f"{result.reason}; detectable TV {result.detectable_tv:.4f}")
    assert result.detectable_tv < 0.03
    assert result.passed, result.reason


def test_draws_of_another_law_are_caught():
    problem = Problem(TARGETS["full support"], Absorbing(), MaskedPlugIn(), WHOLE)
    draws = simulate(problem, key=22, chains=CHAINS)
    for wrong in ({"sampler": TauLeaping()}, {"start": "exact"}, {"target": Parity(3)}):
        law = output_law(dataclasses.replace(problem, **wrong))
        assert not statistics.draws_test(draws, law, LEVEL).passed


# Teeth: what the comparison with the referee would see.


def test_the_comparison_sees_mistakes():
    """A clock in reveal probability, a surrogate without the mask, a neighbour's clean law."""
    problem = Problem(TARGETS["full support"], Absorbing(), MaskedPlugIn(), STOPPED)
    referee = Refereed(problem)
    right = referee.output_law()
    q0, _ = referee.facts
    linear = grids.reveal([1 - t / 4 for t in STOPPED.times])
    assert np.abs(output_law(dataclasses.replace(problem, grid=linear)) - right).max() > 1e-3
    swapped = dataclasses.replace(problem, target=RandomTable(2, 3, seed=9))
    assert np.abs(output_law(swapped) - right).max() > 1e-3
    bare = Refereed(problem)
    bare.start = np.where((reference.states(q0) < 2).all(1), 1 / 8, 0.0)
    assert np.abs(bare.output_law() - right).max() > 1e-3
