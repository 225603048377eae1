"""θ-trapezoidal and θ-RK-2: laws against the referee, orders on one token, and teeth."""

import dataclasses

import jax
import numpy as np
import pytest
from referee import ladder
from referee import two_stage as referee_two_stage

from harness import Problem, grids, measure, output_law, simulate, statistics
from harness.engines.sequences import by_kind, step_laws
from harness.foundation import registry
from harness.foundation.precision import float64
from harness.noise import Absorbing, RateMatrix, Uniform
from harness.samplers import ThetaRK2, ThetaTrapezoidal, two_stage
from harness.score import Perturbed
from toy_targets import OneSite, RandomTable

SKEW = RateMatrix([[-1.5, 1, 0.5], [0.25, -0.75, 0.5], [2, 1, -3]])
TABLE = RandomTable(3, 2, seed=3)
CLASSES = {"trapezoidal": ThetaTrapezoidal, "rk2": ThetaRK2}
RANDOM_TESTS = 3
LEVEL = statistics.false_alarm_each(RANDOM_TESTS)


def transitions(problem, t, s):
    with float64():
        matrix, lost = by_kind.transitions(step_laws.step_law(problem, t, s), problem.space)
        return np.asarray(matrix), np.asarray(lost)


def referee_matrix(problem, knobs, t, s):
    with float64():
        rates = np.asarray(problem.noise.rate_matrix(problem.space.tokens))
    error = problem.score_model.log_error
    q0 = problem.data_law.reshape(problem.space.shape)
    ratio_error = None if error is None else np.exp(error)
    return referee_two_stage.step(*knobs)(q0, rates, t, s, ratio_error)


@pytest.mark.parametrize("knobs", referee_two_stage.ALL, ids=lambda k: "-".join(map(str, k)))
def test_law_of_a_step_agrees_with_the_referee(knobs):
    method, theta, clamp, rule, jumps = knobs
    sampler = CLASSES[method](theta, clamp, rule, jumps)
    score = Perturbed(0.3, seed=2)
    problem = Problem(TABLE, SKEW, sampler, grids.custom((1.0, 0.7)), score, "exact")
    found, lost = transitions(problem, 1.0, 0.7)
    np.testing.assert_allclose(found, referee_matrix(problem, knobs, 1.0, 0.7), atol=1e-13)
    np.testing.assert_allclose(found.sum(1) + lost, 1.0, atol=1e-13)
    if rule != "lose":
        assert abs(lost).max() < 1e-13


@pytest.mark.parametrize("sampler", ThetaTrapezoidal.examples() + ThetaRK2.examples(),
                         ids=registry.label)  # fmt: skip
def test_examples_have_a_referee(sampler):
    assert registry.label(sampler) in referee_two_stage.STEPS


# Orders on one token, where time stepping alone can be wrong.

STEPS = (32, 64, 128)


def orders(sampler):
    """Local slopes of the output's TV, and what was clipped in the coarsest run."""
    runs = [
        measure(
            Problem(OneSite(), Uniform(), sampler, grids.even(2.0, 0.25, n), start="exact"),
            output_only=True,
        )
        for n in STEPS
    ]
    tv = np.array([m.tv for m in runs])
    return np.log2(tv[:-1] / tv[1:]), runs[0].clipped


@pytest.mark.parametrize(
    ("rule", "jumps", "clamp", "order"),
    [
        ("one_jump", "target", False, 2),
        ("one_jump", "target", True, 1),
        ("reject", "target", False, 1),
        *(
            pytest.param(*case, marks=pytest.mark.slow)
            for case in (
                ("clip", "displacement", False, 2),
                ("one_jump", "displacement", False, 1),
                ("clip", "displacement", True, 1),
                ("reject", "displacement", False, 1),
                ("clip", "target", False, 1),
            )
        ),
    ],
)
def test_the_clamp_and_dropped_double_jumps_cost_an_order(rule, jumps, clamp, order):
    slopes, clipped = orders(ThetaTrapezoidal(0.5, clamp, rule, jumps))
    assert slopes[-1] == pytest.approx(order, abs=0.1)
    assert (clipped > 0) is clamp


@pytest.mark.parametrize("theta", [1 / 3, 0.5, 1.0])
def test_rk2_is_of_first_order_in_tv_whatever_theta(theta):
    slopes, clipped = orders(ThetaRK2(theta, clamp=False))
    assert slopes[-1] == pytest.approx(1, abs=0.15)
    assert clipped == 0


@pytest.mark.parametrize("theta", [0.3, 0.7])
def test_second_order_for_other_theta(theta):
    slopes, _ = orders(ThetaTrapezoidal(theta, clamp=False))
    assert slopes[-1] == pytest.approx(2, abs=0.05)


