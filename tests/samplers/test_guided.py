"""Uniformization, predictor-corrector, D3PM and soft value decoding: what is theirs alone.

Their laws on plain targets are in ``test_engine``, with all other samplers'.
"""

import dataclasses
import math
from functools import partial

import jax
import numpy as np
import pytest
from referee import guided, reference

from harness import Problem, grids, measure, output_law, simulate, statistics
from harness.engines.sequences import by_kind, step_laws, time_varying
from harness.foundation import registry
from harness.foundation.precision import float64
from harness.measurement.score_calls import candidate_events, score_calls
from harness.noise import Absorbing, CyclicWalk, RateMatrix, Uniform
from harness.problem.monte_carlo import MonteCarlo
from harness.regress import checks_of, run
from harness.samplers import (
    DNDM,
    Euler,
    FirstHitting,
    FrozenScore,
    MaskedPlugIn,
    MultinomialD3PM,
    PredictorCorrector,
    SoftValueDecoding,
    TauLeaping,
    ThetaTrapezoidal,
    Tweedie,
    Uniformization,
)
from harness.score import Perturbed
from harness.step import Varying
from toy_targets import (
    ClassTable,
    CurieWeiss,
    Pairs,
    Parity,
    PottsRing,
    RandomTable,
    Table,
    Tilted,
)

SKEW = RateMatrix([[-1.5, 1, 0.5], [0.25, -0.75, 0.5], [2, 1, -3]])
TABLE = RandomTable(3, 2, seed=3)
REWARD = np.random.default_rng(0).standard_normal((3, 3))
TILTED = Tilted(PottsRing(3, 2, 1.0, field=0.5), REWARD, alpha=0.7)
STEP = grids.custom((1.0, 0.4))
RANDOM_TESTS = 6
LEVEL = statistics.false_alarm_each(RANDOM_TESTS)


def problem(sampler, target=TABLE, noise=SKEW, grid=STEP, **rest):
    return Problem(target, noise, sampler, grid, **{"start": "exact", **rest})


def matrix(case):
    with float64():
        law = step_laws.step_law(case, *case.grid.times[:2])
        return np.asarray(by_kind.transitions(law, case.space)[0])


def rates_of(case):
    with float64():
        return np.asarray(case.noise.rate_matrix(case.space.tokens))


def follows(case, key=0, chains=100_000):
    return statistics.draws_test(simulate(case, key, chains), output_law(case), LEVEL)


# Uniformization.


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


def test_frozen_rates_are_not_those_of_every_time():
    right, wrong = (checks_of(each) for each in (Uniformization(), Frozen()))
    name = "has the trait: rates of the score at every time of the step"
    assert run(name, right[name]).passed
    assert not run(name, wrong[name]).passed


def test_it_needs_early_stopping():
    with pytest.raises(ValueError, match="needs steps that end at δ > 0"):
        problem(Uniformization(), grid=grids.even(1.0, 0.0, 4))


def test_the_error_of_the_law_is_estimated(monkeypatch):
    case = problem(Uniformization())
    with float64():
        law = step_laws.step_law(case, 1.0, 0.4)
        _, error = time_varying.march(law, case.space, np.eye(9))
    assert isinstance(law, Varying)
    assert 0 < float(error) < 1e-8
    monkeypatch.setattr(time_varying, "ACCURACY", 1e-40)
    with pytest.raises(FloatingPointError, match="the rates change too fast to follow"):
        output_law(case)


# Predictor-corrector.


def test_the_corrector_keeps_the_marginal_and_pulls_towards_it():
    leap = PredictorCorrector(Tweedie(), 1, corrector_length=1e-4)
    case = problem(leap, grid=grids.custom((0.41, 0.4)))
    bare = dataclasses.replace(case, sampler=Tweedie())
    assert abs(output_law(case) - output_law(bare)).max() < 1e-8  # of second order in its length
    kls = [
        measure(
            problem(
                PredictorCorrector(TauLeaping(), number, length), grid=grids.custom((2.0, 0.4))
            ),
            output_only=True,
        ).kl
        for number, length in ((0, 0.05), (10, 0.05), (20, 0.05), (40, 0.02))
    ]
    assert kls[1] < kls[0] / 20
    # What is left is the leap's own error, of a KL of second order in its length.
    assert kls[2] == pytest.approx(kls[1], rel=0.2)
    assert kls[2] / kls[3] == pytest.approx((0.05 / 0.02) ** 2, rel=0.2)


