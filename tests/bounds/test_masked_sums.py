"""riemann_masked and Theorem 3 of dmitriev_2026a against sums over sets of tokens by hand."""

import math

import masked_by_hand as hand
import numpy as np
import pytest
from scipy.integrate import quad

from bounds import Dmitriev2026aMasked, RiemannMasked
from harness import Problem, grids
from harness.measurement.reveal_profile import RevealProfile
from harness.noise import Absorbing
from harness.quantities import Quantities
from harness.samplers import MaskedPlugIn
from harness.verdicts.checks import check
from harness.verdicts.verdict import Status
from toy_targets import Table, TwoBeliefs


def profile_of(law):
    return RevealProfile.of_sequences(law[(slice(-1),) * law.ndim])


def problem(target, grid, start="mask"):
    return Problem(target, Absorbing(), MaskedPlugIn(), grid, start=start)


def same_bit(length):
    return TwoBeliefs((1.0, 0.0), (0.0, 1.0), length)


@hand.EACH_CASE
def test_three_sums_bound_the_cost_of_a_step(tokens, d, concentration, seed):
    law = hand.random_law(tokens, d, concentration, seed)
    tc = sum(hand.h_of(law, {i}) for i in range(d)) - hand.h_of(law, set(range(d)))
    both = sum(hand.information(law, i) for i in range(d))
    target = Table(law[(slice(-1),) * d])
    for shares in ((0.0, 0.4, 1.0), (0.0, 0.05, 0.1, 0.9, 1.0), (0.2, 0.3, 0.7)):
        start = "mask" if shares[0] == 0 else "exact"
        case = problem(target, grids.reveal(shares), start)
        found = RiemannMasked().looser(case, Quantities(case))
        steps = np.diff(shares)
        assert found["TC"] == pytest.approx(tc, rel=1e-10)
        assert found["Δ (TC + DTC)"] == pytest.approx(steps.max() * both, rel=1e-10)
        expected = d * (d - 1) / 2 * math.log(tokens) * (steps**2).sum()
        assert found["½ d(d-1) log S Σ (Δr)²"] == pytest.approx(expected, rel=1e-12)
        (verdict,) = check(case, [RiemannMasked()])
        assert verdict.status is not Status.VIOLATED


def test_each_of_the_three_is_the_least_somewhere_and_needed():
    """All at once costs TC; a bit repeated uses half of each of the other two."""
    for target, shares, name, share in (
        (same_bit(5), (0.0, 1.0), "TC", 1.0),
        (same_bit(2), np.linspace(0, 1, 65), "½ d(d-1) log S Σ (Δr)²", 1.0),
        (same_bit(5), np.linspace(0, 1, 129), "Δ (TC + DTC)", 0.5),
    ):
        case = problem(target, grids.reveal(tuple(shares)))
        quantities = Quantities(case)
        found = RiemannMasked().looser(case, quantities)
        bound = min(found.values())
        assert found[name] == bound
        assert quantities.measurement.chain_kl == pytest.approx(share * bound, rel=0.02)


@hand.EACH_CASE
def test_the_effective_total_correlation_is_its_integral(tokens, d, concentration, seed):
    law = hand.random_law(tokens, d, concentration, seed)

    def density(t):
        return min(1.0, t) * math.exp(-2 * t) * hand.h_prime(law, math.exp(-t))

    expected = quad(density, 0, 1, epsabs=1e-12)[0] + quad(density, 1, 45, epsabs=1e-12)[0]
    assert profile_of(law).effective_total_correlation == pytest.approx(expected, rel=1e-8)


def test_the_effective_total_correlation_of_a_long_repeated_bit():
    """``I(t) = d(d-1) log 2 r² (1-r)^{d-2}``: with r = e^{-t} nearly all of it is at t > 1."""
    d = 200
    profile = RevealProfile((math.log(2), *(0.0,) * (d - 2)), 0.0)

    def density(r):
        return d * (d - 1) * math.log(2) * min(1.0, -math.log(r)) * r * (1 - r) ** (d - 2)

    expected = quad(density, 0, 0.2, epsabs=0, epsrel=1e-12)[0]
    assert profile.effective_total_correlation == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("seed", range(4))
def test_random_grids_break_neither_bound(seed):
    rng = np.random.default_rng(seed)
    target = Table(rng.dirichlet(np.full(16, 0.1)).reshape((2,) * 4))
    times = np.sort(rng.uniform(0, 4, 6))[::-1]
    for grid in (grids.custom(tuple(times)), grids.custom((*times[:-1], 0.0))):
        case = problem(target, grid, "exact")
        verdicts = check(case, [RiemannMasked(), Dmitriev2026aMasked()])
        assert all(v.status in (Status.HOLDS, Status.VACUOUS) for v in verdicts), verdicts


def test_the_last_step_to_the_data_needs_its_term():
    """A bit repeated four times, in one step from a small time: ``3/4`` of it as ``δ → 0``."""
    case = problem(same_bit(4), grids.custom((1e-3, 0.0)), "exact")
    theorem, quantities = Dmitriev2026aMasked(), Quantities(case)
    terms = theorem.terms(case, quantities)
    assert terms["steps"] == 0.0
    share = quantities.measurement.chain_kl / terms["last step"]
    assert share == pytest.approx(0.75, rel=2e-3)
