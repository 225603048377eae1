"""Long sequences: analytic noised laws, the chain KL by draws, and verdicts from intervals.

Random comparisons have fixed keys and share half the suite's false-alarm budget.  A mean is
compared with its exact value at ``SIGMAS`` standard errors: for a normal mean that alarms falsely
with probability 1e-11; the room is for the skew of a few ten thousand draws.
"""

import dataclasses
import math
import os
import subprocess
import sys
from typing import ClassVar

import jax
import numpy as np
import pytest
from scipy import stats

from bounds import Chain, Dmitriev2026b, ExplicitDTC, Liang2025, TotalCorrelation
from harness import (
    MonteCarlo,
    Problem,
    check,
    check_sweep,
    estimate_chain_kl,
    grids,
    measure,
    output_law,
    simulate,
    statistics,
)
from harness.foundation.precision import float64
from harness.foundation.registry import theorems
from harness.measurement.by_draws import chain_kl
from harness.noise import CyclicWalk, RateMatrix, Uniform
from harness.problem.monte_carlo import Estimate
from harness.process.analytic_score import AnalyticScore, posterior
from harness.samplers import Euler, FrozenScore, TauLeaping, Tweedie
from harness.score import Perturbed
from harness.statistics import draws_test
from harness.verdicts.rates import Trend, local_slopes, trend
from harness.verdicts.verdict import Status
from toy_targets import FewFlips, MarkovChain, Pairs, Parity, Product, ProductMixture, TwoBeliefs

RANDOM_TESTS = 40
LEVEL = statistics.false_alarm_each(2 * RANDOM_TESTS)
SIGMAS = 7

SKEW = RateMatrix(((-1.5, 1, 0.5), (0.25, -0.75, 0.5), (2, 1, -3)))
FORBIDDING = MarkovChain.example()
CLASSES = MarkovChain(((0.7, 0.3), (0.1, 0.9)), 4, class_sizes=(3, 1))
LAWS = {
    "chain": (FORBIDDING, SKEW),
    "chain, uniform": (FORBIDDING, Uniform()),
    "chain of classes": (CLASSES, Uniform()),
    "one way": (MarkovChain(((0.5, 0.5), (0, 1)), 5, initial=(1, 0)), CyclicWalk()),
    "repeated bit": (MarkovChain.binary(6, flip=0), Uniform()),
    "one token": (MarkovChain(((0.3, 0.7), (0.6, 0.4)), 1), Uniform()),
    "few flips": (FewFlips(7), Uniform()),
    "pairs": (Pairs(3, 2), SKEW),
    "pairs of classes": (Pairs(class_sizes=(1, 3), pairs=2), Uniform()),
    "product": (Product((0.5, 0.0, 0.5), 3), SKEW),
    "mixture": (ProductMixture.example(), SKEW),
    "mixture with zeros": (ProductMixture((0.4, 0.6), ((1, 0, 0), (0, 0.3, 0.7)), 4), Uniform()),
    "beliefs": (TwoBeliefs.example(), SKEW),
    "rare belief": (TwoBeliefs.binary(5, 0.99, weight=1e-4), Uniform()),
}
GRID = grids.geometric(3.0, 0.05, kappa=0.3)


def drawn(problem: Problem, draws: int = 20_000, **settings) -> Problem:
    return dataclasses.replace(problem, engine=MonteCarlo(draws, **settings))


# Analytic laws.


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


# The chain KL by draws.

SAMPLERS = [Tweedie(), TauLeaping(), TauLeaping("reject"), Euler()]
EXACT = {
    "chain": Problem(FORBIDDING, Uniform(), TauLeaping(), GRID),
    "skew": Problem(FORBIDDING, SKEW, Tweedie(), GRID),
    "classes": Problem(CLASSES, Uniform(), Euler(), GRID),
    "beliefs": Problem(TwoBeliefs.example(), SKEW, TauLeaping("lose"), GRID, start="exact"),
    "few flips": Problem(FewFlips(8), Uniform(), Tweedie(), GRID),
    "pairs": Problem(Pairs(3, 2), CyclicWalk(), TauLeaping("reject"), GRID),
    "told": Problem(FORBIDDING, Uniform(), Euler(), grids.custom((2.0, 1.0, 0.5), told=(0.9, 0.6))),
    "to the data": Problem(FORBIDDING, SKEW, TauLeaping(), grids.even(1.0, 0.0, 4)),
}


def off(found: Estimate, wanted: float) -> float:
    """Distance from the exact value in standard errors."""
    return abs(found.value - wanted) / max(found.standard_error, 1e-13)


