"""D3PM and soft value decoding on tilted targets."""

import dataclasses
from functools import partial

import numpy as np
import pytest
from one_step import TABLE, follows, matrix, problem, rates_of
from referee import guided

from harness import grids, measure, output_law
from harness.foundation import registry
from harness.noise import RateMatrix, Uniform
from harness.samplers import FrozenScore, MultinomialD3PM, SoftValueDecoding, TauLeaping, Tweedie
from toy_targets import Parity, PottsRing, Tilted

SKEW = RateMatrix([[-1.5, 1, 0.5], [0.25, -0.75, 0.5], [2, 1, -3]])
REWARD = np.random.default_rng(0).standard_normal((3, 3))
TILTED = Tilted(PottsRing(3, 2, 1.0, field=0.5), REWARD, alpha=0.7)


def test_a_tilted_target():
    tilt = np.exp(REWARD / 0.7)
    law = np.exp(TILTED.base.log_law()) * tilt
    np.testing.assert_allclose(np.exp(TILTED.log_law()), law / law.sum(), rtol=1e-13)
    assert registry.targets.build(registry.targets.spec(TILTED)) == TILTED
    with pytest.raises(ValueError, match=r"reward must have shape \(3, 3\), as the base, got"):
        Tilted(TILTED.base, np.zeros(3))
    with pytest.raises(TypeError, match="base must be a target, got <class"):
        Tilted(Parity, np.zeros(3))
    for wrong in (np.inf, np.nan):
        with pytest.raises(ValueError, match=f"reward must be finite or -inf, got {wrong}"):
            Tilted(TILTED.base, np.full((3, 3), wrong))
    with pytest.raises(ValueError, match="reward must be finite somewhere"):
        Tilted(TILTED.base, np.full((3, 3), -np.inf))
    conditional = Tilted(TABLE, np.log(np.broadcast_to([0.2, 0.5, 0.9], (3, 3))))
    joint = np.exp(TABLE.log_law()) * [0.2, 0.5, 0.9]
    np.testing.assert_allclose(np.exp(conditional.log_law()), joint / joint.sum(), rtol=1e-13)


@pytest.mark.parametrize("noise", [Uniform(), SKEW], ids=registry.label)
@pytest.mark.parametrize(
    ("sampler", "step"),
    [
        (MultinomialD3PM(), partial(guided.d3pm, "leave_one_out", 1.0)),
        (MultinomialD3PM(0.4), partial(guided.d3pm, "leave_one_out", 0.4)),
        (
            MultinomialD3PM(prediction="posterior"),
            partial(guided.d3pm, "posterior", 1.0),
        ),
        (SoftValueDecoding(1), partial(guided.soft_value, 1, "tweedie")),
        (SoftValueDecoding(3), partial(guided.soft_value, 3, "tweedie")),
        (
            SoftValueDecoding(4, TauLeaping()),
            partial(guided.soft_value, 4, "tau_leaping"),
        ),
    ],
    ids=lambda value: registry.label(value) if dataclasses.is_dataclass(value) else "",
)
def test_guided_steps_agree_with_the_referee(sampler, step, noise):
    case = problem(sampler, TILTED, noise)
    q0 = case.data_law.reshape(case.space.shape)
    want = step(q0, rates_of(case), 1.0, 0.4, tilt=np.exp(REWARD / 0.7))
    np.testing.assert_allclose(matrix(case), want, rtol=1e-10, atol=1e-14)


def kls(sampler, target=TILTED):
    steps = (32, 64, 128)
    cases = [problem(sampler, target, Uniform(), grids.even(2.0, 0.25, n)) for n in steps]
    return np.array([measure(case, output_only=True).kl for case in cases])


def test_only_full_guidance_of_the_right_sign_leads_to_the_tilted_law():
    right = kls(MultinomialD3PM())
    assert np.log2(right[1] / right[2]) == pytest.approx(2, abs=0.1)
    assert (kls(MultinomialD3PM(0.0)) > 0.1).all()
    wrong = kls(MultinomialD3PM(-1.0))  # teeth: the wrong sign is worse than none
    assert (wrong > 2 * kls(MultinomialD3PM(0.0))).all()
    assert (np.diff(wrong) > 0).all()


