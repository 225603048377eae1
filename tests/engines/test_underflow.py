"""Large d: laws whose middle or tails are below what float64 holds."""

import math
from decimal import Decimal, localcontext

import numpy as np
import pytest
from scipy.special import gammaln

from bounds import Zhang2024FullSupport
from harness import Problem, check, grids, measure
from harness.noise import Uniform
from harness.numerics import convolution
from harness.quantities import Quantities
from harness.samplers import FrozenScore, TauLeaping, Tweedie
from harness.verdicts.checks import unmet
from harness.verdicts.verdict import Status
from toy_targets import ProductMixture, TwoBeliefs


@pytest.mark.parametrize(("values", "total"), [(2, 3), (2, 40), (3, 18), (4, 9)])
def test_tokens_that_surely_move_are_moved(values, total):
    """A kernel of zeros and ones: here 0/0 or 0 * inf would make the whole law nan."""
    law = np.random.default_rng(0).dirichlet(np.ones(convolution.compositions.size(values, total)))
    turned = law
    for _ in range(values):  # as many turns as there are values lead back
        turned = convolution.push(turned, np.roll(np.eye(values), 1, axis=1), total)
    np.testing.assert_allclose(turned, law, rtol=1e-13)
    np.testing.assert_allclose(convolution.push(law, np.eye(values), total), law, rtol=1e-13)


def test_a_law_whose_middle_underflows():
    """Half of the bits wrong has probability 1e-343 here: one step, against decimal arithmetic."""
    d, t, s = 120, 2e-6, 1e-6
    target = ProductMixture((0.5, 0.5), ((1.0, 0.0), (0.0, 1.0)), d)
    problem = Problem(
        target, Uniform(), TauLeaping(), grids.custom((t, s)), start="exact", engine="counts"
    )
    assert problem.marginal(s).min() == 0  # what this test is about
    with localcontext() as context:
        context.prec = 40
        before, wanted = _repeated_bit(d, t), _repeated_bit(d, s)
        found = [Decimal(0)] * (d + 1)
        for ones in range(d + 1):
            falls = _jump(before, ones, -1, t - s)
            rises = _jump(before, ones, +1, t - s)
            kept, gained = _binomial(ones, 1 - falls), _binomial(d - ones, rises)
            chance = before[ones] * math.comb(d, ones)
            for a, left in enumerate(kept):
                for b, right in enumerate(gained):
                    found[a + b] += chance * left * right
        exact = Decimal(0)
        for ones, law in enumerate(wanted):
            q = law * math.comb(d, ones)
            exact += q * (q / found[ones]).ln()
    m = measure(problem)
    # Two laws that differ by 1e-4 at most are good to about 1e-11 of their KL.
    assert m.kl == pytest.approx(float(exact), rel=1e-9)
    assert math.isfinite(m.chain_kl)
    assert m.chain_kl >= m.kl
    assert math.isfinite(m.reverse_kl)


def test_a_start_law_whose_tails_underflow():
    """Two thousand bits: ``2^-2000`` is no float64, the KL to it is one."""
    d, t = 2000, 2.0
    target = ProductMixture((0.5, 0.5), ((1.0, 0.0), (0.0, 1.0)), d)
    problem = Problem(target, Uniform(), Tweedie(), grids.even(t, 1.0, 1))
    assert problem.noise_law.min() == 0
    n = np.arange(d + 1)
    wrong = -np.expm1(-t) / 2
    one = np.logaddexp(
        n * np.log(wrong) + (d - n) * np.log1p(-wrong),
        (d - n) * np.log(wrong) + n * np.log1p(-wrong),
    ) - np.log(2)
    ways = gammaln(d + 1) - gammaln(n + 1) - gammaln(d - n + 1)
    start = d * np.log(2) + (np.exp(one + ways) * one).sum()
    quantities = Quantities(problem)
    assert quantities.start_kl == pytest.approx(start, rel=1e-9)
    assert quantities.data_stationary_kl == pytest.approx((d - 1) * np.log(2), rel=1e-12)
    m = quantities.measurement
    assert m.start_kl == quantities.start_kl
    assert start < m.chain_kl < m.idle_kl < np.inf
    assert not [v for v in check(problem) if v.status is Status.VIOLATED]