def gaps(problem: Problem, draws: int = 20_000) -> dict[str, float]:
    """How far each estimated part is from the exact one, in standard errors."""
    wanted, found = measure(problem), estimate_chain_kl(drawn(problem, draws))
    return {
        "chain": off(found.chain, wanted.chain_kl),
        "start": off(found.start, wanted.start_kl),
        "factorisation": off(found.factorisation, wanted.factorisation_kl),
        "marginal": off(found.marginal, wanted.marginal_kl),
    }


@pytest.mark.parametrize("name", EXACT)
def test_estimates_are_those_of_the_exact_engine(name):
    """Detectable: a bias of some 8 standard errors, about 3 % to 10 % of the chain KL here."""
    found = gaps(EXACT[name])
    assert max(found.values()) < SIGMAS, found


def test_other_facts_of_drawn_paths():
    """DTC at every grid time, KL of the data, idle KL: means, at the same standard."""
    for problem in (EXACT["chain"], dataclasses.replace(EXACT["few flips"], start="exact")):
        sums = chain_kl.path_sums(drawn(problem))
        truth, law = problem.truth, problem.marginal
        stationary = problem.noise_law
        for k, t in enumerate(problem.grid.times):
            wanted = truth.dual_total_correlation(problem.space, law(t))
            assert off(Estimate.of(sums.dependence[:, k], 0.9), wanted) < SIGMAS
        for sample, q, p in (
            (sums.data, problem.data_law, stationary),
            (sums.start, law(problem.grid.start), stationary),
            (sums.idle, law(problem.grid.stop), problem.start_law),
        ):
            seen = q > 0
            wanted = (q[seen] * np.log(q[seen] / p[seen])).sum()
            assert off(Estimate.of(sample, 0.9), wanted) < SIGMAS


def test_measurement_says_that_it_is_estimated():
    problem = drawn(EXACT["chain"], 2000, confidence=0.95)
    m, found = measure(problem), estimate_chain_kl(problem)
    assert (m.engine, m.draws) == ("monte_carlo", 2000)
    assert m.chain_kl == found.chain.value
    assert m.chain_kl == pytest.approx(m.start_kl + m.factorisation_kl + m.marginal_kl, rel=1e-12)
    assert m.chain_floor == pytest.approx((found.chain.high - found.chain.low) / 2, rel=1e-9)
    assert (found.chain.draws, found.chain.confidence) == (2000, 0.95)
    assert math.isnan(m.kl)
    assert "no output law" in m.reasons["kl"]
    assert "0.95 confidence, 2,000 draws" in str(found.chain)
    assert sum(m.step_factorisation) == pytest.approx(m.factorisation_kl, rel=1e-12)


def test_intervals_cover_as_often_as_they_say():
    """2000 intervals of 256 draws at confidence 0.9, of a mean that is known exactly.

    ``LEVEL`` is the chance that 2000 intervals with coverage in ``0.9 ± 0.01`` (the skew of 256
    draws) fall outside the binomial bounds.
    """
    problem = Problem(FewFlips(6), Uniform(), TauLeaping(), grids.even(2.0, 0.2, 4))
    wanted, groups, each = measure(problem).chain_kl, 2000, 256
    sums = chain_kl.path_sums(drawn(problem, groups * each, seed=3))
    totals = (sums.start + sums.factorisation.sum(1) + sums.marginal.sum(1)).reshape(groups, each)
    found = [Estimate.of(total, 0.9) for total in totals]
    covered = sum(estimate.low <= wanted <= estimate.high for estimate in found)
    least = stats.binom.ppf(LEVEL / 2, groups, 0.89)
    most = stats.binom.isf(LEVEL / 2, groups, 0.91)
    assert least <= covered <= most, covered / groups
    # Teeth: intervals a third too narrow, or around a mean that is off by a standard error.
    narrow = sum(abs(e.value - wanted) <= 2 / 3 * e.half_width for e in found)
    shifted = sum(abs(e.value + e.standard_error - wanted) <= e.half_width for e in found)
    assert max(narrow, shifted) < least


def _forget_evidence(space, noise, others, x, before, change, t, s):
    """``F`` without ``Σ log Pr(X_t^i | X_t^{-i})``, which is what is left of the ``P_h``."""
    return change - chain_kl._log_at(others, noise.kernel(s, space.tokens), before)


def _independent(space, noise, keys, k, x, h):
    """``X_t`` from another path than ``X_s``."""
    return MOVED(space, noise, keys, k, np.roll(np.asarray(x), 1, 0), h)


