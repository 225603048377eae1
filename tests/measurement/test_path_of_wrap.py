"""The path KL of τ-leaping modulo ``S``: its closed form against Girsanov's integral."""

import dataclasses
import math

import jax
import numpy as np
import pytest
from referee import ladder

from harness import Problem, grids, measure
from harness.measurement import path_of_wrap
from harness.noise import CyclicWalk, RateMatrix, Uniform
from harness.samplers import TauLeaping
from harness.score import Exact, Perturbed
from toy_targets import CurieWeiss, Parity, RandomTable, TwoBeliefs

WRAP = TauLeaping("wrap")
ONE_WAY = RateMatrix([[-1, 0.7, 0.3], [0.3, -1, 0.7], [0.7, 0.3, -1]])  # circulant, not symmetric
SKEW = RateMatrix([[-1.5, 1, 0.5], [0.25, -0.75, 0.5], [2, 1, -3]])
SHIFTED = {"uniform": Uniform(), "cyclic": CyclicWalk(), "circulant": ONE_WAY}
SCORES = {"exact": Exact(), "wrong": Perturbed(size=1.5, seed=6)}
TABLE = RandomTable(3, 2, seed=3)
EVEN, TO_DATA = grids.even(2.0, 0.2, 3), grids.custom((2.0, 1.0, 0.3, 0.0))
TOLD = grids.from_schedule(lambda tau: 0.3 * tau + 0.2 * tau * tau, (2.0, 1.2, 0.3), "left")


def girsanov(problem, times=None, start=None, pace=1.0):
    """The referee's: an adaptive quadrature over all pairs of states, rates read off at each."""
    with jax.enable_x64(True):
        rates = np.asarray(problem.noise.rate_matrix(problem.space.tokens))
    score, space, error = problem.score, problem.space, pace
    if isinstance(score, Perturbed):
        shape = (space.size, space.length, space.tokens)
        draws = np.random.default_rng(score.seed).standard_normal(shape)
        error = pace * np.exp(score.size * draws)
    q0 = np.exp(problem.target.log_law())
    times, start = times or problem.grid.times, start or problem.start
    return ladder.path_kl(q0, rates, "wrap", times, start, error)


@pytest.mark.parametrize("start", ["exact", "noise"])
@pytest.mark.parametrize("grid", [EVEN, TO_DATA], ids=["stopped", "to the data"])
@pytest.mark.parametrize("score", SCORES.values(), ids=SCORES)
@pytest.mark.parametrize("noise", SHIFTED.values(), ids=SHIFTED)
def test_the_closed_form_is_the_integral(noise, score, grid, start):
    problem = Problem(TABLE, noise, WRAP, grid, score, start)
    m = measure(problem)
    assert m.path_kl == pytest.approx(girsanov(problem), rel=1e-12)
    assert "path_kl" not in m.reasons
    assert m.kl < m.chain_kl < m.path_kl
    assert m.path_floor < 1e-13


@pytest.mark.parametrize(
    "target", [Parity(3), RandomTable(2, 3, seed=2), RandomTable(5, 1, seed=1)]
)
def test_the_closed_form_on_other_shapes(target):
    problem = Problem(target, CyclicWalk(), WRAP, grids.custom((1.5, 0.5, 0.0)), SCORES["wrong"])
    m = measure(problem)
    assert m.path_kl == pytest.approx(girsanov(problem), rel=1e-11)
    assert m.kl <= m.chain_kl <= m.path_kl


@pytest.mark.parametrize("score", SCORES.values(), ids=SCORES)
@pytest.mark.parametrize("noise", [ONE_WAY, SKEW], ids=["circulant", "skew"])
def test_a_told_step_has_faster_rates(noise, score):
    problem = Problem(TABLE, noise, WRAP, TOLD, score, "exact")
    total = 0.0
    for (t, s), told in zip(TOLD.intervals(), TOLD.told_steps(), strict=True):
        assert told > 1.1 * (t - s)
        total += girsanov(problem, (t, s), "exact", pace=told / (t - s))
    assert measure(problem).path_kl == pytest.approx(total, rel=1e-6 if noise is SKEW else 1e-12)


@pytest.mark.parametrize("score", SCORES.values(), ids=SCORES)
def test_other_noise_is_integrated(score):
    problem = Problem(TABLE, SKEW, WRAP, grids.even(1.0, 0.2, 4), score, "exact")
    m = measure(problem)
    assert m.path_kl == pytest.approx(girsanov(problem), rel=1e-9)
    assert abs(m.path_kl - girsanov(problem)) < m.path_floor < 1e-6
    assert m.kl < m.chain_kl < m.path_kl