def test_a_condition_that_rules_sequences_out():
    """``p(x | x_1 != x_2)``: guidance by ``Pr(x_1 != x_2 | X_t)``, down to the data."""
    apart = Tilted(TABLE, np.where(np.eye(3), -np.inf, 0.0))
    law = np.exp(TABLE.log_law()) * (1 - np.eye(3))
    np.testing.assert_allclose(np.exp(apart.log_law()), law / law.sum(), rtol=1e-13)
    found = []
    for steps in (32, 64, 128):
        case = problem(MultinomialD3PM(), apart, Uniform(), grids.even(2.0, 0.0, steps))
        out = output_law(case)
        # In the last step both tokens move by themselves, so that they can still become equal.
        found.append(np.trace(out))
        assert abs(out - law / law.sum()).max() < 4 / steps
    assert found[2] < 0.6 * found[1] < 0.4 * found[0]
    free = output_law(problem(MultinomialD3PM(0.0), apart, Uniform(), grids.even(2.0, 0.0, 32)))
    np.testing.assert_allclose(free, np.exp(TABLE.log_law()), atol=0.02)


def test_a_denoiser_that_saw_the_token_itself_keeps_an_error():
    biased = kls(MultinomialD3PM(prediction="posterior"), TILTED.base)
    assert (biased > 0.01).all()
    assert biased[2] == pytest.approx(biased[1], rel=0.01)
    np.testing.assert_allclose(
        kls(MultinomialD3PM(), TILTED.base), kls(Tweedie(), TILTED.base), rtol=1e-8
    )


def test_ever_more_proposals_lead_to_the_optimal_step_and_few_keep_an_error():
    """``K w / Σ K w``, whose distance falls like ``1/k``."""
    value = guided._value(
        np.exp(TILTED.log_law()), rates_of(problem(Tweedie())), 0.4, np.exp(REWARD / 0.7)
    )
    base = matrix(problem(Tweedie(), TILTED.base))
    best = base * value
    best /= best.sum(1, keepdims=True)
    off = [abs(matrix(problem(SoftValueDecoding(k), TILTED)) - best).max() for k in (10, 100, 1000)]
    assert off[0] < 0.1
    np.testing.assert_allclose(np.divide(off[:-1], off[1:]), 10, rtol=0.15)
    few, many = (kls(SoftValueDecoding(k)) for k in (4, 4096))
    assert (np.diff(few) > 0).all()
    assert many[2] < few[2] / 100
    rate = matrix(problem(SoftValueDecoding(4), TILTED, grid=grids.custom((1.0, 1.0 - 1e-6))))
    slow = matrix(problem(Tweedie(), TILTED.base, grid=grids.custom((1.0, 1.0 - 1e-6))))
    there, here = value_at(1.0)[1], value_at(1.0)[0]
    assert rate[0, 1] / slow[0, 1] == pytest.approx(4 * there / (there + 3 * here), rel=1e-4)


def value_at(u):
    return guided._value(
        np.exp(TILTED.log_law()), rates_of(problem(Tweedie())), u, np.exp(REWARD / 0.7)
    )


def test_choices_among_proposals_follow_the_law():
    result = follows(problem(SoftValueDecoding(3), TILTED, grid=grids.even(2.0, 0.3, 4)))
    assert result.passed, result.reason
    assert result.detectable_tv < 0.02


@dataclasses.dataclass(frozen=True)
class KeepsTheWorst(SoftValueDecoding):
    """Soft values with the wrong sign."""

    def step(self, score, noise, x, t, s):
        law = SoftValueDecoding.step(self, score, noise, x, t, s)
        return dataclasses.replace(law, log_value=lambda y: -law.log_value(y))


def test_soft_values_with_the_wrong_sign_are_seen():
    assert (kls(KeepsTheWorst(16)) > 100 * kls(SoftValueDecoding(16))).all()


def test_a_proposal_must_be_a_product():
    with pytest.raises(ValueError, match="proposal must be a sampler of independent tokens"):
        SoftValueDecoding(2, FrozenScore())