def test_doing_nothing_from_an_exact_start_whose_tails_are_subnormal():
    """Three hundred bits: the data's middle is below 1e-308, and p/q would overflow there."""
    d, begin, stop = 300, 6.0, 0.001
    target = ProductMixture((0.5, 0.5), ((1.0, 0.0), (0.0, 1.0)), d)
    problem = Problem(target, Uniform(), Tweedie(), grids.even(begin, stop, 1), start="exact")
    n = np.arange(d + 1)
    logs = []
    for t in (stop, begin):
        wrong = -np.expm1(-t) / 2
        up, down = n * np.log(wrong), n * np.log1p(-wrong)
        logs.append(np.logaddexp(up + down[::-1], up[::-1] + down) - np.log(2))
    ways = gammaln(d + 1) - gammaln(n + 1) - gammaln(d - n + 1)
    idle = (np.exp(logs[0] + ways) * (logs[0] - logs[1])).sum()
    assert measure(problem, output_only=True).idle_kl == pytest.approx(idle, rel=1e-9)


def test_an_output_law_whose_tails_underflow_decides_nothing():
    """One long step: what float64 does not hold of the output is no infinite KL, nor none."""
    target, grid = TwoBeliefs((0.9, 0.1), (0.001, 0.999), 1000), grids.even(8.0, 0.05, 1)
    problem = Problem(target, Uniform(), Tweedie(), grid, start="exact")
    m = measure(problem)
    assert math.isnan(m.kl)
    assert "does not hold" in m.reasons["kl"]
    assert math.isfinite(m.chain_kl)
    assert math.isfinite(m.idle_kl)
    verdicts = {v.theorem: v.status for v in check(problem)}
    assert Status.VIOLATED not in verdicts.values()
    assert verdicts["chain"] is Status.INCONCLUSIVE
    # Idle KL between its values at 1,000 and 2,000 tokens; a bound above it is vacuous.
    beliefs = TwoBeliefs((0.9, 0.1), (0.1, 0.9), 1200)
    for start in ("noise", "exact"):
        far = Problem(beliefs, Uniform(), Tweedie(), grids.even(4.0, 0.1, 2), start=start)
        assert 281 < measure(far, output_only=True).idle_kl < 583


def _repeated_bit(d: int, t: float) -> list[Decimal]:
    """Probability of one sequence with so many ones."""
    wrong = (1 - (-Decimal(t)).exp()) / 2
    return [
        (wrong**n * (1 - wrong) ** (d - n) + wrong ** (d - n) * (1 - wrong) ** n) / 2
        for n in range(d + 1)
    ]


def _jump(law: list[Decimal], ones: int, change: int, h: float) -> Decimal:
    """One-jump τ-leaping's probability that one of the bits that can change does."""
    if not 0 <= ones + change < len(law):
        return Decimal(0)
    return 1 - (-law[ones + change] / law[ones] / 2 * Decimal(h)).exp()


def _binomial(m: int, p: Decimal) -> list[Decimal]:
    if m == 0:  # where p may be 0 or 1, and decimal has no 0^0
        return [Decimal(1)]
    return [math.comb(m, k) * p**k * (1 - p) ** (m - k) for k in range(m + 1)]


@pytest.mark.parametrize("length", [280, 430, 1000])
def test_full_support_is_not_lost_by_underflow(length):
    """Half of the bits each has probability 1e-196, 1e-301 or 1e-701: all are positive."""
    target = TwoBeliefs((0.99, 0.01), (0.01, 0.99), length)
    grid = grids.geometric(2.0, 0.1, kappa=0.5)
    problem = Problem(target, Uniform(), FrozenScore(), grid, engine="counts")
    theorem = Zhang2024FullSupport()
    missing = [] if length == 280 else ["no probability below 1e-290"]
    assert unmet(theorem, problem) == missing
    if not missing:
        assert 0 < theorem.form(problem, Quantities(problem)) < math.inf
