"""Counts of tokens that move independently: a convolution of multinomials, positive terms only.

A state is a vector of counts, in the order of ``compositions.states``.  What a group of tokens
contributes to the new counts is a vector ``c = (c_1, .., c_{K-1})`` in the same order, in which
the vectors of total at most ``m`` come first.  The values are split in two groups; a contribution
of each makes a new state, so that for many states at once the sum over both is one matrix product,
and a scatter.  No FFT, whose floor would drown the tails: every entry keeps its relative precision
(about 1e-15 times the number of tokens) as long as it is above 1e-290.
"""

import math
from functools import lru_cache

import numpy as np

from harness.numerics import compositions

BINS = 16  # groups of states that share a matrix product


def cost(values: int, total: int) -> tuple[int, int]:
    """``(bytes, flops)`` of one push, by arithmetic: whole numbers, which may exceed any float."""
    states = compositions.size(values, total)
    first = values // 2
    width = _bin_width(total)
    flops, largest, tables = 0, 0, 0
    for low in range(0, total + 1, width):
        high = min(low + width - 1, total)
        rows = sum(
            compositions.size(first, m) * compositions.size(values - first, total - m)
            for m in range(low, high + 1)
        )
        left = compositions.size(values, high)
        right = compositions.size(values, total - low)
        flops += 2 * rows * left * right
        tables += 4 * left * right
        largest = max(largest, 8 * (3 * rows * (left + right) + 2 * left * right))
    if values > 3:  # where two values' contributions end, kept for every pair of their tokens
        tables += 4 * math.comb(total + 2 * values, 2 * values)
    return largest + tables + 8 * states * values * (values + 4), flops


def push(law: np.ndarray, kernel: np.ndarray, total: int) -> np.ndarray:
    """``law [N]`` of the counts after every token has moved once, independently.

    ``kernel [N, K, K]``: in state ``n`` a token at ``a`` goes to ``b`` with probability
    ``kernel[n, a, b]``; ``[K, K]`` where that is the same in all states.  Rows may sum to less
    than one: the rest is lost.  Rows of values that no token has are not read.
    """
    values = kernel.shape[-1]
    counts = compositions.states(values, total)
    kernel = np.broadcast_to(kernel, (len(counts), values, values))
    middle, width = values // 2, _bin_width(total)
    in_first = counts[:, :middle].sum(1)
    after = np.zeros(len(counts))
    for low in range(0, total + 1, width):
        high = min(low + width - 1, total)
        rows = np.flatnonzero((in_first >= low) & (in_first <= high) & (law > 0))
        if not len(rows):
            continue
        first = _contribution(counts[rows], kernel[rows], range(middle), high)
        second = _contribution(counts[rows], kernel[rows], range(middle, values), total - low)
        both = (first * law[rows, None]).T @ second
        to = _sums(values, total, high, total - low)
        after += np.bincount(to.reshape(-1), both.reshape(-1), len(after))
    return after


