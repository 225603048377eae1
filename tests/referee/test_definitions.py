"""The referee agrees with definitions that it does not use."""

import ast
import itertools
import math
from pathlib import Path

import numpy as np
import pytest
from scipy.linalg import expm

from referee import ladder, reference
from referee.small import absorbing, law_of, potts, uniform

SHORT = np.linspace(1.5, 0.3, 5)
SKEW = np.array([[-1.5, 1.0, 0.5], [0.25, -0.75, 0.5], [2.0, 1.0, -3.0]])

FILES = [p for p in Path(reference.__file__).parent.glob("*.py") if p.stem[:5] != "test_"]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_it_imports_nothing_of_the_package(file):
    names = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0
            names.add(node.module.split(".")[0])
    assert names <= {"numpy", "scipy", "itertools", "math", "functools", "referee"}


def test_closed_forms_of_single_token_laws():
    rate, own, h = np.array([0.0, 0.7, 0.4]), 0, 0.3
    R = rate.sum()
    jump = reference.token_law("tau_leaping", own, rate, None, h, SKEW)
    reject = reference.token_law("reject", own, rate, None, h, SKEW)
    euler = reference.token_law("euler", own, rate, None, h, SKEW)
    np.testing.assert_allclose(jump[1:], (1 - math.exp(-R * h)) * rate[1:] / R, rtol=1e-13)
    np.testing.assert_allclose(reject[1:], h * rate[1:] * math.exp(-R * h), rtol=1e-13)
    np.testing.assert_allclose(euler, [1 - h * R, *(h * rate[1:])], rtol=1e-13)
    np.testing.assert_allclose([jump.sum(), reject.sum()], 1.0, rtol=1e-13)


def test_closed_forms_of_poisson_jumps():
    """From 0 among {0, 1, 2}: no jump stays; two jumps by 1, or one by 2, reach 2."""
    one, two = 0.21, 0.12
    rate, none = np.array([0.0, one, two]), math.exp(-one - two)
    lose = reference.token_law("lose", 0, rate, None, 1.0, SKEW)
    clip = reference.token_law("clip", 0, rate, None, 1.0, SKEW)
    np.testing.assert_allclose(lose, [none, one * none, (one**2 / 2 + two) * none], rtol=1e-13)
    np.testing.assert_allclose(clip, [none, one * none, 1 - none - one * none], rtol=1e-13)
    middle = reference.token_law("lose", 1, np.array([one, 0.0, two]), None, 1.0, SKEW)
    down = sum(
        one ** (k + 1) * two**k / math.factorial(k + 1) / math.factorial(k) for k in range(9)
    )
    assert middle[0] == pytest.approx(none * down, rel=1e-13)


def test_closed_forms_of_wrapped_jumps():
    """Of two tokens the parity of the jumps counts; on a ring of three, a sum over all numbers."""
    flip = reference.token_law("wrap", 1, np.array([0.7, 0.0]), None, 0.3, uniform(2))
    np.testing.assert_allclose(flip, [(1 - math.exp(-0.42)) / 2, (1 + math.exp(-0.42)) / 2])
    one, two = 0.21, 0.12
    law = reference.token_law("wrap", 1, np.array([two, 0.0, one]), None, 1.0, SKEW)
    want = np.zeros(3)
    for k, m in itertools.product(range(20), repeat=2):
        each = one**k / math.factorial(k) * two**m / math.factorial(m)
        want[(1 + k + 2 * m) % 3] += each * math.exp(-one - two)
    np.testing.assert_allclose(law, want, rtol=1e-13)


def test_euler_clips_where_a_token_would_leave_too_fast():
    law = reference.token_law("euler", 0, np.array([0.0, 2.0, 1.0]), None, 1.0, SKEW)
    np.testing.assert_allclose(law, [0, 2 / 3, 1 / 3])


def test_with_two_tokens_clipped_jumps_are_single_jumps():
    q0, R = potts(2, 4), uniform(2)
    clip, single = (reference.output_law(q0, R, m, SHORT) for m in ("clip", "tau_leaping"))
    np.testing.assert_allclose(clip, single, rtol=1e-13)


@pytest.mark.parametrize("R", [uniform(3), SKEW])
def test_tweedie_from_the_score_is_the_exact_posterior(R):
    q0 = potts(3, 3)
    exact = reference.step_matrix(q0, R, "tweedie", 0.9, 0.4)
    for other in (dict(ratio_error=1.0), dict(told=0.5)):
        np.testing.assert_allclose(
            reference.step_matrix(q0, R, "tweedie", 0.9, 0.4, **other), exact, rtol=1e-12
        )


