"""The chain KL by draws against exact numbers.

Random comparisons have fixed keys.  A mean is compared with its exact value at ``SIGMAS`` standard
errors: for a normal mean that alarms falsely with probability 1e-11; the room is for the skew of a
few ten thousand draws.
"""

import dataclasses
import math
import os
import subprocess
import sys

import jax
import numpy as np
import pytest
from helpers.long_problems import EXACT, FORBIDDING, GRID, LEVEL, drawn
from helpers.slow_cases import cases
from scipy import stats

from bounds import ExplicitDTC, TotalCorrelation
from harness import MonteCarlo, Problem, check, estimate_chain_kl, grids, measure, simulate
from harness.measurement.by_draws import chain_kl
from harness.noise import Uniform
from harness.problem.monte_carlo import Estimate
from harness.samplers import Euler, FrozenScore, TauLeaping, Tweedie
from harness.verdicts.verdict import Status
from toy_targets import FewFlips, Product

SIGMAS = 7

SAMPLERS = [Tweedie(), TauLeaping(), TauLeaping("reject"), Euler()]
SELDOM = {"beliefs", "few flips", "skew"}  # 4 to 9 s each


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


@pytest.mark.parametrize("name", cases(EXACT, SELDOM.__contains__))
def test_estimates_are_those_of_the_exact_engine(name):
    """Detectable: a bias of some 8 standard errors, about 3 % to 10 % of the chain KL here."""
    found = gaps(EXACT[name])
    assert max(found.values()) < SIGMAS, found


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
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
from helpers.long_problems import EXACT, drawn

from harness.measurement.by_draws import chain_kl
assert len(jax.devices()) == {devices}, jax.devices()
sums = chain_kl.path_sums(drawn(EXACT["chain"], 101, seed=2), batch=30)
print(repr((sums.start + sums.factorisation.sum(1) + sums.marginal.sum(1)).tolist()))
"""


@pytest.mark.slow
def test_two_devices_draw_the_same_paths():
    def run(devices: int) -> list[float]:
        flags = f"--xla_force_host_platform_device_count={devices}"
        env = {
            **os.environ,
            "XLA_FLAGS": flags,
            "JAX_PLATFORMS": "cpu",
            "PYTHONPATH": "tests",
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
