"""The proof of ``explicit_dtc`` step by step, in plain numpy on tiny spaces."""

import itertools
import math

import numpy as np
import pytest
from by_hand import (
    EACH_CASE,
    EACH_STEP,
    conditional_total_correlation,
    dtc,
    entropy,
    factor,
    information,
    joint,
    kernel,
    kl,
    noised,
    random_law,
    token_laws,
    two_times,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from bounds.explicit_dtc import euler_marginal, growth, one_jump_marginal

# (1) The chain rule.


@pytest.mark.parametrize("method", ["tweedie", "euler", "one jump"])
@EACH_CASE
def test_1_output_is_below_the_chain_and_a_step_splits_in_two(
    method, tokens, d, concentration, seed
):
    q_0 = random_law(tokens, d, concentration, seed)
    times = (1.6, 1.2, 0.8, 0.5)  # steps short enough that Euler needs no clipping
    law = np.full(tokens**d, 1.0 / tokens**d)
    chain = kl(noised(q_0, times[0]), law)
    for t, s in itertools.pairwise(times):
        q_t, pair = noised(q_0, t), joint(noised(q_0, s), t - s)
        k = token_laws(method, q_t, t, s)
        assert k.min() > 0
        law = sum(
            p * np.array([math.prod(c) for c in itertools.product(*laws)])
            for p, laws in zip(law, k, strict=True)
        )
        whole = factorisation = marginal = 0.0
        for x, weight in enumerate(q_t.ravel()):
            truth = (pair[:, x] / pair[:, x].sum()).reshape(q_t.shape)
            marginals = [truth.sum(tuple(j for j in range(d) if j != i)) for i in range(d)]
            product = np.array([math.prod(c) for c in itertools.product(*k[x])])
            whole += weight * kl(truth, product)
            factorisation += weight * (sum(map(entropy, marginals)) - entropy(truth))
            marginal += weight * sum(kl(c, k[x, i]) for i, c in enumerate(marginals))
        assert whole == pytest.approx(factorisation + marginal, rel=1e-9, abs=1e-13)
        if method == "tweedie":
            assert marginal == pytest.approx(0, abs=1e-13)
        chain += whole
    assert kl(noised(q_0, times[-1]), law) <= chain + 1e-13


@EACH_CASE
@EACH_STEP
def test_2_total_correlation_is_below_the_second_difference(tokens, d, concentration, seed, t, s):
    q_0 = random_law(tokens, d, concentration, seed)
    q_s = noised(q_0, s)
    given = conditional_total_correlation(q_s, t - s)
    second = (
        two_times(q_0, s, s) - two_times(q_0, t, s) - two_times(q_0, s, t) + two_times(q_0, t, t)
    )
    assert -1e-13 <= given <= second + 1e-13
    # ... which is Σ_i I(X_s^i; X_s^{-i} | X_t), from the joint law of X_s and X_t.
    direct = 0.0
    for column in joint(q_s, t - s).T:
        law = (column / column.sum()).reshape(q_s.shape)
        direct += column.sum() * sum(information(law, i) for i in range(d))
    assert second == pytest.approx(direct, abs=1e-12)


# (3) Φ is a positive mixture of divergences between noised laws of the clean token.


def loss_of_context(q_0, a, b):
    """``Φ(a, b)`` as the mixture."""
    tokens, d, total = q_0.shape[0], q_0.ndim, 0.0
    for i in range(d):
        rest = [j for j in range(d) if j != i]
        law = np.moveaxis(noised(noised(q_0, a, [i]), b, rest), i, -1)
        for y in itertools.product(range(tokens), repeat=d - 1):
            here = law[y]
            for j, c in itertools.product(range(d - 1), range(tokens)):
                there = law[(*y[:j], c, *y[j + 1 :])]
                total += here.sum() / tokens * kl(here / here.sum(), there / there.sum())
    return total


@EACH_CASE
@pytest.mark.parametrize(("a", "b"), [(0.3, 0.3), (0.2, 0.9), (1.0, 0.15)])
def test_3_information_is_lost_as_a_mixture_of_divergences(tokens, d, concentration, seed, a, b):
    q_0, e = random_law(tokens, d, concentration, seed), 1e-4
    slope = (two_times(q_0, a, b + e) - two_times(q_0, a, b - e)) / (2 * e)
    assert -slope == pytest.approx(loss_of_context(q_0, a, b), rel=1e-4, abs=1e-9)


# (4) Reverse data processing.


@st.composite
def token_law(draw, tokens):
    """A law of one token: rough, smooth, or a point mass."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    kind = draw(st.sampled_from(["rough", "smooth", "point", "rare"]))
    if kind == "point":
        return np.eye(tokens)[rng.integers(tokens)]
    law = rng.dirichlet(np.full(tokens, {"rough": 0.1, "smooth": 3.0, "rare": 1.0}[kind]))
    if kind == "rare":
        law = 1e-6 * law + (1 - 1e-6) * np.eye(tokens)[rng.integers(tokens)]
    return law


EXAMPLES = settings(max_examples=300, deadline=None, derandomize=True)


@EXAMPLES
@given(st.data())
def test_4_divergences_do_not_fall_faster_than_the_factor(data):
    tokens = data.draw(st.sampled_from([2, 3, 5, 50]))
    m, other = data.draw(token_law(tokens)), data.draw(token_law(tokens))
    s = data.draw(st.floats(1e-3, 3.0))
    t = s + data.draw(st.floats(1e-3, 3.0))
    early = kl(m @ kernel(s, tokens), other @ kernel(s, tokens))
    late = kl(m @ kernel(t, tokens), other @ kernel(t, tokens))
    assert late * factor(t, s) >= early * (1 - 1e-9) - 1e-12
    assert late <= early + 1e-12


@EXAMPLES
@given(st.floats(1e-9, 1e9))
def test_4_the_two_scalar_inequalities(x):
    psi, eta = x - 1 - math.log(x), x * math.log(x) - x + 1
    room = 1e-12 * (1 + abs(math.log(x))) * (1 + x)
    assert psi * min(x, 1.0) <= eta + room


def test_4_no_smaller_factor_would_do():
    """Many tokens, a sure one against one that is rarely another: ``K(s)/K(t)`` nears ``A``."""
    tokens, s, t, rare = 1000, 0.05, 1.0, 1e-6
    sure, other = np.eye(tokens)[:2]
    m = (1 - rare) * sure + rare * other
    early = kl(m @ kernel(s, tokens), sure @ kernel(s, tokens))
    late = kl(m @ kernel(t, tokens), sure @ kernel(t, tokens))
    assert 0.98 * factor(t, s) < early / late <= factor(t, s)


# (5) The decrement of the dual total correlation.


@EACH_CASE
@EACH_STEP
def test_5_dual_total_correlation_falls_enough(tokens, d, concentration, seed, t, s):
    q_0, a = random_law(tokens, d, concentration, seed), factor(t, s)
    area = two_times(q_0, s, s) - two_times(q_0, s, t)  # ∫_s^t Φ(s, b) db
    fall = dtc(noised(q_0, s)) - dtc(noised(q_0, t))
    given = conditional_total_correlation(noised(q_0, s), t - s)
    assert fall >= area / a - 1e-13
    assert given <= (1 - 1 / a) * area + 1e-13
    assert given <= (a - 1) * fall + 1e-13
    assert growth(t, s) == pytest.approx(a - 1, rel=1e-12)


@EACH_CASE
def test_5_dual_total_correlation_falls_at_the_rate_phi(tokens, d, concentration, seed):
    q_0 = random_law(tokens, d, concentration, seed)
    fall, _ = quad(lambda b: loss_of_context(q_0, b, b), 0.3, 0.5, epsabs=1e-12)
    assert fall == pytest.approx(dtc(noised(q_0, 0.3)) - dtc(noised(q_0, 0.5)), rel=1e-9, abs=1e-12)


# (6) The marginal part.


def marginal_error(m, t, s, method):
    """``E KL(c‖k)`` of one token, its clean law ``m`` given the others."""
    tokens, h = len(m), t - s
    mu_s, mu_t = m @ kernel(s, tokens), m @ kernel(t, tokens)
    total = 0.0
    for x in range(tokens):
        c = mu_s * kernel(h, tokens)[:, x] / mu_t[x]
        own = np.arange(tokens) == x
        rates = np.where(own, 0, mu_t / mu_t[x] / tokens)
        leave = rates.sum()
        moved = h * leave if method == "euler" else -math.expm1(-h * leave)
        k = np.where(own, 1 - moved, moved * rates / leave)
        u = (k - c) / c  # KL term by term, each at least 0: the sum is as small as h³
        total += mu_t[x] * float((c * (u - np.log1p(u))).sum())
    return total


@EXAMPLES
@given(st.data())
def test_6_marginal_part_is_below_m(data):
    tokens = data.draw(st.sampled_from([2, 3, 7, 50]))
    m = data.draw(token_law(tokens))
    t = data.draw(st.floats(0.01, 4.0))
    noise = -math.expm1(-t)
    h = min(t, noise) * data.draw(st.floats(0.02, 0.95))
    s = t - h
    rounding = 1e-14
    assert marginal_error(m, t, s, "euler") <= euler_marginal(t, s) + rounding
    assert marginal_error(m, t, s, "one jump") <= one_jump_marginal(t, s) + rounding
    long = t * data.draw(st.floats(0.02, 0.999))  # τ-leaping needs no short step
    assert marginal_error(m, t, t - long, "one jump") <= one_jump_marginal(t, t - long) + rounding


@pytest.mark.parametrize(
    ("method", "m_of", "t", "u", "share"),
    [("euler", euler_marginal, 0.05, 0.6, 0.55), ("one jump", one_jump_marginal, 0.05, 0.02, 0.2)],
)
def test_6_m_is_within_a_small_factor_of_what_happens(method, m_of, t, u, share):
    """A sure clean token among many, little noise: the worst that a scan finds."""
    s = t + u * math.expm1(-t)
    sure = np.eye(300)[0]
    assert share < marginal_error(sure, t, s, method) / m_of(t, s) <= 1