def test_a_score_that_solves_the_untransposed_kernel_is_another_law():
    """Uniform noise cannot see the difference; the skewed noise of the vectors can."""
    q0, x = potts(3, 3), reference.states(potts(3, 3))
    for R, same in ((uniform(3), True), (SKEW, False)):
        P, ratio = expm(0.5 * R), reference.ratios(q0, R, 0.9)[5, 0]
        wrong = np.linalg.solve(P, ratio) * P[:, x[5, 0]]
        right = reference.token_law("tweedie", x[5, 0], None, ratio, 0.5, R)
        assert np.allclose(wrong / wrong.sum(), right, rtol=1e-6) == same


def test_small_steps_agree_with_the_reversal():
    q0, h = potts(3, 3), 1e-5
    truth = reference.reversal(q0, SKEW, 0.7 + h, 0.7)
    Q = reference.reverse_generator(q0, SKEW, 0.7)
    np.testing.assert_allclose((truth - np.eye(27)) / h, Q, atol=1e-3)
    for method in reference.METHODS:
        K = reference.step_matrix(q0, SKEW, method, 0.7 + h, 0.7)
        np.testing.assert_allclose((K - np.eye(27)) / h, Q, atol=1e-3)
        leak = 1 - K.sum(1)  # needs two jumps
        assert abs(leak).max() < (10 * h**2 if method == "lose" else 1e-14)
        assert (leak.max() > h**2 / 10) == (method == "lose")


def test_the_forward_process_of_independent_tokens():
    q0 = np.einsum("a,b->ab", [0.2, 0.3, 0.5], [0.6, 0.3, 0.1])
    P = expm(0.8 * SKEW)
    want = np.einsum("a,b->ab", [0.2, 0.3, 0.5] @ P, [0.6, 0.3, 0.1] @ P)
    np.testing.assert_allclose(reference.marginal(q0, SKEW, 0.8), want.ravel(), rtol=1e-13)
    assert ladder.factorisation_kl(q0, SKEW, SHORT) < 1e-15


def test_stationary_laws():
    np.testing.assert_allclose(reference.stationary(uniform(4)), 0.25)
    pi = reference.stationary(SKEW)
    np.testing.assert_allclose(pi @ SKEW, 0, atol=1e-15)
    with pytest.raises(ValueError, match="unique positive stationary law"):
        reference.stationary(absorbing(2))


def test_told_steps_and_score_errors_change_the_law_as_rates_do():
    """Rates times ``c`` for ``h`` is the same as rates for ``c·h``."""
    q0, R, h = potts(2, 4), uniform(2), -np.diff(SHORT)
    for method in ("tau_leaping", "euler", "frozen_score", "lose"):
        told = reference.output_law(q0, R, method, SHORT, "exact", told_steps=1.2 * h)
        faster = reference.output_law(q0, R, method, SHORT, "exact", ratio_error=lambda t: 1.2)
        np.testing.assert_allclose(told, faster, rtol=1e-12)
        assert ladder.tv(told, reference.output_law(q0, R, method, SHORT, "exact")) > 1e-4


def test_score_error_of_a_constant_factor():
    """``D(s, c s) = s (c - 1 - log c)``, and ``E Σ R s`` is the mean exit rate ``d (1 - 1/S)``."""
    got = ladder.score_error(potts(3, 3), uniform(3), SHORT, 1.3)
    assert got == pytest.approx(1.2 * 3 * (2 / 3) * (0.3 - math.log(1.3)), rel=1e-12)


def test_divergences_by_hand():
    q, p = np.array([0.5, 0.5, 0.0]), np.array([0.25, 0.25, 0.25])
    assert ladder.kl(q, p, lost=0.25) == pytest.approx(math.log(2), rel=1e-14)
    assert ladder.tv(q, p) == pytest.approx(0.5)
    assert ladder.kl(q, [1.0, 0.0, 0.0]) == math.inf
    assert ladder.kl([0.5, 0.5], [0.5 + 1e-9, 0.5 - 1e-9]) == pytest.approx(2e-18, rel=1e-6)
    with pytest.raises(ValueError, match="must sum to one"):
        ladder.kl(q, p)


def test_total_correlation_is_the_factorisation_part():
    """Chain KL = factorisation + marginal part, the latter from token laws alone."""
    q0, R, (t, s) = potts(3, 3), SKEW, (0.9, 0.4)
    c, k = (
        reference.step_matrix(q0, R, m, t, s).reshape(27, 3, 3, 3) for m in ("tweedie", "reject")
    )
    weights, marginal = reference.marginal(q0, R, t), 0.0
    for i in range(3):
        others = tuple(1 + j for j in range(3) if j != i)
        a, b = c.sum(others), k.sum(others)
        marginal += (weights[:, None] * a * np.log(a / b)).sum()
    chain = ladder.chain_kl(q0, R, "reject", (t, s), "exact")
    assert chain == pytest.approx(ladder.factorisation_kl(q0, R, (t, s)) + marginal, rel=1e-10)


