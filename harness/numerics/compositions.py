"""Count vectors ``(n_0, .., n_{K-1})`` of ``d`` tokens, in graded order.

The order is that of ``(n_1, .., n_{K-1})`` by total, then lexicographically, so that vectors with
few tokens away from value 0 come first; with two values it is the number of ones.
"""

import math
from functools import lru_cache
from itertools import combinations

import numpy as np
from scipy.special import gammaln


def size(values: int, total: int) -> int:
    """Number of count vectors, ``C(d + K - 1, K - 1)``."""
    return math.comb(total + values - 1, values - 1)


@lru_cache(maxsize=256)
def states(values: int, total: int) -> np.ndarray:
    """``[N, K]`` every count vector of ``total`` tokens, in order; read-only."""
    parts = [_exactly(away, values - 1) for away in range(total + 1)]
    away = np.concatenate(parts)
    counts = np.concatenate([total - away.sum(1, keepdims=True), away], 1)
    counts.setflags(write=False)
    return counts


def index(counts: np.ndarray) -> np.ndarray:
    """Position of the count vectors ``counts [..., K]`` in the order of those of their sum."""
    return index_away(np.asarray(counts)[..., 1:])


def index_away(away: np.ndarray) -> np.ndarray:
    """The same from ``(n_1, .., n_{K-1})``: the position does not depend on ``n_0``."""
    parts = away.shape[-1]
    left = away.sum(-1)
    table = _pascal(int(left.max(initial=0)), parts)
    # Vectors with a smaller total, then those with the same total and a smaller part.
    position = np.where(left > 0, table[parts, np.maximum(left - 1, 0)], 0)
    for place in range(parts - 1):
        rest, part = parts - place - 1, away[..., place]
        position = position + (table[rest, left] - table[rest, left - part])
        left = left - part
    return position


def log_multiplicity(counts: np.ndarray) -> np.ndarray:
    """``log(d! / Π n_a!)`` of ``counts [..., K]``: how many sequences have them."""
    factorials = _log_factorials(int(counts.sum(-1).max(initial=0)))
    return factorials[counts.sum(-1)] - factorials[counts].sum(-1)


@lru_cache(maxsize=8)
def _log_factorials(most: int) -> np.ndarray:
    return gammaln(np.arange(most + 1) + 1.0)


@lru_cache(maxsize=64)
def _pascal(most: int, parts: int) -> np.ndarray:
    """``[parts + 1, most + 1]`` ``C(total + parts, parts)``: vectors of sum at most ``total``."""
    return np.array(
        [[math.comb(total + p, p) for total in range(most + 1)] for p in range(parts + 1)]
    )


def _exactly(total: int, parts: int) -> np.ndarray:
    """``[n, parts]`` vectors of the given sum, lexicographically."""
    if parts == 1:
        return np.array([[total]])
    bars = np.array(list(combinations(range(total + parts - 1), parts - 1)))
    ends = np.concatenate(
        [np.full((len(bars), 1), -1), bars, np.full((len(bars), 1), total + parts - 1)], 1
    )
    return np.diff(ends, axis=1) - 1