def _bin_width(total: int) -> int:
    return -(-(total + 1) // BINS)


@lru_cache(maxsize=2048)
def _sums(values: int, total: int, most: int, more: int) -> np.ndarray:
    """``[P, P']`` state of the sum of two contributions; what is above ``total`` never happens."""
    left = compositions.states(values, most)[:, None, 1:]
    right = compositions.states(values, more)[None, :, 1:]
    last = compositions.size(values, total) - 1
    if values == 2:
        return np.minimum((left + right)[..., 0], last).astype(np.int32)
    return np.minimum(compositions.index_away(left + right), last).astype(np.int32)


def _contribution(counts: np.ndarray, kernel: np.ndarray, group: range, most: int) -> np.ndarray:
    """``[n, P]`` law of what tokens of a group of values contribute, ``P`` for up to ``most``."""
    law, held = None, np.zeros(len(counts), int)
    for value in group:
        alone = multinomial(counts[:, value], kernel[:, value], most)
        law = alone if law is None else _convolved(law, held, alone, counts[:, value], most)
        held = held + counts[:, value]
    assert law is not None
    return law


def _convolved(
    first: np.ndarray, held: np.ndarray, second: np.ndarray, more: np.ndarray, most: int
) -> np.ndarray:
    """Row by row, the law of a sum of contributions of ``held`` and of ``more`` tokens."""
    values = _values(first.shape[1], most)
    law = np.zeros_like(first)
    for a, b in np.unique(np.stack([held, more], 1), axis=0):
        rows = np.flatnonzero((held == a) & (more == b))
        left = first[rows, : compositions.size(values, a)]
        right = second[rows, : compositions.size(values, b)]
        reached = compositions.size(values, a + b)
        if values == 3:
            for row, x, y in zip(rows, left, right, strict=True):
                law[row, :reached] = _convolved_pair(x, int(a), y, int(b))
            continue
        to = _sums(values, int(a + b), int(a), int(b)).reshape(-1)
        for row, x, y in zip(rows, left, right, strict=True):
            law[row, :reached] = np.bincount(to, np.outer(x, y).reshape(-1), reached)
    return law


def _convolved_pair(x: np.ndarray, a: int, y: np.ndarray, b: int) -> np.ndarray:
    """Three values: contributions are pairs ``(c_1, c_2)``; one Toeplitz matrix product."""
    if a > b:
        x, a, y, b = y, b, x, a
    size = a + b + 1
    small, large = np.zeros((a + 1, 2 * b + a + 1)), np.zeros((b + 1, b + 1))
    i, j = _grid(a)
    small[i, b + j] = x
    large[_grid(b)] = y
    # view[k, i, l] = small[i, l - k]: a Toeplitz matrix for every row i.
    across, along = small.strides
    view = np.lib.stride_tricks.as_strided(
        small[:, b:], (b + 1, a + 1, size), (-along, across, along)
    )
    product = (large @ view.reshape(b + 1, -1)).reshape(b + 1, a + 1, size)
    total = np.zeros((size, size))
    for row in range(a + 1):
        total[row : row + b + 1] += product[:, row]
    return total[_grid(a + b)]


@lru_cache(maxsize=512)
def _grid(most: int) -> tuple[np.ndarray, np.ndarray]:
    """``c_1`` and ``c_2`` of every pair of total at most ``most``, in order."""
    away = compositions.states(3, most)[:, 1:]
    return away[:, 0].copy(), away[:, 1].copy()


def _values(contributions: int, most: int) -> int:
    return next(k for k in range(2, 99) if compositions.size(k, most) >= contributions)


def multinomial(tokens: np.ndarray, kernel: np.ndarray, most: int) -> np.ndarray:
    """``[n, P]`` law of where ``tokens [n]`` tokens go with probabilities ``kernel [n, K]``."""
    values = kernel.shape[-1]
    kernel = np.where(tokens[:, None] > 0, kernel, 1.0)
    leave = kernel[:, 1:].sum(1)
    away = binomial(tokens, leave, kernel[:, 0], most)
    if values == 2:
        return away
    places = compositions.states(values, most)[:, 1:]
    share = kernel[:, 1:] / np.where(leave > 0, leave, 1.0)[:, None] * (values - 1)
    law = away[:, places.sum(1)] * _orders(values, most)
    for place in range(values - 1):
        powers = np.ones((len(tokens), most + 1))
        np.cumprod(
            np.broadcast_to(share[:, place, None], (len(tokens), most)), 1, out=powers[:, 1:]
        )
        law *= powers[:, places[:, place]]
    return law


@lru_cache(maxsize=64)
def _orders(values: int, most: int) -> np.ndarray:
    """``[P]`` ``(Σc)! / Πc! / (K-1)^{Σc}``: at most one."""
    found = []
    for places in compositions.states(values, most)[:, 1:].tolist():
        left, orders = sum(places), 1
        scale = (values - 1) ** left
        for part in places:
            orders *= math.comb(left, part)
            left -= part
        found.append(orders / scale)
    return np.array(found)


def binomial(tokens: np.ndarray, p: np.ndarray, q: np.ndarray, most: int) -> np.ndarray:
    """``[n, most + 1]`` ``C(m, j) p^j q^{m-j}``, by products outward from the largest entry."""
    m, p, q = (each[:, None].astype(float) for each in (tokens, p, q))
    j = np.arange(most + 1.0)
    whole = p + q
    mode = np.minimum(np.floor((m + 1) * p / np.where(whole > 0, whole, 1.0)), m)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        rise = np.where(j > mode, (m - j + 1) / j * (p / q), 1.0)
        rise = np.where(j > m, 0.0, rise)  # also where q = 0
        fall = np.where(j < mode, (j + 1) / (m - j) * (q / p), 1.0)
    law = np.cumprod(rise, 1) * np.cumprod(fall[:, ::-1], 1)[:, ::-1]
    return law / law.sum(1, keepdims=True) * whole**m
