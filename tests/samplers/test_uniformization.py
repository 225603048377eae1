"""Uniformization: what is its alone.

Its law on plain targets is in ``engines/test_sequences``, with all other samplers'.
"""

import dataclasses
import math

import jax
import numpy as np
import pytest
from one_step import follows, matrix, problem, rates_of
from referee import reference

from harness import grids, measure, output_law
from harness.engines.sequences import accounts, by_kind, step_laws, time_varying
from harness.foundation import registry
from harness.foundation.precision import float64
from harness.measurement.score_calls import candidate_events, score_calls
from harness.noise import Absorbing, CyclicWalk, RateMatrix, Uniform
from harness.process.noise import own_token
from harness.regress import checks_of, run
from harness.samplers import FrozenScore, Tweedie, Uniformization
from harness.score import Perturbed
from harness.step import InTurn, Tokens, Varying
from toy_targets import Table

SKEW = RateMatrix([[-1.5, 1, 0.5], [0.25, -0.75, 0.5], [2, 1, -3]])


@pytest.mark.parametrize("noise", [Uniform(), CyclicWalk(), SKEW, Absorbing()], ids=registry.label)
def test_with_the_exact_score_it_is_the_reversal_itself(noise):
    case = problem(Uniformization(), noise=noise)
    q0 = case.data_law.reshape(case.space.shape)
    truth = reference.reversal(q0, rates_of(case), 1.0, 0.4)
    possible = case.marginal(1.0) > 0
    np.testing.assert_allclose(matrix(case)[possible], truth[possible], atol=1e-13)
    m = measure(case)
    assert max(m.kl, m.chain_kl, m.path_kl) < 1e-26


def test_the_grid_does_not_matter_and_the_path_kl_is_the_integral_of_the_score_error():
    wrong = Perturbed(0.4, seed=3)
    coarse = problem(Uniformization(), grid=grids.custom((2.0, 0.1)), score=wrong)
    fine = problem(Uniformization(), grid=grids.geometric(2.0, 0.1, 0.1), score=wrong)
    np.testing.assert_allclose(output_law(coarse), output_law(fine), atol=1e-13)
    m = measure(fine)
    many = dataclasses.replace(fine, sampler=Tweedie(), grid=grids.even(2.0, 0.1, 3000))
    assert m.path_kl == pytest.approx(measure(many, chain_only=True).score_error, rel=2e-3)
    assert 0 < m.kl <= m.chain_kl <= m.path_kl


@pytest.mark.parametrize("noise", [Uniform(), CyclicWalk(), SKEW, Absorbing()], ids=registry.label)
@pytest.mark.parametrize("u", [0.05, 0.7])
def test_no_rate_passes_the_bound_and_a_law_comes_near_it(noise, u):
    """A token that is ``c`` for sure, seen elsewhere, leaves at the bound."""
    worst = 0.0
    for c in range(3):
        law = np.full((3, 3), 1e-12)
        law[c, c] = 1 - 8e-12
        case = problem(Uniformization(), Table(law), noise)
        with float64():
            bound = 2 * float(noise.largest_exit(u, case.space.tokens))
            score, x = case.score_model, case.space.states()
            rates = np.asarray(noise.reverse_rates(score(u, x), x)).sum((1, 2))
        assert rates.max() <= bound * (1 + 1e-9)
        worst = max(worst, rates.max() / bound)
    assert worst > 0.99


