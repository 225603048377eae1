"""Are the rows of a batch draws of their own?

Nothing is asked of their law: under the null hypothesis all rows of all batches are alike, so to
deal them out to batches anew changes nothing.  That is done many times, and the true dealing is one
of them: its rank is uniform, whatever the law and the sizes are.  Dealings end when enough were
beyond the true one on either side (Besag and Clifford, 1991: the rank is then ``ENOUGH`` over their
number), so only what is to be an alarm takes all of them.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import norm

from harness.numerics.exact_chi_square import POWER

ENOUGH = 10  # dealings beyond the true one on a side
LEAST_DEALINGS = 200  # whose spread says what could be seen
MOST_DEALINGS = 200_000


@dataclass(frozen=True)
class Agreement:
    """How often two rows of one batch agree, against two rows whatever their batches.

    ``together`` and ``expected`` are shares of pairs; ``detectable`` is the least difference of
    them that a test at its level sees with probability ``POWER``.
    """

    p_value: float
    together: float
    expected: float
    detectable: float


def dealings_for(level: float) -> int:
    """How many dealings a test at ``level`` may take.  Raises ValueError where that is too many."""
    needed = math.ceil(2 / level)
    if needed > MOST_DEALINGS:
        raise ValueError(
            f"a test at level {level:.2g} deals the rows of batches anew {needed:,} times, more "
            f"than {MOST_DEALINGS:,}: allow more false alarms"
        )
    return max(LEAST_DEALINGS, needed)


def agreements(rows: np.ndarray, level: float, seed: int = 0) -> tuple[Agreement, Agreement]:
    """Test whether ``rows [batches, m, d]`` agree more or less within a batch than else.

    Two agreements: in the whole row, and in single tokens at one place.  ``level`` is that of each
    test, ``seed`` that of the dealings, which are the same for both.  Raises ValueError where there
    are not two rows and two batches.
    """
    batches, m, d = rows.shape
    if batches < 2 or m < 2:
        raise ValueError(f"rows of batches need 2 batches of 2 rows, got {batches} of {m}")
    rng, most = np.random.default_rng(seed), dealings_for(level)
    kinds, codes = np.unique(rows.reshape(-1, d), axis=0, return_inverse=True)
    codes, tokens = codes.reshape(-1), _one_hot(kinds)
    first = np.repeat(np.arange(batches) * len(kinds), m)  # of the counts of each row's batch

    def pairs() -> tuple[float, float]:
        counts = np.bincount(first + codes, minlength=batches * len(kinds)).reshape(batches, -1)
        return _pairs(counts), _pairs(counts @ tokens)

    ranks, dealt = [_Rank(true) for true in pairs()], 0
    while dealt < most and (dealt < LEAST_DEALINGS or not all(rank.known for rank in ranks)):
        rng.shuffle(codes)
        dealt += 1
        for rank, value in zip(ranks, pairs(), strict=True):
            rank.add(value)
    scale = batches * m * (m - 1) / 2
    whole, single = (
        rank.found(level, s) for rank, s in zip(ranks, (scale, scale * d), strict=True)
    )
    return whole, single


def order_of_calls(states: np.ndarray, cells: int, level: float, seed: int = 0) -> float:
    """p-value of: the first half of calls draws from another law than the second.

    ``states [batches, m]`` are numbers below ``cells``, ``level`` is that of the test.  Whole
    batches are dealt anew, by ``seed``, so that rows of a batch may hang together.
    """
    kinds = states + np.arange(len(states))[:, None] * cells
    counts = np.bincount(kinds.ravel(), minlength=len(states) * cells).reshape(-1, cells)
    half, rng = len(states) // 2, np.random.default_rng(seed)
    return _rank_of_halves(
        lambda: counts[:half].sum(0), counts.sum(0), lambda: rng.shuffle(counts), level
    )


def place_in_batch(states: np.ndarray, cells: int, level: float, seed: int = 0) -> float:
    """p-value of: the first half of a batch is drawn from another law than the second.

    ``states``, ``cells``, ``level``, ``seed`` as of ``order_of_calls``; the rows of each batch are
    dealt anew among themselves.
    """
    dealt, rng = states.copy(), np.random.default_rng(seed)
    half, total = dealt.shape[1] // 2, np.bincount(dealt.ravel(), minlength=cells)
    return _rank_of_halves(
        lambda: np.bincount(dealt[:, :half].ravel(), minlength=cells),
        total,
        lambda: rng.permuted(dealt, axis=1, out=dealt),
        level,
    )


def _rank_of_halves(
    half: Callable[[], np.ndarray], total: np.ndarray, deal: Callable[[], Any], level: float
) -> float:
    """The rank of ``Σ (half - its mean)² / total`` among dealings, large ones being an alarm."""
    held = total > 0
    share = half().sum() / total.sum()

    def far() -> float:
        return float(((half() - share * total)[held] ** 2 / total[held]).sum())

    rank, most = _Rank(far()), dealings_for(level)
    while len(rank.dealt) < most and rank.reached[0] == 0:
        deal()
        rank.add(far())
    return rank.side(0)


class _Rank:
    """The rank of the ``true`` value among those of dealings, on both sides."""

    def __init__(self, true: float) -> None:
        self.true = true
        self.dealt: list[float] = []
        self.beyond, self.reached = [0, 0], [0, 0]

    def add(self, value: float) -> None:
        self.dealt.append(value)
        for side, is_beyond in enumerate((value >= self.true, value <= self.true)):
            self.beyond[side] += is_beyond
            if self.beyond[side] == ENOUGH and not self.reached[side]:
                self.reached[side] = len(self.dealt)

    @property
    def known(self) -> bool:
        """Whether enough dealings are beyond on both sides."""
        return min(self.beyond) >= ENOUGH

    def side(self, side: int) -> float:
        """The p-value of the true value's being too large (0) or too small (1)."""
        reached = self.reached[side]
        return ENOUGH / reached if reached else (self.beyond[side] + 1) / (len(self.dealt) + 1)

    def found(self, level: float, scale: float) -> Agreement:
        """Of so many pairs, ``scale``."""
        reach = float(norm.isf(level / 2) + norm.ppf(POWER))
        return Agreement(
            p_value=float(min(1.0, 2 * min(self.side(0), self.side(1)))),
            together=self.true / scale,
            expected=float(np.mean(self.dealt)) / scale,
            detectable=reach * float(np.std(self.dealt)) / scale,
        )


