"""The proof of ``explicit_dtc_masked`` step by step, in plain numpy on tiny spaces."""

import math

import numpy as np
import pytest
from masked_by_hand import (
    EACH_CASE,
    EACH_STEP,
    coin,
    conditional_total_correlation,
    dtc,
    entropy,
    f,
    f_prime,
    h_prime,
    kernel,
    kl,
    noised,
    random_law,
    two_times,
)
from scipy.integrate import quad

from harness.numerics import bernstein


@EACH_CASE
def test_2_derivatives(tokens, d, concentration, seed):
    q_0, e = random_law(tokens, d, concentration, seed), 1e-4
    for r in (0.2, 0.8):
        slope = (f(q_0, r + e) - f(q_0, r - e)) / (2 * e)
        bend = (f_prime(q_0, r + e) - f_prime(q_0, r - e)) / (2 * e)
        assert f_prime(q_0, r) == pytest.approx(slope, rel=1e-6)
        assert h_prime(q_0, r) == pytest.approx(-bend, rel=1e-6, abs=1e-9)
        assert h_prime(q_0, r) >= 0


@EACH_CASE
@pytest.mark.parametrize("t", [0.0, 0.3, 2.0])
def test_3_entropies_of_the_masked_law(tokens, d, concentration, seed, t):
    q_0, p = random_law(tokens, d, concentration, seed), math.exp(-t)
    q_t = noised(q_0, t)
    assert entropy(q_t) == pytest.approx(d * coin(p) + f(q_0, p), rel=1e-12)
    alone = sum(entropy(q_t) - entropy(q_t.sum(i)) for i in range(d))
    assert alone == pytest.approx(d * coin(p) + p * f_prime(q_0, p), rel=1e-11, abs=1e-13)
    assert dtc(q_t) == pytest.approx(f(q_0, p) - p * f_prime(q_0, p), rel=1e-9, abs=1e-13)


@EACH_CASE
@EACH_STEP
def test_4_and_5_a_step_and_the_decrement_of_dtc(tokens, d, concentration, seed, t, s):
    q_0, p, q = random_law(tokens, d, concentration, seed), math.exp(-t), math.exp(-s)
    given = conditional_total_correlation(q_0, t, s)
    exact = (q - p) * f_prime(q_0, p) - (f(q_0, q) - f(q_0, p))
    assert given == pytest.approx(exact, rel=1e-9, abs=1e-13)
    assert given == pytest.approx(quad(lambda r: (q - r) * h_prime(q_0, r), p, q)[0], rel=1e-9)
    fall = dtc(noised(q_0, s)) - dtc(noised(q_0, t))
    assert fall == pytest.approx(quad(lambda r: r * h_prime(q_0, r), p, q)[0], rel=1e-8)
    assert given <= math.expm1(t - s) * fall + 1e-13


@EACH_CASE
def test_5_the_first_step_costs_the_total_correlation(tokens, d, concentration, seed):
    q_0, s = random_law(tokens, d, concentration, seed), 0.7
    q_s = noised(q_0, s)
    whole = sum(entropy(q_s.sum(tuple(j for j in range(d) if j != i))) for i in range(d))
    q = math.exp(-s)
    assert q * f_prime(q_0, 0.0) - f(q_0, q) == pytest.approx(whole - entropy(q_s), rel=1e-10)


# The other route, that of uniform noise: a second difference, and reverse data processing.


@EACH_CASE
@EACH_STEP
def test_the_second_difference_is_above_and_below(tokens, d, concentration, seed, t, s):
    q_0 = random_law(tokens, d, concentration, seed)
    second = (
        two_times(q_0, s, s) - two_times(q_0, t, s) - two_times(q_0, s, t) + two_times(q_0, t, t)
    )
    area = two_times(q_0, s, s) - two_times(q_0, s, t)
    assert conditional_total_correlation(q_0, t, s) <= second + 1e-13
    assert second == pytest.approx(-math.expm1(s - t) * area, rel=1e-9, abs=1e-13)


@EACH_CASE
def test_divergences_fall_exactly_like_the_clean_share(tokens, d, concentration, seed):
    rng = np.random.default_rng(seed)
    m, other = (np.append(rng.dirichlet(np.ones(tokens)), 0.0) for _ in range(2))
    for t in (0.1, 1.0, 4.0):
        late = kl(m @ kernel(t, tokens), other @ kernel(t, tokens))
        assert late == pytest.approx(math.exp(-t) * kl(m, other), rel=1e-12)
    q_0, e = random_law(tokens, d, concentration, seed), 1e-4
    lost = [(two_times(q_0, a, 0.5 - e) - two_times(q_0, a, 0.5 + e)) for a in (0.2, 1.3)]
    assert lost[1] == pytest.approx(math.exp(-1.1) * lost[0], rel=1e-6, abs=1e-12)


# How much of the bound is used, and that no smaller factor would do.


def share(density, p, q):
    """Factorisation error of a step over its term in the bound."""
    cost = bernstein.integral(density, p, q, lambda r, left: left, 1)
    return float(cost / ((q - p) / p * bernstein.integral(density, p, q, lambda r, left: r, 1)))


@pytest.mark.parametrize("d", [2, 3, 8, 60])
def test_largest_share_of_one_step_is_that_of_a_repeated_token(d):
    """``h'`` is a positive mixture of Bernstein polynomials: none has more than ``(d-1)/d``."""
    largest = 0.0
    for k in range(d - 1) if d < 20 else (0, 1, 2, d // 2, d - 2):
        for p in (1e-3, 0.1, 0.5, 0.9, 0.99, 0.9999):
            for q in (p + (1 - p) * step for step in (0.01, 0.3, 0.7, 1.0)):
                largest = max(largest, share(np.eye(d - 1)[k], p, q))
    assert largest <= (d - 1) / d + 1e-9
    assert largest == pytest.approx((d - 1) / d, abs=1e-3)


def test_share_of_a_repeated_token_is_known():
    """``p (d-1)/(1 + p (d-1))`` of the last step, from ``p`` to 1."""
    for d in (2, 5, 40):
        for p in (0.01, 0.5, 0.999):
            found = share(np.eye(d - 1)[0], p, 1.0)
            assert found == pytest.approx(p * (d - 1) / (1 + p * (d - 1)), rel=1e-10)
