"""Answers of models by listing all pairs of a clean and a noised state, sharing no code."""

import itertools

import numpy as np

ROUNDING = 2.0**-52


def token_kernel(noise: str, t: float, tokens: int, rates=None) -> np.ndarray:
    """``[C, S]`` from a clean token to a symbol."""
    if noise == "uniform":
        return np.exp(-t) * np.eye(tokens) - np.expm1(-t) / tokens
    if noise == "absorbing":
        return np.hstack([np.exp(-t) * np.eye(tokens), np.full((tokens, 1), -np.expm1(-t))])
    rates, top = np.asarray(rates, np.longdouble), np.abs(rates).max()
    jump, power, weight = np.eye(tokens) + rates / top, np.eye(tokens), np.exp(-top * t)
    found = np.zeros((tokens, tokens), np.longdouble)
    for k in range(1, 150):  # Poisson many jumps: positive numbers only
        found, power, weight = found + weight * power, power @ jump, weight * top * t / k
    return np.asarray(found, float)


def joint(law: np.ndarray, kernel: np.ndarray):
    """``Pr(X_0 = x0, X_t = x)`` ``[C^d, S^d]``, the clean states and all states."""
    (C, S), d = kernel.shape, law.ndim
    clean = np.array(list(itertools.product(range(C), repeat=d)))
    states = np.array(list(itertools.product(range(S), repeat=d)))
    each = np.prod([kernel[np.ix_(clean[:, i], states[:, i])] for i in range(d)], 0)
    return law.reshape(-1, 1) * each, clean, states


def answers(law: np.ndarray, kernel: np.ndarray):
    """``states [S^d, d]``, ``possible [S^d]``, and score, posterior, cavity; nan where 0/0."""
    both, clean, states = joint(law, kernel)
    (C, S), d = kernel.shape, law.ndim
    marginal = both.sum(0)
    score, posterior, cavity = (np.zeros((len(states), d, k)) for k in (S, C, C))
    with np.errstate(invalid="ignore", divide="ignore"):
        for n, i in itertools.product(range(len(states)), range(d)):
            others = np.delete(states, i, 1)
            alike = (others == others[n]).all(1)  # in the order of the symbols of token i
            score[n, i] = marginal[alike] / marginal[n]
            for c in range(C):
                posterior[n, i, c] = both[clean[:, i] == c, n].sum() / marginal[n]
                cavity[n, i, c] = both[np.ix_(clean[:, i] == c, alike)].sum()
            cavity[n, i] /= cavity[n, i].sum()
    return states, marginal > 0, score, posterior, cavity


def law_of(kind: str, C: int, d: int, seed: int = 0) -> np.ndarray:
    """A law with full support, one with forbidden sequences, or one with rare ones."""
    rng = np.random.default_rng(seed)
    law = rng.dirichlet(np.ones(C**d)).reshape((C,) * d)
    if kind == "zeros":
        law[np.indices(law.shape).sum(0) % 2 == 1] = 0.0
    if kind == "rare":
        law *= 10.0 ** -rng.integers(0, 12, law.shape)
    return law / law.sum()