def test_an_unclamped_step_is_a_law_where_it_is_short_and_says_what_it_clips_where_not():
    problem = Problem(OneSite(), Uniform(), ThetaTrapezoidal(clamp=False), grids.even(2, 0.25, 64))
    assert measure(problem, output_only=True).clipped == 0
    long = grids.custom((1.0, 0.1))
    coarse = dataclasses.replace(problem, sampler=ThetaTrapezoidal(0.9, clamp=False), grid=long)
    assert measure(coarse, output_only=True).clipped > 1e-3


# Teeth.


def test_no_positive_part_where_there_should_be_one_is_seen(monkeypatch):
    """``clamp=True`` that clamps nothing: a negative entry, which the engine refuses."""

    def silent(rule, jumps, clamp, here, h, *seen):
        law = original(rule, jumps, False, here, h, *seen)
        return two_stage.Tokens(law.p)

    original = two_stage.extrapolated
    monkeypatch.setattr(two_stage, "extrapolated", silent)
    jax.clear_caches()
    problem = Problem(OneSite(), Uniform(), ThetaTrapezoidal(), grids.even(2.0, 0.25, 16))
    with pytest.raises(FloatingPointError, match="no negative entry"):
        measure(problem, output_only=True)
    jax.clear_caches()


@dataclasses.dataclass(frozen=True)
class WrongWeights(ThetaTrapezoidal):
    """``a₁`` and ``a₂`` of another θ."""

    wrong: float = 0.55

    def step(self, score, noise, x, t, s):
        right, a1 = self.theta, 1 / (2 * self.wrong * (1 - self.wrong))
        law = ThetaTrapezoidal.step(self, score, noise, x, t, s)
        now = law.memory[1]

        def second(memory, m):
            later = noise.reverse_rates(score(t - right * (t - s), m), m)
            seen = (a1, m, later), (1 - a1, *memory)
            return two_stage.extrapolated(
                "one_jump", "target", False, m, (1 - right) * (t - s), *seen
            )

        return dataclasses.replace(law, second=second, memory=(x, now))


@dataclasses.dataclass(frozen=True)
class StagesExchanged(ThetaTrapezoidal):
    """The second leap's rates seen before the first: at ``t`` in place of ``t - θh``."""

    def step(self, score, noise, x, t, s):
        return ThetaTrapezoidal.step(self, lambda u, y: score(2 * t - s - u, y), noise, x, t, s)


def test_wrong_weights_and_exchanged_stages_lose_the_order_and_the_referee():
    knobs = ("trapezoidal", 0.5, False, "one_jump", "target")
    for wrong, right in ((WrongWeights(0.5, False, wrong=0.5), True),
                         (WrongWeights(0.5, False, wrong=0.6), False),
                         (StagesExchanged(0.5, False), False)):  # fmt: skip
        problem = Problem(TABLE, SKEW, wrong, grids.custom((1.0, 0.9)), start="exact")
        found, _ = transitions(problem, 1.0, 0.9)
        off = abs(found - referee_matrix(problem, knobs, 1.0, 0.9)).max()
        assert bool(off < 1e-13) is right
        assert bool(off > 1e-5) is not right
        assert bool(orders(wrong)[0][-1] > 1.9) is right


@pytest.mark.parametrize(
    "sampler",
    [ThetaTrapezoidal(), ThetaTrapezoidal(clamp=False),
     ThetaTrapezoidal(multiple_jumps="lose", jumps="displacement")],
    ids=registry.label,
)  # fmt: skip
def test_draws_follow_the_law(sampler):
    problem = Problem(TABLE, SKEW, sampler, grids.even(2.0, 0.2, 3))
    result = statistics.draws_test(simulate(problem, 5, 200_000), output_law(problem), LEVEL)
    print(result.reason, result.detectable_tv)
    assert result.passed, result.reason
    assert result.detectable_tv < 0.015


def test_knobs_are_checked():
    for wrong, message in (
        ({"theta": 1.0}, "theta must be below 1"),
        ({"theta": 0}, "theta must be above 0"),
        ({"jumps": "displacment"}, "did you mean 'displacement'"),
        ({"multiple_jumps": "one_jmp"}, "did you mean 'one_jump'"),
    ):
        with pytest.raises(ValueError, match=message):
            ThetaTrapezoidal(**wrong)
    with pytest.raises(TypeError, match="clamp must be True or False, got 1"):
        ThetaTrapezoidal(clamp=1)
    with pytest.raises(ValueError, match="adds up token values, which a mask does not have"):
        Problem(TABLE, Absorbing(), ThetaTrapezoidal(jumps="displacement"), grids.even(1, 0.1, 2))


def test_spaces_of_seven_hundred_states():
    """5^4 = 625 sequences: pairs of them in one step; the KL is that of one law."""
    target = RandomTable(5, 4, seed=1)
    problem = Problem(target, Uniform(), ThetaTrapezoidal(), grids.even(1.0, 0.5, 2), start="exact")
    m = measure(problem, output_only=True)
    assert 0 < m.kl < 0.01
    assert ladder.tv(output_law(problem), output_law(problem)) == 0
