"""Counts of tokens that each stay or are drawn afresh, whatever they were: uniform noise.

Such a kernel is ``P(a, b) = keep_a 1[a=b] + drawn_b``, and far less work than any other.  Tokens
that stay are thinned, one axis of counts at a time.  The others are added one by one, by Horner's
rule: the law of ``k`` tokens is that of ``k - 1`` with one more drawn, plus that of ``k`` which all
stayed.  Positive terms only, as in ``convolution``.
"""

import numpy as np

from harness.numerics import compositions, convolution

BOX = 2**21  # entries of a table with an axis for the count of every value


def parts(kernel: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """``(keep [K], drawn [K])`` of a kernel ``[K, K]`` of a noise that ``draws_afresh``.

    Entries of a column differ by their rounding at the most, and so may a kept share be negative.
    """
    drawn = np.where(np.eye(len(kernel), dtype=bool), np.inf, kernel).min(0)
    return np.maximum(np.diag(kernel) - drawn, 0.0), drawn


def fits(values: int, total: int) -> bool:
    """Whether the table is small, and smaller than what a general push needs."""
    return values > 2 and (total + 1) ** values <= BOX


def push(law: np.ndarray, keep: np.ndarray, drawn: np.ndarray, total: int) -> np.ndarray:
    """``law [N]`` of the counts after every token has stayed or been drawn afresh."""
    values, box = len(keep), (total + 1,) * len(keep)
    counts = compositions.states(values, total)
    stayed = np.zeros(box)
    stayed[tuple(counts.T)] = law
    tokens = np.arange(total + 1)
    for share in keep:  # each product also turns the axes by one place
        chance = np.full(total + 1, drawn.sum())
        thin = convolution.binomial(tokens, np.full(total + 1, share), chance, total)
        stayed = (stayed.reshape(total + 1, -1).T @ thin).reshape(box)
    of = drawn / (drawn.sum() or 1.0)  # without noise none is drawn
    whole = np.zeros((1,) * values)
    whole[...] = stayed[(0,) * values]
    for k in range(1, total + 1):
        grown = np.zeros((k + 1,) * values)
        for value, chance in enumerate(of):
            here = tuple(slice(int(v == value), k + (v == value)) for v in range(values))
            grown[here] += chance * whole
        # Of the vectors in the box only those of sum k are of k tokens.
        of_sum = tuple(compositions.states(values, k).T)
        grown[of_sum] += stayed[of_sum]
        whole = grown
    return whole[tuple(counts.T)]