@pytest.mark.parametrize("noise", SHIFTED.values(), ids=SHIFTED)
def test_both_ways_agree_under_circulant_noise(noise):
    """The quadrature knows nothing of shifts."""
    grid = grids.even(1.0, 0.2, 8)
    problem = Problem(TABLE, noise, WRAP, grid, SCORES["wrong"], "exact")
    integrated = path_of_wrap.by_quadrature(problem, 0.0)
    assert measure(problem).path_kl == pytest.approx(integrated.value, rel=1e-10)


@pytest.mark.parametrize("noise", [Uniform(), CyclicWalk()], ids=["uniform", "cyclic"])
def test_counts_and_sequences_agree(noise):
    target = TwoBeliefs((0.7, 0.2, 0.1), (0.1, 0.3, 0.6), length=4, weight=0.8)
    grid = grids.geometric(3.0, 0.05, kappa=0.4)
    whole = Problem(target, noise, WRAP, grid)
    lumped = dataclasses.replace(whole, engine="counts")
    assert measure(lumped).path_kl == pytest.approx(measure(whole).path_kl, rel=1e-12)
    assert measure(lumped).kl == pytest.approx(measure(whole).kl, rel=1e-11)


def test_a_thousand_tokens():
    """Most states' laws have underflowed; the path KL is per token what it is at d = 100."""

    def excess(d):
        target = CurieWeiss(length=d, coupling=0.5)
        grid = grids.geometric(3.0, 0.05, kappa=0.5)
        problem = Problem(target, Uniform(), WRAP, grid, start="exact", engine="counts")
        m = measure(problem)
        assert m.kl <= m.chain_kl <= m.path_kl < math.inf
        return m.path_kl

    assert 0 < excess(300) / excess(100) < 3.5


def test_where_it_is_not_measured():
    target = TwoBeliefs((0.7, 0.2, 0.1), (0.1, 0.3, 0.6), length=4)
    lumped = measure(Problem(target, SKEW, WRAP, EVEN, start="exact", engine="counts"))
    assert math.isnan(lumped.path_kl)
    assert "not on counts" in lumped.reasons["path_kl"]


def test_it_is_too_large_to_integrate(monkeypatch):
    monkeypatch.setattr(path_of_wrap, "PAIRS", 100)
    m = measure(Problem(TABLE, SKEW, WRAP, EVEN, start="exact"))
    assert math.isnan(m.path_kl)
    assert m.reasons["path_kl"] == "9 states are too many to integrate over under this noise"


def test_a_long_ring_has_no_hole():
    """Forty tokens in single steps: no far side, the truth's or the sampler's, is rounded off."""
    problem = Problem(RandomTable(40, 1, seed=1), CyclicWalk(), WRAP, grids.even(0.05, 0.01, 2))
    m = measure(dataclasses.replace(problem, start="exact"))
    assert 0 < m.kl <= m.chain_kl + m.chain_floor
    assert m.chain_kl <= m.path_kl + m.chain_floor < 1e-2


def test_where_the_sampler_has_no_rate():
    """From 2 to 1 this noise never goes: a jump that the truth makes from elsewhere is missing."""
    hole = RateMatrix([[-2.1, 1.1, 1.0], [1.0, -2.1, 1.1], [1.1, 0.0, -1.1]])
    problem = Problem(TABLE, hole, WRAP, grids.custom((0.5, 0.0)), start="exact")
    m = measure(problem)
    assert m.path_kl == girsanov(problem) == math.inf
    assert m.reasons["path_kl"] == "the truth jumps where the sampler has no rate"


def test_noise_that_shifts_change():
    assert path_of_wrap.turned_by_no_shift(Uniform(), 5)
    assert path_of_wrap.turned_by_no_shift(CyclicWalk(), 7)
    assert path_of_wrap.turned_by_no_shift(ONE_WAY, 3)
    assert not path_of_wrap.turned_by_no_shift(SKEW, 3)
    symmetric = RateMatrix([[-3, 1, 2], [1, -2, 1], [2, 1, -3]])
    assert not path_of_wrap.turned_by_no_shift(symmetric, 3)


def test_a_wrong_reading_is_seen(monkeypatch):
    """Rates read the other way round the ring, or at the end of a step: far off."""
    problem = Problem(TABLE, ONE_WAY, WRAP, EVEN, start="exact")
    right = girsanov(problem)
    fall = path_of_wrap.fall
    transposed = RateMatrix(np.transpose(ONE_WAY.rows))
    backwards = Problem(TABLE, transposed, WRAP, EVEN, start="exact")
    monkeypatch.setattr(path_of_wrap, "fall", lambda p, t: fall(backwards, t))
    assert abs(measure(problem).path_kl - right) > 1e-3
    monkeypatch.setattr(path_of_wrap, "fall", lambda p, t: fall(p, t - 0.6))
    assert measure(problem).path_kl < 0 < right
