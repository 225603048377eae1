"""Each answer of a model, made of another one, against listing all pairs of states."""

import numpy as np
import pytest
from traced.brute_force import ROUNDING, answers, law_of, token_kernel

from harness.noise import Absorbing, CyclicWalk, RateMatrix, Uniform, UniformClasses
from harness.traced import conventions
from harness.traced.conventions import (
    as_law,
    cavity_from_posterior,
    cavity_from_score,
    posterior_from_cavity,
    posterior_from_score,
    rates_from_score,
    score_from_cavity,
    score_from_posterior,
    score_from_rates,
)

ROWS = ((-1.5, 1.0, 0.5), (0.25, -0.75, 0.5), (2.0, 1.0, -3.0))  # not symmetric
NOISES = {"uniform": Uniform(), "absorbing": Absorbing(), "rates": RateMatrix(ROWS)}
TIMES = (1e-8, 1e-3, 0.3, 1.0, 3.0)
CASES = [
    (name, kind, C, d)
    for name in NOISES
    for kind in ("full", "zeros", "rare")
    for C, d in ((2, 1), (3, 2), (2, 4), (5, 2), (3, 3))
    if name != "rates" or C == 3
]
FEW = 20 * ROUNDING  # of sums of a hundred positive numbers, here and in the listing


def close(found, wanted, tolerance=FEW):
    """Entry by entry, relatively: a rare token is as exact as a frequent one."""
    np.testing.assert_allclose(found, wanted, rtol=tolerance, atol=0)


def listed(name, kind, C, d, t):
    kernel = token_kernel(name, t, C, ROWS)
    x, possible, *rest = answers(law_of(kind, C, d), kernel)
    return kernel, x[possible], *(each[possible] for each in rest)


def amplified(kernel):
    """How much undoing the noise of a token multiplies a rounding."""
    clean = kernel[:, : len(kernel)]
    return 1.0 if clean.shape != kernel.shape else np.abs(np.linalg.inv(clean)).sum(0).max()


@pytest.mark.parametrize(("name", "kind", "C", "d"), CASES)
@pytest.mark.parametrize("t", TIMES)
def test_every_answer_is_made_of_every_other(name, kind, C, d, t):
    """From laws to 20 roundings of each entry; from ratios to 20 of what undoing noise makes."""
    noise, (kernel, x, score, posterior, cavity) = NOISES[name], listed(name, kind, C, d, t)
    close(score_from_cavity(cavity, noise, t, x), score)
    close(posterior_from_cavity(cavity, noise, t, x), posterior)
    shown = (x < C) & (name == "absorbing")
    close(cavity_from_posterior(posterior, noise, t, x, np.nan)[~shown], cavity[~shown])
    close(score_from_posterior(posterior, noise, t, x, np.nan)[~shown], score[~shown])
    off = 20 * ROUNDING * amplified(kernel)
    made = cavity_from_score(score, noise, t, x)
    np.testing.assert_allclose(made, cavity, rtol=0, atol=off)
    # A posterior's entries share what the prior of a rare own token divides by.
    here = (cavity @ kernel)[(*np.indices(x.shape), x)][..., None]
    from_score = posterior_from_score(score, noise, t, x)
    assert (np.abs(from_score - posterior) <= FEW + off * kernel.T[x] / here).all()


@pytest.mark.parametrize(("name", "kind", "C", "d"), CASES)
@pytest.mark.parametrize("t", TIMES)
def test_there_and_back(name, kind, C, d, t):
    noise, (kernel, x, score, posterior, cavity) = NOISES[name], listed(name, kind, C, d, t)
    back = posterior_from_cavity(cavity, noise, t, x)
    masks = x == C
    close(cavity_from_posterior(back, noise, t, x, 0.0)[masks], cavity[masks])
    if name != "absorbing":
        close(cavity_from_posterior(back, noise, t, x), cavity)
        again = cavity_from_posterior(posterior, noise, t, x)
        close(posterior_from_cavity(again, noise, t, x), posterior)
    # Noising again shrinks what undoing it has multiplied: nothing of e^t is left, but of a matrix
    # that was inverted, whose own rounding is as large.
    again = score_from_cavity(cavity_from_score(score, noise, t, x), noise, t, x)
    off = FEW * score.max(-1, keepdims=True) * np.maximum(1, score)
    off *= amplified(kernel) if name == "rates" else 1.0
    assert (np.abs(again - score) <= off).all()
    rates = rates_from_score(score, noise, x)
    told = score_from_rates(rates, noise, x, np.nan)
    known = ~np.isnan(told)
    close(told[known], score[known], 4 * ROUNDING)
    assert known.all() or name == "absorbing"