def test_a_sampler_within_a_sampler_survives_a_spec():
    sampler = PredictorCorrector(PredictorCorrector(Euler(), 2), 1, 0.5, "reject")
    case = problem(sampler)
    again = Problem.from_spec(case.spec())
    assert again == case
    assert registry.label(sampler) == (
        "predictor_corrector(predictor=predictor_corrector(predictor=euler, corrector_steps=2), "
        "corrector_length=0.5, multiple_jumps=reject)"
    )
    with pytest.raises(ValueError, match="no sampler named 'twedie'; did you mean 'tweedie'"):
        registry.samplers.build({"name": "predictor_corrector", "predictor": {"name": "twedie"}})
    with pytest.raises(TypeError, match="predictor must be a sampler, got <class"):
        PredictorCorrector(Tweedie)
    with pytest.raises(ValueError, match="predictor must remember nothing, got DNDM"):
        PredictorCorrector(DNDM(remembers=True))
    with pytest.raises(TypeError, match="predictor must be a sampler, got 3"):
        PredictorCorrector(3)


def test_without_corrector_steps_it_is_the_predictor():
    np.testing.assert_array_equal(
        output_law(problem(PredictorCorrector(TauLeaping(), 0))), output_law(problem(TauLeaping()))
    )


# Guidance.


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


def test_score_calls_of_a_sampler_within_a_sampler():
    grid = grids.even(2.0, 0.25, 8)
    alone = score_calls(problem(Uniformization(), TABLE, Uniform(), grid))
    both = score_calls(problem(PredictorCorrector(Uniformization(), 2), TABLE, Uniform(), grid))
    assert both.mean == pytest.approx(alone.mean + 2 * 8)
    np.testing.assert_allclose(both.law[16:], alone.law)
    idle = PredictorCorrector(FirstHitting(), 0)
    assert score_calls(problem(idle, TABLE, Absorbing(), grid)).mean == pytest.approx(
        score_calls(problem(FirstHitting(), TABLE, Absorbing(), grid)).mean
    )
    assert score_calls(problem(SoftValueDecoding(3), TABLE, Uniform(), grid)).mean == 8
    masked = SoftValueDecoding(3, MaskedPlugIn())
    assert score_calls(problem(masked, TABLE, Absorbing(), grid)).mean == 8


GUIDED = [MultinomialD3PM(), SoftValueDecoding(2), ThetaTrapezoidal(), PredictorCorrector()]


@pytest.mark.parametrize("sampler", [*GUIDED, Uniformization()], ids=registry.label)
def test_what_other_engines_cannot_carry_is_refused_in_words(sampler):
    """Counts, draws and classes: a law, or an error that names the sampler and the rule."""
    grid = grids.even(2.0, 0.5, 2)
    product = isinstance(sampler, MultinomialD3PM)
    counts = Problem(CurieWeiss(5, 1.0), Uniform(), sampler, grid, engine="counts")
    drawn = Problem(Pairs(2, 2), Uniform(), sampler, grid, engine=MonteCarlo(64))
    if product:
        by_sequences = dataclasses.replace(counts, engine="enumerated")
        assert measure(counts).kl == pytest.approx(measure(by_sequences).kl, rel=1e-10)
        assert measure(drawn).chain_kl > 0
    else:
        with pytest.raises(TypeError, match="cannot be lumped to counts; use engine='enumerated'"):
            measure(counts)
        with pytest.raises(TypeError, match="only Tokens and a Generator are drawn from"):
            measure(drawn)
    classes = Problem(ClassTable.example(), Uniform(), sampler, grid)
    if isinstance(sampler, PredictorCorrector | Uniformization):
        assert measure(classes, output_only=True).kl > 0
    else:
        with pytest.raises(ValueError, match=f"{registry.label(sampler)[:5]}.* does not take cl"):
            measure(classes)


def test_sequences_are_chosen_where_a_sampler_does_not_say_that_tokens_move_alike():
    """2^13 sequences are beyond where counts are taken otherwise."""
    for sampler, engine in ((Uniformization(), "enumerated"), (Tweedie(), "counts")):
        case = Problem(CurieWeiss(13, 1.0), Uniform(), sampler, grids.even(1.0, 0.5, 1))
        assert measure(case, output_only=True).engine == engine