MOVED = chain_kl._moved


@pytest.mark.parametrize(
    ("name", "wrong", "part"),
    [
        ("_factorisation", _forget_evidence, "factorisation"),
        ("_moved", _independent, "factorisation"),
        ("_marginal_kl", lambda *_: np.zeros(20_000), "marginal"),
    ],
)
def test_a_wrong_estimator_is_caught(monkeypatch, name, wrong, part):
    monkeypatch.setattr(chain_kl, name, wrong)
    assert gaps(EXACT["chain"])[part] > 3 * SIGMAS


def test_a_product_has_no_factorisation_error_at_all():
    target, engine = Product((0.6, 0.3, 0.1), 500), MonteCarlo(64)
    m = measure(Problem(target, Uniform(), Tweedie(), GRID, start="exact", engine=engine))
    assert abs(m.chain_kl) < 1e-10
    assert (m.total_correlation, m.dual_total_correlation) == (0, 0)


@pytest.mark.parametrize("length", [1000, 2000])
def test_a_long_chain(length):
    """Its dependence grows like log d, its interval is narrow, and theorems are decided on it."""
    grid = grids.geometric(6.0, 0.01, kappa=0.8)
    problem = Problem(FewFlips(length), Uniform(), Tweedie(), grid, engine=MonteCarlo(256))
    m = measure(problem)
    assert 0 < m.chain_floor < 0.5 * m.chain_kl
    assert m.marginal_kl < 1e-12
    assert m.dual_total_correlation < 4 * math.log(length)
    held, same = check(problem, [ExplicitDTC(), TotalCorrelation()])
    assert (held.status, same.status) == (Status.HOLDS, Status.HOLDS)
    draws = simulate(problem, key=0, chains=64)
    assert draws.shape == (64, length)
    flips = (draws[:, 1:] != draws[:, :-1]).mean() * length
    assert flips < 0.1 * length  # noise leaves a half: the sampler has found the chain


# Reproducible.


def test_paths_do_not_depend_on_the_batch():
    problem = drawn(EXACT["classes"], 100, seed=5)
    whole, parts = chain_kl.path_sums(problem), chain_kl.path_sums(problem, batch=17)
    for field in dataclasses.fields(whole):
        a, b = getattr(whole, field.name), getattr(parts, field.name)
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-13)
    other = chain_kl.path_sums(drawn(EXACT["classes"], 100, seed=6))
    assert np.abs(other.data - whole.data).max() > 0.01


TWO_DEVICES = """
import jax, numpy as np
from test_long import EXACT, chain_kl, drawn
assert len(jax.devices()) == {devices}, jax.devices()
sums = chain_kl.path_sums(drawn(EXACT["chain"], 101, seed=2), batch=30)
print(repr((sums.start + sums.factorisation.sum(1) + sums.marginal.sum(1)).tolist()))
"""