def test_score_calls_are_poisson_with_the_mean_of_the_bound():
    for noise, rate in ((Uniform(), lambda s: 1 / -math.expm1(-s) - 1 / 3),
                        (Absorbing(), lambda s: 1 / math.expm1(s))):  # fmt: skip
        case = problem(Uniformization(), noise=noise, grid=grids.geometric(2.0, 0.1, 0.3))
        want = sum((t - s) * 2 * rate(s) for t, s in case.grid.intervals())
        assert sum(candidate_events(case)) == pytest.approx(want, rel=1e-12)
        calls = score_calls(case)
        assert calls.law.sum() == pytest.approx(1, abs=1e-11)
        assert calls.mean == pytest.approx(want, rel=1e-9)
    frozen = problem(FrozenScore(), noise=Uniform(), grid=grids.geometric(2.0, 0.1, 0.3))
    exact = dataclasses.replace(frozen, sampler=Uniformization())
    # At its own time the frozen score knows the exit rates themselves, not a bound on them.
    assert 0 < score_calls(frozen).mean < score_calls(exact).mean
    with pytest.raises(ValueError, match="tweedie runs no chain inside a step"):
        candidate_events(problem(Tweedie()))


@pytest.mark.parametrize("noise", [SKEW, Absorbing()], ids=registry.label)
def test_thinned_draws_follow_the_law(noise):
    """Two comparisons."""
    case = problem(Uniformization(), noise=noise, score=Perturbed(0.3, seed=1))
    result = follows(case, chains=20_000)
    assert result.passed, result.reason
    assert result.detectable_tv < 0.05


@dataclasses.dataclass(frozen=True)
class TooSmall(Uniformization):
    """``λ`` of another time: half of what it must be at the end of the step."""

    def step(self, score, noise, x, t, s):
        law = Uniformization.step(self, score, noise, x, t, s)
        return dataclasses.replace(law, top=law.top / 4)


@dataclasses.dataclass(frozen=True)
class Frozen(Uniformization):
    """The rates of the beginning of the step."""

    def step(self, score, noise, x, t, s):
        rates = jax.tree_util.Partial(_frozen, score, noise, t)
        return dataclasses.replace(Uniformization.step(self, score, noise, x, t, s), rates=rates)


def _frozen(score, noise, t, u, y):
    return noise.reverse_rates(score(t, y), y)


def test_a_bound_that_is_too_small_is_refused():
    case = problem(TooSmall(), Table(np.array([[0.98, 0.005], [0.005, 0.01]])), Uniform())
    with pytest.raises(FloatingPointError, match="nor those out of a state above the bound"):
        output_law(case)
    with float64():  # nor do the draws take it
        law = step_laws.step_law(dataclasses.replace(case, sampler=Uniformization()), 1.0, 0.4)
        small = dataclasses.replace(law, top=law.top / 4)
        state = np.full(2000, 1, np.int32)
        with pytest.raises(FloatingPointError, match=r"above the bound .* that it is thinned with"):
            by_kind.draw(small, case.space, jax.numpy.asarray(state), jax.random.key(0))


@pytest.mark.slow
def test_frozen_rates_are_not_those_of_every_time():
    right, wrong = (checks_of(each) for each in (Uniformization(), Frozen()))
    name = "has the trait: rates of the score at every time of the step"
    assert run(name, right[name]).passed
    assert not run(name, wrong[name]).passed


def test_it_needs_early_stopping():
    with pytest.raises(ValueError, match="needs steps that end at δ > 0"):
        problem(Uniformization(), grid=grids.even(1.0, 0.0, 4))


@dataclasses.dataclass(frozen=True)
class ThenRests:
    """Uniformization, and after it a stage in which nothing moves."""

    claims = Uniformization.claims

    def step(self, score, noise, x, t, s):
        rest = own_token(x, score.symbols).astype(float)
        return InTurn((Uniformization().step(score, noise, x, t, s), Tokens(rest)))


def test_the_error_of_the_law_is_estimated(monkeypatch):
    case = problem(Uniformization())
    with float64():
        law = step_laws.step_law(case, 1.0, 0.4)
        _, error = time_varying.march(law, case.space, np.eye(9))
    assert isinstance(law, Varying)
    assert 0 < float(error) < 1e-8
    monkeypatch.setattr(accounts, "FOLLOWED", 1e-40)
    with pytest.raises(FloatingPointError, match="the rates change too fast to follow"):
        output_law(case)
    with pytest.raises(FloatingPointError, match="the rates change too fast to follow"):
        output_law(dataclasses.replace(case, sampler=ThenRests()))