@pytest.mark.parametrize("name", NOISES)
def test_rates_are_those_of_the_reversed_flow(name):
    """Flow ``q(x) R(x, y) = q(y) rate(y -> x)``, with a generator from the kernel's derivative."""
    t, C, d = 0.7, 3, 2
    kernel, x, score, *_ = listed(name, "full", C, d, t)
    S = kernel.shape[1]
    generator = np.array(ROWS) if name == "rates" else np.ones((S, S)) / S
    if name == "absorbing":
        generator = np.zeros((S, S))
        generator[:, -1] = 1
    rates = rates_from_score(score, NOISES[name], x)
    for n, i, b in np.ndindex(rates.shape):
        wanted = 0.0 if b == x[n, i] else generator[b, x[n, i]] * score[n, i, b]
        assert rates[n, i, b] == pytest.approx(wanted, rel=4 * ROUNDING)


def test_a_transposed_kernel_would_be_seen():
    """What the other way round gives is off by more than a percent."""
    t = 0.5
    kernel, x, score, posterior, cavity = listed("rates", "full", 3, 2, t)
    turned = cavity @ kernel.T
    turned /= np.take_along_axis(turned, x[..., None], -1)
    assert np.abs(turned / score - 1).max() > 0.01
    wrong = cavity * kernel[x]
    assert np.abs(wrong / wrong.sum(-1, keepdims=True) - posterior).max() > 0.01


@pytest.mark.parametrize("t", [0.0, np.inf])
def test_the_ends_of_time(t):
    """At ``T = inf`` uniform noise tells nothing; at 0 a token tells itself, a mask cannot be."""
    _, x, _, _, cavity = listed("uniform", "full", 3, 2, 1.0)
    posterior = posterior_from_cavity(cavity, Uniform(), t, x)
    close(posterior, cavity if t else conventions.own_tokens(x, 3).astype(float))
    if t:
        close(score_from_cavity(cavity, Uniform(), t, x), np.ones((9, 2, 3)))
        close(cavity_from_posterior(cavity, Uniform(), t, x), cavity)
    masks = np.full((1, 2), 3)
    for convert in (posterior_from_cavity, cavity_from_posterior):
        close(convert(cavity[:1], Absorbing(), t, masks), cavity[:1])


def test_what_cannot_be():
    """``x`` outside the data under absorbing noise: a shown token stays, a mask is uniform."""
    m = np.array([[[0.0, 1.0], [0.3, 0.7]]])  # token 0 is shown, and impossible given the other
    x = np.array([[0, 2]])
    close(posterior_from_cavity(m, Absorbing(), 1.0, x), [[[1, 0], [0.3, 0.7]]])
    close(score_from_cavity(m, Absorbing(), 1.0, x)[0, 0], [1, 0, 0])
    nothing = np.array([[[1.0, 0, 0], [0, 0, 1.0]]])
    close(posterior_from_score(nothing, Absorbing(), 1.0, x), [[[1, 0], [0.5, 0.5]]])


def test_ratios_of_no_law_are_told():
    x = np.array([[0]])
    m = cavity_from_score(np.array([[[1.0, 0.01, 3.0]]]), Uniform(), 1.0, x)
    assert m.sum() == pytest.approx(1, rel=FEW)
    assert m.min() < -0.1
    law, below = as_law(m)
    assert below[0, 0] == -m.min()
    close(law, np.maximum(m, 0) / (1 - m.min()))


