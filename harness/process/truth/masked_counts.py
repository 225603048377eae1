"""Counts of tokens of which some are masked: masks alone move, or alone are moved to.

``convolution`` lets every value go to every other.  Under absorbing noise clean tokens only become
masks, and in a reverse step masks only become clean, which takes far fewer terms: every one is
positive here too.  Count vectors are ``(n_0, .., n_{S-1}, masks)``, in ``compositions``' order.
"""

from functools import lru_cache

import numpy as np
from scipy.stats import binom

from harness.numerics import compositions, convolution


def masked(law: np.ndarray, kept: float, hidden: float, values: int, total: int) -> np.ndarray:
    """``law [.., N]`` after each clean token was masked with probability ``hidden``, else ``kept``.

    One value after the other; the states that agree in all others are a line.
    """
    n = np.arange(total + 1)
    # The smaller probability is the one that has all its digits.
    stay = (
        binom.pmf(n, n[:, None], kept)
        if kept < hidden
        else binom.pmf(n[:, None] - n, n[:, None], hidden)
    )
    for value in range(values - 1):
        after = np.zeros_like(law)
        for lines in _lines(values, total, value):
            size = lines.shape[1]
            after[..., lines] = law[..., lines] @ stay[:size, :size]
        law = after
    return law


def revealed(law: np.ndarray, token: np.ndarray, total: int) -> np.ndarray:
    """``law [N]`` after each mask moved on its own; in state ``n`` to ``b`` with ``token[n, b]``.

    ``b`` counts like the values of a state: the last is the mask itself.
    """
    values = token.shape[1]
    counts, after = compositions.states(values, total), np.zeros(len(law))
    stay_first = np.roll(token, 1, axis=1)
    for masks in range(total + 1):
        rows = np.flatnonzero((counts[:, -1] == masks) & (law > 0))
        if len(rows):
            held = counts[rows, -1]
            share = convolution.multinomial(held, stay_first[rows], masks) * law[rows, None]
            to = _reached(values, total, masks)
            here = np.searchsorted(_with_masks(values, total, masks), rows)
            after += np.bincount(to[here].reshape(-1), share.reshape(-1), len(law))
    return after


@lru_cache(maxsize=8)
def _lines(values: int, total: int, value: int) -> list[np.ndarray]:
    """States in rows ``[lines, m + 1]``: the tokens of ``value`` and the masks are ``m`` in all.

    In a row ``value`` goes from none to ``m``.  One array for each ``m``.
    """
    counts = compositions.states(values, total)
    others = np.delete(counts[:, :-1], value, axis=1)
    order = np.lexsort((counts[:, value], *others.T))
    free = (total - others.sum(1))[order]
    return [order[free == m].reshape(-1, m + 1) for m in range(total + 1)]


@lru_cache(maxsize=512)
def _with_masks(values: int, total: int, masks: int) -> np.ndarray:
    return np.flatnonzero(compositions.states(values, total)[:, -1] == masks)


@lru_cache(maxsize=512)
def _reached(values: int, total: int, masks: int) -> np.ndarray:
    """``[states, P]`` int32: from each state with so many masks, by each way to reveal them."""
    counts = compositions.states(values, total)[_with_masks(values, total, masks)]
    ways = compositions.states(values, masks)  # the first value stands for staying masked
    after = np.roll(ways, -1, axis=1)[None] + counts[:, None] * (np.arange(values) < values - 1)
    return compositions.index(after).astype(np.int32)
