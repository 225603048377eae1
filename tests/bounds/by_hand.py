"""Dense laws, entropies and step laws on tiny spaces in plain numpy: nothing of the library."""

import itertools
import math

import numpy as np
import pytest


def kernel(t, tokens):
    return math.exp(-t) * np.eye(tokens) + (1 - math.exp(-t)) / tokens


def noised(law, t, which=None):
    """``law`` with the tokens of ``which`` (default all) noised for ``t``."""
    for i in range(law.ndim) if which is None else which:
        law = np.moveaxis(np.tensordot(law, kernel(t, law.shape[0]), ([i], [0])), -1, i)
    return law


def entropy(law):
    kept = law[law > 0]
    return -float((kept * np.log(kept)).sum())


def kl(p, r):
    p, r = np.ravel(p), np.ravel(r)
    kept = p > 0
    return float((p[kept] * np.log(p[kept] / r[kept])).sum())


def information(law, i):
    """``I(X^i; X^{-i})``."""
    rest = tuple(j for j in range(law.ndim) if j != i)
    return entropy(law.sum(rest)) + entropy(law.sum(i)) - entropy(law)


def two_times(q_0, a, b):
    """``G(a, b) = Σ_i I(X_a^i; X_b^{-i})``."""
    d = q_0.ndim
    return sum(
        information(noised(noised(q_0, a, [i]), b, [j for j in range(d) if j != i]), i)
        for i in range(d)
    )


def dtc(law):
    return sum(entropy(law.sum(i)) for i in range(law.ndim)) - (law.ndim - 1) * entropy(law)


def joint(q_s, h):
    """``Pr(X_s = y, X_t = x)`` as a matrix ``[y, x]``."""
    step = np.ones((1, 1))
    for _ in range(q_s.ndim):
        step = np.kron(step, kernel(h, q_s.shape[0]))
    return q_s.reshape(-1, 1) * step


def factor(t, s):
    """``A`` as displayed."""
    return math.exp(t - s) * math.expm1(t) / math.expm1(s)


def token_laws(method, q_t, t, s):
    """``k[x, i, b]`` of the three methods, from the formulas and the ratios of ``q_t``."""
    tokens, d, h = q_t.shape[0], q_t.ndim, t - s
    states = list(itertools.product(range(tokens), repeat=d))
    laws = np.empty((len(states), d, tokens))
    for n, x in enumerate(states):
        for i in range(d):
            at = tuple(slice(None) if j == i else x[j] for j in range(d))
            ratios = q_t[at] / q_t[x]
            own = np.arange(tokens) == x[i]
            rates = np.where(own, 0, ratios / tokens)
            leave = rates.sum()
            if method == "tweedie":
                earlier = np.linalg.solve(kernel(h, tokens).T, ratios)
                laws[n, i] = earlier * kernel(h, tokens)[:, x[i]]
            elif method == "euler":
                laws[n, i] = np.where(own, 1 - h * leave, h * rates)
            else:
                stay = math.exp(-h * leave)
                laws[n, i] = np.where(own, stay, (1 - stay) * rates / leave)
    return laws


def random_law(tokens, d, concentration, seed):
    rng = np.random.default_rng(seed)
    return rng.dirichlet(np.full(tokens**d, concentration)).reshape((tokens,) * d)


CASES = [(2, 2, 1.0, 0), (2, 3, 0.2, 1), (3, 2, 0.5, 2), (3, 3, 1.0, 3), (2, 4, 0.05, 4)]
TIMES = [(0.35, 0.3), (0.6, 0.1), (2.0, 0.5), (0.04, 0.01)]
EACH_CASE = pytest.mark.parametrize(("tokens", "d", "concentration", "seed"), CASES)
EACH_STEP = pytest.mark.parametrize(("t", "s"), TIMES)


# (2) Total correlation below a second difference of G.


def conditional_total_correlation(q_s, h):
    """``E TC(X_s | X_t)``, state by state."""
    pair, d = joint(q_s, h), q_s.ndim
    total = 0.0
    for column in pair.T:
        law = (column / column.sum()).reshape(q_s.shape)
        alone = sum(entropy(law.sum(tuple(j for j in range(d) if j != i))) for i in range(d))
        total += column.sum() * (alone - entropy(law))
    return total