def test_two_devices_draw_the_same_paths():
    def run(devices: int) -> list[float]:
        flags = f"--xla_force_host_platform_device_count={devices}"
        env = {
            **os.environ,
            "XLA_FLAGS": flags,
            "JAX_PLATFORMS": "cpu",
            "PYTHONPATH": "tests/measurement",
        }
        code = TWO_DEVICES.format(devices=devices)
        out = subprocess.run(
            [sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False
        )
        assert out.returncode == 0, out.stderr
        return eval(out.stdout)

    one, two = run(1), run(2)
    assert len(one) == 101
    np.testing.assert_allclose(one, two, rtol=1e-12, atol=1e-13)


def test_caller_may_have_any_flags():
    before = jax.config.jax_enable_x64
    assert estimate_chain_kl(drawn(EXACT["chain"], 64)).chain.value > 0
    assert jax.config.jax_enable_x64 == before


# Draws of the sampler at the chains themselves.

SIMULATED = {
    "tweedie": Problem(FORBIDDING, SKEW, Tweedie(), grids.even(2.0, 0.1, 4)),
    "lose": Problem(FORBIDDING, Uniform(), TauLeaping("lose"), grids.even(2.0, 0.1, 4)),
    "frozen": Problem(FORBIDDING, SKEW, FrozenScore(), grids.even(2.0, 0.1, 4), start="exact"),
    "classes": Problem(CLASSES, Uniform(), FrozenScore(), grids.even(2.0, 0.1, 4)),
    "classes, exact": Problem(
        CLASSES, Uniform(), Tweedie(), grids.even(1.0, 0.1, 2), start="exact"
    ),
}


@pytest.mark.parametrize("name", SIMULATED)
def test_simulated_chains_follow_the_exact_law(name):
    problem = SIMULATED[name]
    found = draws_test(simulate(drawn(problem), 1, 100_000), output_law(problem), LEVEL)
    assert found.passed, found.reason
    assert found.detectable_tv < 0.03


def test_simulated_counts_follow_the_exact_law():
    problem = Problem(
        TwoBeliefs.binary(30, 0.7), Uniform(), Tweedie(), grids.even(2.0, 0.1, 4), engine="counts"
    )
    ones = simulate(problem, 2, 50_000).sum(1)
    found = draws_test(ones[:, None], output_law(problem), LEVEL)
    assert found.passed, found.reason
    wrong = dataclasses.replace(problem, sampler=TauLeaping())
    assert not draws_test(ones[:, None], output_law(wrong), LEVEL).passed


def test_simulated_chains_do_not_depend_on_how_many_there_are():
    problem = drawn(SIMULATED["classes, exact"])
    assert (simulate(problem, 3, 50)[:20] == simulate(problem, 3, 20)).all()


# Verdicts.


@dataclasses.dataclass(frozen=True)
class Scaled(ExplicitDTC):
    """A copy whose right side is ``scale`` times the chain KL itself, plus ``shift``."""

    scale: float = 1.0
    shift: float = 0.0
    name: ClassVar[str] = "scaled"

    def terms(self, problem, quantities):
        return {"scaled": self.scale * quantities.measurement.chain_kl + self.shift}


@dataclasses.dataclass(frozen=True)
class Constant(Scaled):
    """A right side that is no estimate: ``shift``."""

    def terms(self, problem, quantities):
        return {"constant": self.shift}


@dataclasses.dataclass(frozen=True)
class OnOutput(Constant):
    """The same, of the output KL."""

    bounds_on: ClassVar[str] = "output"


def test_verdicts_are_decided_by_the_interval():
    problem = drawn(Problem(FewFlips(8), Uniform(), Tweedie(), GRID), 4096)
    m = measure(problem)
    low, high = m.chain_kl - m.chain_floor, m.chain_kl + m.chain_floor

    def status(theorem) -> Status:
        return check(problem, [theorem])[0].status

    assert status(Constant(shift=high + 0.3 * m.chain_floor)) is Status.HOLDS
    assert status(Constant(shift=m.chain_kl)) is Status.INCONCLUSIVE
    assert status(Constant(shift=low + 0.3 * m.chain_floor)) is Status.INCONCLUSIVE
    assert status(Constant(shift=low - 0.3 * m.chain_floor)) is Status.VIOLATED
    assert status(Constant(shift=10.0)) is Status.VACUOUS
    # Both sides from the same paths: their difference is known far better than either.
    assert status(Scaled(scale=1 + 1e-6)) is Status.HOLDS
    assert status(Scaled(scale=0.5)) is Status.VIOLATED
    # The output KL is below the chain KL, so that only a chain that obeys says something.
    assert status(OnOutput(shift=high + 0.3 * m.chain_floor)) is Status.HOLDS
    assert status(OnOutput(shift=low / 2)) is Status.INCONCLUSIVE
    assert status(Chain()) is Status.INCONCLUSIVE


def test_verdicts_of_estimates_are_those_of_exact_numbers():
    """Where they decide; and every theorem can be asked."""
    grid = grids.geometric(3.0, 0.3, kappa=0.15)
    for sampler in (Tweedie(), TauLeaping(), Euler(), FrozenScore()):
        problem = Problem(FewFlips(6), Uniform(), sampler, grid)
        decided = [verdict for verdict in check(drawn(problem, 8192)) if verdict.decided]
        names = [verdict.theorem for verdict in decided]
        assert "start_uniform" in names
        for found, wanted in zip(
            decided, check(problem, [theorems[n]() for n in names]), strict=True
        ):
            assert found.status is wanted.status, (found, wanted)


def test_rates_along_a_sweep_of_estimates():
    grid = grids.geometric(2.0, 0.2, kappa=0.6)
    problems = [
        Problem(Pairs(2, n), Uniform(), Tweedie(), grid, start="exact", engine=MonteCarlo(4096))
        for n in (2, 4, 8, 16)
    ]
    constant, liang = check_sweep(problems, "d", [Dmitriev2026b(), Liang2025()])
    # Pairs are independent: chain KL and DTC both grow like d, so the constant does not.
    assert constant.status in (Status.CONSISTENT, Status.INCONCLUSIVE)
    assert abs(constant.slope) < 0.2
    assert "±" in constant.reason
    assert liang.status is Status.CONSISTENT  # d² against d
    assert liang.rung == "chain"


def test_slopes_of_estimates_count_with_their_errors():
    x, floors = [1.0, 2.0, 4.0, 8.0], [0.01] * 4
    flat = local_slopes(x, [1.0] * 4, floors, floor_share=1.0)
    assert trend(flat)[0] is Trend.BOUNDED
    assert trend(flat, estimated=True)[0] is Trend.BOUNDED
    wide = local_slopes(x, [1.0] * 4, [0.03] * 4, floor_share=1.0)
    assert trend(wide, estimated=True)[0] is Trend.OPEN
    grows = [1.0, 1.2, 1.44, 1.728]
    assert trend(local_slopes(x, grows, [0.002] * 4, 1.0), estimated=True)[0] is Trend.GROWS
    # 0.4 ± 0.09 in the last three may well be on its way down: not decided.
    blurred = local_slopes(x, [1.0, 1.32, 1.74, 2.3], [0.03, 0.04, 0.05, 0.07], 1.0)
    assert trend(blurred)[0] is Trend.GROWS
    assert trend(blurred, estimated=True)[0] is Trend.OPEN


# Refusals.


def test_engine_in_a_spec_comes_back():
    problem = drawn(EXACT["chain"], 100, seed=7, confidence=0.5)
    spec = problem.spec()
    assert spec["engine"] == {"name": "monte_carlo", "draws": 100, "seed": 7, "confidence": 0.5}
    assert Problem.from_spec(spec) == problem
    assert hash(Problem.from_spec(spec)) == hash(problem)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"draws": 3}, "draws must be at least 64, got 3"),
        ({"confidence": 1.0}, "confidence must be below 1, got 1"),
        ({"seed": -1}, "seed must be at least 0, got -1"),
    ],
)
def test_bad_settings_are_refused(fields, message):
    with pytest.raises(ValueError, match=message):
        MonteCarlo(**fields)


