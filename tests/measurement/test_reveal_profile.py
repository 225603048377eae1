"""Reveal profiles against entropies of all subsets, and closed forms."""

import math
from itertools import combinations, pairwise

import numpy as np
import pytest
from helpers.profiles_by_listing import EACH, SHARES, TARGETS, entropy, f, masked, repeated
from scipy.integrate import quad

from harness import Problem, grids, measure
from harness.measurement.reveal_profile import RevealProfile
from harness.noise import Absorbing, Uniform
from harness.numerics import bernstein
from harness.samplers import MaskedPlugIn, Tweedie
from toy_targets import CurieWeiss, Parity, Product, TwoBeliefs

# The profile.


@EACH
def test_profile_is_the_expected_entropy_of_what_is_revealed(target):
    profile, e = RevealProfile.of(masked(target)), 1e-4
    for r in SHARES:
        assert profile.entropy(r) == pytest.approx(f(target, r), rel=1e-12, abs=1e-14)
    for r in (0.1, 0.7):
        slope = (f(target, r + e) - f(target, r - e)) / (2 * e)
        bend = (f(target, r + e) + f(target, r - e) - 2 * f(target, r)) / e**2
        assert profile.doubt(r) == pytest.approx(slope, rel=1e-6)
        assert profile.rise(r) == pytest.approx(-bend, rel=1e-5, abs=1e-6)
        told, _ = quad(lambda u: float(profile.rise(u)), 0, r)
        assert profile.information(r) == pytest.approx(told, rel=1e-10, abs=1e-14)
        assert profile.information(r) == pytest.approx(
            profile.doubt(0.0) - profile.doubt(r), abs=1e-13
        )


@EACH
def test_information_is_what_the_revealed_tell_of_a_hidden_token(target):
    """``h(r) = Σ_i I(X^i; X_revealed | i hidden)``, subset by subset."""
    law, r = np.exp(target.log_law()), 0.35
    d, total = law.ndim, 0.0
    for i in range(d):
        others = [j for j in range(d) if j != i]
        for k in range(d):
            for seen in combinations(others, k):
                pair = law.sum(tuple(set(others) - set(seen)))
                place = sum(j < i for j in seen)
                alone = entropy(pair.sum(tuple(a for a in range(k + 1) if a != place)))
                told = alone + entropy(pair.sum(place)) - entropy(pair)
                total += r**k * (1 - r) ** (d - 1 - k) * told
    assert RevealProfile.of(masked(target)).information(r) == pytest.approx(total, abs=1e-12)


@EACH
@pytest.mark.parametrize(("p", "q"), [(0.0, 0.2), (0.1, 0.7), (0.5, 1.0), (0.0, 1.0)])
def test_integrals_are_the_formulas(target, p, q):
    profile = RevealProfile.of(masked(target))
    exact = (q - p) * profile.doubt(p) - (f(target, q) - f(target, p))
    assert profile.step_cost(p, q) == pytest.approx(exact, rel=1e-10, abs=1e-13)
    curved, _ = quad(lambda r: r * (1 - r) * float(profile.rise(r)), p, q)
    assert profile.curvature(p, q) == pytest.approx(curved, rel=1e-10, abs=1e-14)
    fall, _ = quad(lambda r: r * float(profile.rise(r)), p, q)
    assert profile.dual_total_correlation(p, q) == pytest.approx(fall, rel=1e-10, abs=1e-14)
    root, _ = quad(lambda r: math.sqrt(float(profile.rise(r))), p, q, epsabs=1e-12)
    (found,) = bernstein.root_integrals(profile.density, (p, q))
    assert found == pytest.approx(root, rel=1e-8, abs=1e-12)


@pytest.mark.parametrize(
    "target",
    [CurieWeiss(6, 1.3, 0.2), TwoBeliefs.example(), Parity(5), Product((0.6, 0.3, 0.1), 3)],
    ids=["magnet", "two beliefs", "parity", "product"],
)
def test_counts_and_sequences_have_one_profile(target):
    sequences, counts = (
        RevealProfile.of(masked(target, engine=engine)) for engine in ("enumerated", "counts")
    )
    np.testing.assert_allclose(counts.dependence, sequences.dependence, rtol=1e-11, atol=1e-15)
    assert counts.last == pytest.approx(sequences.last, rel=1e-13, abs=1e-15)


def test_the_smallest_dependence_keeps_its_digits():
    """Two beliefs that differ by ``e``: information falls like ``e⁴``, to 1e-24 nats."""
    costs = []
    for e in (1e-3, 1e-5, 1e-6):
        target = TwoBeliefs((0.5 + e, 0.5 - e), (0.5 - e, 0.5 + e), 4)
        for engine in ("enumerated", "counts"):
            profile = RevealProfile.of(masked(target, engine=engine))
            costs.append(float(profile.step_cost(0.2, 0.6)) / e**4)
    # Correlation (2e)² of two bits: information 8 e⁴ each, d(d-1) = 12 times ∫ (q-r) dr = 0.08.
    assert costs == pytest.approx([12 * 8 * 0.08] * 6, rel=1e-3)


def test_a_profile_needs_a_mask():
    problem = Problem(Parity(3), Uniform(), Tweedie(), grids.even(1.0, 0.1, 3))
    with pytest.raises(ValueError, match="a reveal profile needs absorbing noise, got Uniform"):
        RevealProfile.of(problem)


