"""Truncated uniformization: its law against the referee's, with kinks inside a step."""

import dataclasses
import math

import numpy as np
import pytest
from jax.tree_util import Partial
from one_step import matrix, problem, rates_of
from referee import guided, reference
from scipy.integrate import solve_ivp

from harness import Problem, grids, measure
from harness.claims import Trait
from harness.noise import Absorbing, CyclicWalk, Uniform
from harness.regress.traits import verify
from harness.samplers import TruncatedUniformization, Uniformization
from harness.score import Perturbed
from harness.step import Varying
from toy_targets import Table

WRONG = Perturbed(1.5, seed=3)


def error_of(case):
    shape = (case.space.size, case.space.length, case.space.tokens)
    draws = np.random.default_rng(case.score.seed).standard_normal(shape)
    return np.exp(case.score.size * draws)


@pytest.mark.parametrize(
    ("noise", "most"),
    [pytest.param(Uniform(), None, marks=pytest.mark.slow), (CyclicWalk(), 1.3)],
    ids=["uniform, largest", "cyclic, constant"],
)
def test_a_wrong_score_is_scaled_down_as_the_referee_does(noise, most):
    case = problem(TruncatedUniformization(most), noise=noise, score=WRONG)
    q0, R = case.data_law.reshape(case.space.shape), rates_of(case)
    error = error_of(case)

    def bound(u):
        return guided.largest_exit(q0, R, u) if most is None else most

    wanted = guided.truncated_uniformization(bound, q0, R, 1.0, 0.4, error)
    found = matrix(case)
    np.testing.assert_allclose(found, wanted, atol=1e-10)
    plain = matrix(dataclasses.replace(case, sampler=Uniformization()))
    assert np.abs(found - plain).max() > 1e-3


def test_the_exact_score_is_never_scaled_down_to_what_truth_never_exceeds():
    for noise in (Uniform(), Absorbing()):
        case = problem(TruncatedUniformization(), noise=noise)
        q0 = case.data_law.reshape(case.space.shape)
        truth = reference.reversal(q0, rates_of(case), 1.0, 0.4)
        possible = case.marginal(1.0) > 0
        np.testing.assert_allclose(matrix(case)[possible], truth[possible], atol=1e-12)


def test_a_bound_below_the_truth_keeps_an_error():
    """One bit that is 0, at rate 1 a flip T=1, δ=0.2, β=0.5: here the clock is half as fast."""
    bit = Table(np.array([1.0, 0.0]))
    grid = grids.even(2.0, 0.4, 4)
    case = Problem(bit, Uniform(), TruncatedUniformization(0.25), grid, start="exact")
    assert measure(case).kl == pytest.approx(0.17733, abs=1e-5)

    # 1 turns into 0 at 1/4 all the time, and 0 into 1 at tanh(u/2)/2 but no faster.
    def change(u, one):
        return -((1 - one) * min(0.25, math.tanh(u / 2) / 2) - 0.25 * one)

    begin = (1 - math.exp(-2.0)) / 2
    given = {"rtol": 1e-10, "atol": 1e-12, "max_step": 0.05}
    one = solve_ivp(change, (2.0, 0.4), [begin], **given).y[0, -1]
    true = (1 - math.exp(-0.4)) / 2
    kl = true * math.log(true / one) + (1 - true) * math.log((1 - true) / (1 - one))
    assert measure(case).kl == pytest.approx(kl, rel=1e-7)
    large = dataclasses.replace(case, sampler=TruncatedUniformization(2.6))
    assert measure(large).kl < 1e-24


def _doubled(rates, u, y):
    return 2 * rates(u, y)


@dataclasses.dataclass(frozen=True)
class Doubled(Uniformization):
    def step(self, score, noise, x, t, s):
        law = super().step(score, noise, x, t, s)
        return Varying(Partial(_doubled, law.rates), t, s, 2 * law.top)


@pytest.mark.slow
def test_its_trait_is_a_share_of_the_true_rates():
    assert verify(Trait.TRUNCATED_TIME, TruncatedUniformization(0.7)).passed
    assert not verify(Trait.TRUNCATED_TIME, Doubled()).passed


@pytest.mark.parametrize("most", [0.0, -1.0, math.inf])
def test_a_bound_must_be_a_positive_number(most):
    with pytest.raises(ValueError, match="most must be"):
        TruncatedUniformization(most)