def test_what_the_arrays_do_not_tell_is_refused():
    shown, p = np.array([[1, 2]]), np.array([[[0.0, 1.0], [0.5, 0.5]]])
    for convert in (cavity_from_posterior, score_from_posterior):
        with pytest.raises(ValueError, match=r"token 1 at position 0 of row 0 .* give unknown="):
            convert(p, Absorbing(), 1.0, shown)
        assert (convert(p, Absorbing(), 1.0, shown, unknown=7.0)[0, 0] == 7).sum() == 2
    with pytest.raises(ValueError, match="does not tell its law given the others: under Uniform"):
        cavity_from_posterior(p[:, :1], Uniform(), 0.0, shown[:, :1])
    with pytest.raises(ValueError, match=r"does not lead from 0 to 1, at position 0 of row 0"):
        score_from_rates(np.zeros((1, 1, 3)), Absorbing(), shown[:, :1])
    ratios = np.ones((1, 1, 3))
    for noise, t in ((Uniform(), 17.0), (Uniform(), np.inf), (RateMatrix(ROWS), 9.0)):
        with pytest.raises(ValueError, match=r"noise time (17|inf|9) tell no law of clean tokens"):
            cavity_from_score(ratios, noise, t, shown[:, :1])
    with pytest.raises(ValueError, match="has no kernel in 64 bits at noise time inf"):
        cavity_from_score(ratios, CyclicWalk(), np.inf, shown[:, :1])


@pytest.mark.parametrize(
    ("given", "x", "t", "noise", "told"),
    [
        (np.ones((1, 2)), [[0, 1]], 1.0, Uniform(), r"cavity must have shape \[n, d, columns\]"),
        (np.ones((1, 1, 3)), [[3]], 1.0, Uniform(), "symbols from 0 to 2 under Uniform.*got 3"),
        (np.ones((1, 1, 3)), [[-1]], 1.0, Absorbing(), "symbols from 0 to 3 under Abs.*got -1"),
        (np.ones((1, 1, 3)), [[0]], -0.5, Uniform(), "noise time must be at least 0, got -0.5"),
        (np.ones((1, 1, 3)), [[0]], np.nan, Uniform(), "noise time must be at least 0, got nan"),
        (np.full((1, 1, 3), np.nan), [[0]], 1.0, Uniform(), "cavity must be finite, got nan"),
        (np.ones((1, 1, 4)), [[0]], 1.0, RateMatrix(ROWS), "rate matrix has 3 tokens"),
        (np.ones((1, 1, 2)), [[0]], 1.0, UniformClasses((2, 3)), r"classes of them of .*\[2, 3\]"),
    ],
)
def test_bad_input_is_named(given, x, t, noise, told):
    with pytest.raises(ValueError, match=told):
        score_from_cavity(given, noise, t, np.array(x))


def test_other_bad_input_is_named():
    x = np.array([[0]])
    with pytest.raises(ValueError, match="posterior must be at least 0, got -2"):
        cavity_from_posterior(np.array([[[-2.0, 1.0]]]), Uniform(), 1.0, x)
    with pytest.raises(ValueError, match=r"posterior must not be 0 altogether, .* 0 of row 0"):
        cavity_from_posterior(np.zeros((1, 1, 2)), Uniform(), 1.0, x)
    with pytest.raises(TypeError, match="x must hold integer tokens, got float64"):
        cavity_from_posterior(np.ones((1, 1, 2)), Uniform(), 1.0, x * 1.0)


@pytest.mark.parametrize("seed", range(12))
def test_any_generator(seed):
    """Random rates, a third of them 0, on 2 to 5 tokens and 1 to 4 places, near time 0 and far."""
    rng = np.random.default_rng(seed)
    S, d, t = 2 + seed % 4, 1 + seed % 3 + (seed % 4 == 0), float(rng.choice([1e-5, 0.1, 1.0]))
    rows = rng.exponential(size=(S, S)) * (rng.random((S, S)) > 1 / 3) * (1 - np.eye(S))
    rows += np.roll(np.eye(S), 1, 1)  # so that every token leads to every other
    np.fill_diagonal(rows, 0)
    rows -= np.diag(rows.sum(1))
    noise, kernel = RateMatrix(rows.tolist()), token_kernel("rates", t, S, rows)
    x, _, score, posterior, cavity = answers(law_of("zeros" if seed % 2 else "rare", S, d), kernel)
    close(score_from_cavity(cavity, noise, t, x), score, 2 * FEW)
    close(posterior_from_cavity(cavity, noise, t, x), posterior, 2 * FEW)
    close(cavity_from_posterior(posterior, noise, t, x), cavity, 2 * FEW)
    close(score_from_posterior(posterior, noise, t, x), score, 4 * FEW)
    made = cavity_from_score(score, noise, t, x)
    np.testing.assert_allclose(made, cavity, rtol=0, atol=FEW * amplified(kernel))
