"""Counts of draws against a law, or against other counts: a chi-square test that is exact.

The cells are taken in turn, the likeliest first.  Given those before it, a cell's count is binomial
(against a law) or hypergeometric (against other counts, given the sums of both).  Where it falls in
that distribution, at random within the jump of its own value, is uniform, whatever the cell
expects, and independent of the cells before it: as a normal deviate, squared and summed up, it is
chi-square exactly, at any level and for any number of draws.  With many draws the sum is
Pearson's statistic (Lancaster's partition of it).

Rare cells are merged not for the level but for the power: one that expects less than a few draws
adds noise and tells little.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import chi2, hypergeom, ncx2, norm

from harness.numerics.root import root
from harness.numerics.statistics import upper_tail

EXPECTED = 5.0  # draws, of a cell that is not merged
POWER = 0.9  # with which an effect that is called detectable is seen


@dataclass(frozen=True)
class ChiSquare:
    """``p_value`` of a ``statistic`` with so many ``degrees`` of freedom.

    ``size`` is the number of draws that tell as much against a known law: of two samples
    ``1 / (1/n + 1/m)``.  ``merged`` is the probability of the cells that were merged, within which
    nothing is seen.
    """

    p_value: float
    statistic: float
    degrees: int
    size: float
    merged: float

    def detectable_tv(self, level: float) -> float:
        """The total variation that a test at ``level`` sees with probability ``POWER``, at least.

        Of laws that far apart in any direction: ``Σ (q-p)²/p >= 4 TV²`` by Cauchy and Schwarz, of
        which ``size`` times is the non-centrality.  At most ``merged`` of a total variation is
        within merged cells.  At most 1, which sees nothing.
        """
        if self.degrees < 1:
            return 1.0
        critical = chi2.isf(level, self.degrees)

        def short(shift: float) -> float:
            return float(ncx2.sf(critical, self.degrees, shift)) - POWER

        upper = 1.0
        while short(upper) < 0:
            upper *= 2
        shift = root(short, 0.0, upper, rtol=1e-6)
        return min(1.0, float(np.sqrt(shift / (4 * self.size))) + self.merged)


def against_law(counts: np.ndarray, law: np.ndarray, seed: int = 0) -> ChiSquare:
    """Test ``counts [m]`` of draws against a ``law [m]`` that sums to one.

    ``seed`` of the places within jumps.  Raises ValueError for counts or a law that are none.
    """
    counts, law = np.asarray(counts), np.asarray(law, np.float64)
    _check_counts("counts", counts, law.shape)
    if not (law.min() >= 0 and abs(law.sum() - 1) < 1e-9):
        raise ValueError(f"law must be at least 0 and sum to 1, got sum {law.sum():g}")
    n = int(counts.sum())
    (k,), p, merged = _merged([counts], law, n * law)
    left, share = _still(k), np.minimum(p / _still(p), 1.0)
    found = _Tails(
        at_least=upper_tail(k, left, share),
        more=np.where(k < left, upper_tail(np.minimum(k + 1, left), left, share), 0.0),
        less=np.where(k > 0, upper_tail(np.minimum(left - k + 1, left), left, 1 - share), 0.0),
        at_most=upper_tail(left - k, left, 1 - share),
    )
    return _summed(found, float(n), merged, bool(counts[law == 0].any()), seed)


def against_counts(counts: np.ndarray, others: np.ndarray, seed: int = 0) -> ChiSquare:
    """Test whether ``counts [m]`` and ``others [m]`` are of draws from one law, whatever it is.

    ``seed`` of the places within jumps.  Raises ValueError for counts that are none.
    """
    counts, others = np.asarray(counts), np.asarray(others)
    for name, each in (("counts", counts), ("others", others)):
        _check_counts(name, each, counts.shape)
    both, n = counts + others, int(counts.sum())
    share = min(n, int(others.sum())) / both.sum()
    (a, b), _, merged = _merged([counts, others], both / both.sum(), both * share)
    law: Any = hypergeom(_still(a + b), a + b, _still(a))
    found = _Tails(law.sf(a - 1), law.sf(a), law.cdf(a - 1), law.cdf(a))
    return _summed(found, 1 / (1 / n + 1 / int(others.sum())), merged, False, seed)


@dataclass(frozen=True)
class _Tails:
    """``[m]`` each: where the count of every cell falls in its distribution, given those before."""

    at_least: Any
    more: Any
    less: Any
    at_most: Any


def _still(values: np.ndarray) -> np.ndarray:
    """``[m]`` what is left in every cell and all after it."""
    return values[::-1].cumsum()[::-1]


def _summed(tails: _Tails, size: float, merged: float, impossible: bool, seed: int) -> ChiSquare:
    """The sum over all cells but the last, which the others determine."""
    cells = len(tails.at_least)
    place = np.random.default_rng(seed).random(cells)
    low = place * tails.at_most + (1 - place) * tails.less
    high = place * tails.more + (1 - place) * tails.at_least
    deviates = norm.isf(np.minimum(np.minimum(low, high), 0.5))[:-1]
    statistic = np.inf if impossible else float((deviates**2).sum())
    p_value = float(chi2.sf(statistic, cells - 1)) if cells > 1 else 1.0 - impossible
    return ChiSquare(p_value, statistic, cells - 1, size, merged)


def _merged(
    samples: list[np.ndarray], law: np.ndarray, expected: np.ndarray
) -> tuple[list[np.ndarray], np.ndarray, float]:
    """Samples and law in groups of cells that expect enough, and the probability of larger groups.

    The likeliest cells come first, rare ones share a group with those that are next to them.
    """
    cells = [int(cell) for cell in np.argsort(-law, kind="stable") if law[cell] > 0]
    groups = [cells[:1]]
    for cell in cells[1:]:
        # Two groups at least, however few are expected: one tells nothing.
        if len(groups) == 1 or expected[groups[-1]].sum() >= EXPECTED:
            groups.append([])
        groups[-1].append(cell)
    if len(groups) > 2 and expected[groups[-1]].sum() < EXPECTED:
        last = groups.pop()
        groups[-1] += last
    found = [np.array([each[group].sum() for group in groups]) for each in samples]
    p = np.array([law[group].sum() for group in groups])
    several = [len(group) > 1 for group in groups]
    return found, p, float(p[several].sum())


def _check_counts(name: str, counts: np.ndarray, shape: tuple[int, ...]) -> None:
    if counts.shape != shape or counts.ndim != 1:
        raise ValueError(f"{name} must have shape [m] of the law, {shape}, got {counts.shape}")
    if not np.issubdtype(counts.dtype, np.integer) or counts.min() < 0 or not counts.sum():
        raise ValueError(f"{name} must be whole numbers of at least 0, with at least one draw")
