"""Masked laws, entropies and profiles on tiny spaces in plain numpy: nothing of the library."""

import itertools
import math

import numpy as np
import pytest


def kernel(t, tokens):
    """``[S + 1, S + 1]``."""
    matrix = math.exp(-t) * np.eye(tokens + 1)
    matrix[:, -1] = 1 - math.exp(-t)
    matrix[-1] = np.eye(tokens + 1)[-1]
    return matrix


def embedded(law):
    return np.pad(law, [(0, 1)] * law.ndim)


def noised(law, t, which=None):
    """``law`` on ``[S + 1]*d`` with the tokens of ``which`` (default all) noised for ``t``."""
    for i in range(law.ndim) if which is None else which:
        matrix = kernel(t, law.shape[0] - 1)
        law = np.moveaxis(np.tensordot(law, matrix, ([i], [0])), -1, i)
    return law


def entropy(law):
    kept = law[law > 0]
    return -float((kept * np.log(kept)).sum())


def kl(p, r):
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


def conditional_total_correlation(q_0, t, s):
    """``E TC(X_s | X_t)``, state by state."""
    q_s, step = noised(q_0, s), np.ones((1, 1))
    for _ in range(q_0.ndim):
        step = np.kron(step, kernel(t - s, q_0.shape[0] - 1))
    total = 0.0
    for column in (q_s.reshape(-1, 1) * step).T:
        if column.sum() == 0:
            continue
        law, d = (column / column.sum()).reshape(q_s.shape), q_s.ndim
        alone = sum(entropy(law.sum(tuple(j for j in range(d) if j != i))) for i in range(d))
        total += column.sum() * (alone - entropy(law))
    return total


def subset_average(q_0, r, of, without=()):
    """Mean of ``of(A)`` over sets ``A`` of tokens, each in it with probability ``r``."""
    free, total = [i for i in range(q_0.ndim) if i not in without], 0.0
    for size in range(len(free) + 1):
        for chosen in itertools.combinations(free, size):
            total += r**size * (1 - r) ** (len(free) - size) * of(set(chosen))
    return total


def h_of(q_0, chosen):
    """``H(X_0^A)``; the mask of ``q_0`` has probability 0."""
    return entropy(q_0.sum(tuple(i for i in range(q_0.ndim) if i not in chosen)))


def f(q_0, r):
    return subset_average(q_0, r, lambda chosen: h_of(q_0, chosen))


def f_prime(q_0, r):
    """``Σ_i E H(X^i | X^A)``, ``A`` without ``i``."""
    return sum(
        subset_average(q_0, r, lambda a, i=i: h_of(q_0, a | {i}) - h_of(q_0, a), (i,))
        for i in range(q_0.ndim)
    )


def h_prime(q_0, r):
    """``Σ_{i≠j} E I(X^i; X^j | X^A)``, ``A`` without both."""

    def told(a, i, j):
        return h_of(q_0, a | {i}) + h_of(q_0, a | {j}) - h_of(q_0, a) - h_of(q_0, a | {i, j})

    return sum(
        subset_average(q_0, r, lambda a, i=i, j=j: told(a, i, j), (i, j))
        for i, j in itertools.permutations(range(q_0.ndim), 2)
    )


def coin(p):
    return -p * math.log(p) - (1 - p) * math.log(1 - p) if 0 < p < 1 else 0.0


def random_law(tokens, d, concentration, seed):
    rng = np.random.default_rng(seed)
    return embedded(rng.dirichlet(np.full(tokens**d, concentration)).reshape((tokens,) * d))


CASES = [(2, 2, 1.0, 0), (2, 3, 0.2, 1), (3, 2, 0.5, 2), (2, 4, 0.05, 4)]
EACH_CASE = pytest.mark.parametrize(("tokens", "d", "concentration", "seed"), CASES)
EACH_STEP = pytest.mark.parametrize(("t", "s"), [(0.35, 0.3), (2.0, 0.5), (0.6, 0.0)])