def _one_hot(kinds: np.ndarray) -> np.ndarray:
    """``[m, values]`` which values, each at its place, the rows ``kinds [m, d]`` hold."""
    columns = [np.unique(column, return_inverse=True)[1] for column in kinds.T]
    return np.concatenate([np.eye(column.max() + 1)[column] for column in columns], 1)


def _pairs(counts: np.ndarray) -> float:
    """How many pairs are of one kind, of ``counts`` of kinds."""
    return float((counts * (counts - 1)).sum()) / 2


def repeated(first: np.ndarray, second: np.ndarray) -> tuple[int, float]:
    """The shift by which ``second [m, d]`` repeats rows of ``first [m, d]``, and its ``p_value``.

    Rows ``k`` to ``m`` of one are rows 0 to ``m - k`` of the other, ``k`` the least such shift up
    to half of the rows, of either sign; 0 and 1.0 where there is none.  Two independent rows agree
    with probability ``c`` at most, that of the likeliest row, here its frequency among both; so
    some shift repeats ``m/2`` rows or more with probability ``2 Σ_k c^{m-k}`` at most.
    """
    m = len(first)
    _, counts = np.unique(np.concatenate([first, second]), axis=0, return_counts=True)
    c = float(counts.max() / counts.sum())
    chance = min(1.0, 2 * sum(c ** (m - k) for k in range(m // 2 + 1)))
    for k in range(m // 2 + 1):
        for shift, (a, b) in (
            (k, (first[k:], second[: m - k])),
            (-k, (first[: m - k], second[k:])),
        ):
            if (a == b).all():
                return shift, chance
    return 0, 1.0