def test_bad_specs_are_refused():
    spec = EXACT["chain"].spec()
    with pytest.raises(ValueError, match="did you mean 'draws'"):
        Problem.from_spec({**spec, "engine": {"name": "monte_carlo", "draw": 100}})
    with pytest.raises(ValueError, match="monte_carlo"):
        Problem.from_spec({**spec, "engine": {"name": "monte_carl"}})


def test_what_cannot_be_drawn_is_refused():
    grid = grids.even(1.0, 0.1, 2)
    with pytest.raises(ValueError, match=r"noised law is known in closed form.*parity"):
        Problem(Parity(3), Uniform(), Tweedie(), grid, engine=MonteCarlo())
    with pytest.raises(ValueError, match=r"needs the exact score: .* got perturbed"):
        Problem(FORBIDDING, Uniform(), Tweedie(), grid, Perturbed(0.1), engine=MonteCarlo())
    with pytest.raises(ValueError, match=r"states.*engine=MonteCarlo"):
        Problem(FewFlips(1000), Uniform(), Tweedie(), grid)
    problem = Problem(FewFlips(1000), Uniform(), Tweedie(), grid, engine=MonteCarlo(64))
    with pytest.raises(ValueError, match="no output law"):
        output_law(problem)
    for law in ("data_law", "noise_law", "start_law"):
        with pytest.raises(ValueError, match="no law on all sequences"):
            getattr(problem, law)
    with pytest.raises(ValueError, match="output_only leaves nothing"):
        measure(problem, output_only=True)
    with pytest.raises(ValueError, match="needs engine=MonteCarlo"):
        estimate_chain_kl(EXACT["chain"])


def test_a_generator_has_no_estimate_and_says_so():
    problem = drawn(dataclasses.replace(EXACT["chain"], sampler=FrozenScore()), 64)
    m = measure(problem)
    assert math.isnan(m.chain_kl)
    assert "not a product over tokens" in m.reasons["chain_kl"]
    with pytest.raises(ValueError, match="not a product over tokens"):
        estimate_chain_kl(problem)


def test_an_infinite_chain_kl_is_infinite():
    """Clipped Euler steps: a token that must be able to stay cannot."""
    grid = grids.even(3.0, 0.05, 2)
    problem = Problem(FORBIDDING, Uniform(), Euler(), grid)
    assert measure(problem).chain_kl == math.inf
    m = measure(drawn(problem, 2000))
    assert m.chain_kl == math.inf
    assert "probability 0" in m.reasons["chain_kl"]