# Closed forms.


@pytest.mark.parametrize("length", [2, 3, 4, 7])
@pytest.mark.parametrize("tokens", [2, 3])
def test_one_token_repeated(tokens, length):
    """``f = (1 - (1-r)^d) log S``, ``h' = d(d-1)(1-r)^{d-2} log S``, ``P = 4 (1 - 1/d) log S``."""
    if (tokens + 1) ** length > 3**7:
        return
    profile, d, whole = RevealProfile.of(masked(repeated(tokens, length))), length, math.log(tokens)
    np.testing.assert_allclose(profile.dependence, [whole] + [0] * (d - 2), rtol=1e-13)
    for p, q in ((0.0, 0.3), (0.2, 0.7), (0.6, 1.0)):
        assert profile.entropy(q) == pytest.approx((1 - (1 - q) ** d) * whole, rel=1e-13)
        cost = (q - p) * d * (1 - p) ** (d - 1) - (1 - p) ** d + (1 - q) ** d
        assert profile.step_cost(p, q) == pytest.approx(cost * whole, rel=1e-12)
    assert profile.optimal_constant == pytest.approx(4 * (1 - 1 / d) * whole, rel=1e-11)
    grid = grids.square_root_profile(profile.density, 5)
    best = [1 - (1 - j / 5) ** (2 / d) for j in range(6)]
    np.testing.assert_allclose(grid.revealed, best, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("length", [2, 3, 5, 8])
def test_parity(length):
    """``f = (d r - r^d) log 2``, ``h' = d(d-1) r^{d-2} log 2``, ``P = 4 (1 - 1/d) log 2``."""
    profile, d, bit = RevealProfile.of(masked(Parity(length))), length, math.log(2)
    np.testing.assert_allclose(profile.dependence, [0] * (d - 2) + [bit], rtol=1e-13, atol=1e-30)
    for p, q in ((0.0, 0.3), (0.2, 0.7), (0.6, 1.0)):
        assert profile.entropy(q) == pytest.approx((d * q - q**d) * bit, rel=1e-13)
        cost = q**d - p**d - (q - p) * d * p ** (d - 1)
        assert profile.step_cost(p, q) == pytest.approx(cost * bit, rel=1e-12)
    assert profile.optimal_constant == pytest.approx(4 * (1 - 1 / d) * bit, rel=1e-11)
    grid = grids.square_root_profile(profile.density, 5)
    np.testing.assert_allclose(grid.revealed, [(j / 5) ** (2 / d) for j in range(6)], rtol=1e-10)


def test_two_hundred_tokens():
    """Exchangeable: a fair bit repeated 200 times, and the magnet at its critical point."""
    target = TwoBeliefs((1.0, 0.0), (0.0, 1.0), 200)
    profile = RevealProfile.of(masked(target))
    assert profile.optimal_constant == pytest.approx(4 * (1 - 1 / 200) * math.log(2), rel=1e-10)
    magnet = RevealProfile.of(masked(CurieWeiss(200, 1.0)))
    assert min(magnet.dependence) > 0
    total, _ = quad(lambda r: math.sqrt(float(magnet.rise(r))), 0, 1, epsrel=1e-10)
    assert magnet.optimal_constant == pytest.approx(total**2, rel=1e-8)


# The equality with what is measured.


@EACH
@pytest.mark.parametrize(
    ("grid", "start"),
    [
        (grids.even_reveal(5), "mask"),
        (grids.cosine(3), "mask"),
        (grids.geometric(3.0, 0.05, 0.4), "exact"),
        (grids.even(2.0, 0.0, 7), "noise"),
    ],
)
def test_step_costs_are_the_factorisation_errors(target, grid, start):
    problem = Problem(target, Absorbing(), MaskedPlugIn(), grid, start=start)
    profile, m = RevealProfile.of(problem), measure(problem)
    costs = [float(profile.step_cost(p, q)) for p, q in pairwise(grid.revealed)]
    assert m.step_factorisation == pytest.approx(costs, rel=1e-11, abs=m.chain_floor)
    chain = m.start_kl + math.fsum(costs)
    assert m.chain_kl == pytest.approx(chain, rel=1e-11, abs=m.chain_floor)


def test_teeth_of_the_equality():
    """``f'`` at the wrong end, time in the place of probability: each is far from the truth."""
    grid = grids.cosine(4)
    problem = masked(TARGETS["one way"], grid)
    profile, m = RevealProfile.of(problem), measure(problem)
    far, near = {}, m.chain_kl
    ends = list(pairwise(grid.revealed))
    far["wrong end"] = math.fsum(
        (profile.entropy(q) - profile.entropy(p)) - (q - p) * profile.doubt(q) for p, q in ends
    )
    far["hidden for revealed"] = math.fsum(profile.step_cost(1 - q, 1 - p) for p, q in ends)
    times = [(min(s, 1.0), min(t, 1.0)) for t, s in grid.intervals()]
    far["time for probability"] = math.fsum(profile.step_cost(s, t) for s, t in times)
    far["DTC for TC"] = math.fsum(profile.dual_total_correlation(p, q) for p, q in ends)
    for name, value in far.items():
        assert abs(value - near) > 0.02 * near, name
    right = math.fsum(profile.step_cost(p, q) for p, q in ends)
    assert right == pytest.approx(near, rel=1e-11)