@pytest.mark.parametrize("method", ["tau_leaping", "wrap", "euler", "tweedie", "frozen_score"])
def test_ladder_under_uniform_noise(method):
    q0, R = potts(2, 3), uniform(2)
    truth, p = reference.marginal(q0, R, 0.3), reference.output_law(q0, R, method, SHORT)
    output, chain = ladder.kl(truth, p), ladder.chain_kl(q0, R, method, SHORT)
    path = ladder.path_kl(q0, R, method, SHORT)
    assert 0 < output < chain <= path * (1 + 1e-8)
    assert output < ladder.differential_inequality(q0, R, method, SHORT) < math.inf
    assert (path == math.inf) == (method in ("tau_leaping", "euler"))
    if method == "tweedie":  # its bridges are the true ones, so that inside a step nothing is lost
        assert path == pytest.approx(chain, rel=1e-8)


@pytest.mark.parametrize("method", ["tau_leaping", "euler", "tweedie", "frozen_score"])
def test_ladder_under_absorbing_noise(method):
    """A token jumps once, so path KL is finite; also where data have forbidden sequences."""
    q0 = np.zeros((3, 3, 3))
    q0[:2, :2, :2] = law_of(lambda x: sum(x) % 2 == 0, 2, 3)
    token = np.array([0.5 * math.exp(-1.5)] * 2 + [1 - math.exp(-1.5)])
    start, R = np.einsum("a,b,c->abc", token, token, token), absorbing(2)
    truth = reference.marginal(q0, R, 0.3)
    p = reference.output_law(q0, R, method, SHORT, start)
    output, chain = ladder.kl(truth, p), ladder.chain_kl(q0, R, method, SHORT, start)
    path = ladder.path_kl(q0, R, method, SHORT, start)
    assert 0 < output < chain <= path * (1 + 1e-8) < math.inf
    assert output < ladder.differential_inequality(q0, R, method, SHORT, start) < math.inf


def test_masked_tweedie_is_the_plug_in():
    """A masked token stays masked with probability ``(1-e^{-s})/(1-e^{-t})``; others never move."""
    q0 = np.zeros((3, 3))
    q0[:2, :2] = [[0.4, 0.1], [0.2, 0.3]]
    t, s = 0.9, 0.4
    K = reference.step_matrix(q0, absorbing(2), "tweedie", t, s).reshape((3,) * 4)
    stay = (1 - math.exp(-s)) / (1 - math.exp(-t))
    np.testing.assert_allclose(K[0, 2, 0], np.array([0.8, 0.2, 0]) * (1 - stay) + [0, 0, stay])
    np.testing.assert_allclose(K[2, 2, 2, 2], stay**2)
    np.testing.assert_allclose(K[1, 0, 1, 0], 1.0)


def test_sharp_constants_of_the_frozen_score():
    """Path and chain KL of one step are ``h³/6`` and ``h³/8`` times the same constant."""
    q0, R, t, h = potts(2, 3), uniform(2), 0.8, 1e-3
    q, ratio = reference.marginal(q0, R, t), reference.ratios(q0, R, t)
    change = (reference.ratios(q0, R, t + 1e-4) - reference.ratios(q0, R, t - 1e-4)) / 2e-4
    constant = (q[:, None, None] * change**2 / ratio).sum() / 2  # R(b, x^i) = 1/S; own change is 0
    path = ladder.path_kl(q0, R, "frozen_score", (t, t - h), "exact")
    chain = ladder.chain_kl(q0, R, "frozen_score", (t, t - h), "exact")
    assert path == pytest.approx(constant * h**3 / 6, rel=0.01)
    assert chain == pytest.approx(constant * h**3 / 8, rel=0.01)


def test_errors():
    q0, R = potts(2, 3), uniform(2)
    with pytest.raises(ValueError, match="at most 256 sequences, got 512"):
        reference.output_law(np.full((2,) * 9, 2.0**-9), R, "euler", SHORT)
    with pytest.raises(ValueError, match=r"one of tau_leaping, .* got 'tau_leapin'"):
        reference.output_law(q0, R, "tau_leapin", SHORT)
    with pytest.raises(ValueError, match="'noise', 'exact' or a law, got 'cold'"):
        reference.output_law(q0, R, "euler", SHORT, "cold")
    with pytest.raises(ValueError, match="'reject' declares no rates"):
        ladder.path_kl(q0, R, "reject", SHORT)
    with pytest.raises(ValueError, match="clipped Euler"):
        ladder.path_kl(q0, R, "euler", SHORT, ratio_error=20.0)
