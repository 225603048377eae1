"""Calibrated tests of draws against an exact law: a false-alarm budget and a detectable effect.

Nothing here is asymptotic, since a chi-squared table means little at ``p ~ 1e-8``.  Two statistics
share the level of a test equally: the worst cell (exact binomial tails, Bonferroni over the cells)
sees a concentrated error, the total variation between draws and law sees one that is spread out.
The incomplete beta function is used directly: ``scipy.stats.binom`` fails where cells are rare.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import betainc, betaincinv, betaln, xlog1py, xlogy

from harness.foundation.validation import integer, real

FALSE_ALARM = 1e-6  # probability that a correct library fails its test suite by chance
POWER = 0.99  # probability with which a stated effect is detected


def false_alarm_each(tests: int) -> float:
    """The level of each of ``tests`` random tests that share the suite's budget."""
    return FALSE_ALARM / integer("tests", tests, 1)


@dataclass(frozen=True)
class DrawsTest:
    """Draws against a law: ``passed`` unless ``p_value <= false_alarm``.

    ``reason`` says which in words, of how many ``draws``.  ``tv`` is between draws and law.  Draws
    from a law further than ``detectable_tv`` away, or with more than ``detectable_shift`` extra
    probability in any one cell, fail with probability ``POWER`` at least.  ``cells`` counts the
    outcomes of positive probability, lost included.
    """

    passed: bool
    p_value: float
    false_alarm: float
    reason: str
    draws: int
    cells: int
    tv: float
    detectable_tv: float
    detectable_shift: float


def draws_test(draws: np.ndarray, law: np.ndarray, false_alarm: float) -> DrawsTest:
    """Test token ``draws [chains, d]`` against ``law [S]*d``; a lost chain is a row of -1.

    ``false_alarm`` is the probability that a right sampler fails.

    Raises TypeError or ValueError when they cannot be draws from such a law.
    """
    draws, law = np.asarray(draws), np.asarray(law)
    if not np.issubdtype(draws.dtype, np.integer):
        raise TypeError(f"draws must be integers, got {draws.dtype}")
    if draws.ndim != 2 or draws.shape[1] != law.ndim:
        raise ValueError(f"draws must have shape [chains, {law.ndim}], got {list(draws.shape)}")
    kept = draws[(draws != -1).any(1)]
    if ((kept < 0) | (kept >= np.array(law.shape))).any():
        raise ValueError(f"draws must be tokens of a law of shape {list(law.shape)}, or lost")
    index = np.ravel_multi_index(tuple(kept.T), law.shape)
    counts = np.bincount(index, minlength=law.size).reshape(law.shape)
    return counts_test(counts, law, false_alarm, lost=len(draws) - len(kept))


def counts_test(counts: np.ndarray, law: np.ndarray, false_alarm: float, lost: int) -> DrawsTest:
    """Test ``counts`` of draws against a ``law`` of the same shape; ``1 - Σ law`` is lost.

    So many draws were ``lost``.  ``false_alarm`` is the probability that a right sampler fails.

    Raises TypeError or ValueError for counts or a law that are none.
    """
    real("false_alarm", false_alarm, above=0.0, maximum=1.0)
    counts, law = np.asarray(counts), np.asarray(law, float)
    if not np.issubdtype(counts.dtype, np.integer):
        raise TypeError(f"counts must be integers, got {counts.dtype}")
    if counts.shape != law.shape:
        raise ValueError(f"counts have shape {list(counts.shape)}, the law {list(law.shape)}")
    total = math.fsum(law.ravel())
    if not (np.isfinite(law).all() and law.min() >= 0 and 0 < total <= 1 + 1e-9):
        raise ValueError(f"law must be a law, got minimum {law.min():g} and sum {total:g}")
    k = np.append(counts.ravel(), integer("lost", lost, 0))
    if k.min() < 0 or k.sum() == 0:
        raise ValueError("counts must be at least 0, with at least one draw")
    p = np.minimum(np.append(law.ravel(), max(0.0, 1.0 - total)), 1.0)
    n, cells = int(k.sum()), int(np.count_nonzero(p))
    tails = np.minimum(upper_tail(k, n, p), upper_tail(n - k, n, 1 - p))
    worst = int(tails.argmin())  # a draw where p = 0 has tail 0
    tv, mean = float(abs(k / n - p).sum() / 2), mean_tv(p, n)
    p_cell, p_tv = 2 * cells * tails[worst], math.exp(-2 * n * max(0.0, tv - mean) ** 2)
    p_value = float(min(1.0, 2 * min(p_cell, p_tv)))
    place = [*map(int, np.unravel_index(worst, law.shape))] if worst < law.size else "lost"
    reason = f"total variation {tv:.3g} between {n} draws and law, expected {mean:.3g}"
    if p_cell <= p_tv:
        reason = f"cell {place} has {k[worst]} of {n} draws, expected {n * p[worst]:.6g}"
    return DrawsTest(
        passed=p_value > false_alarm,
        p_value=p_value,
        false_alarm=false_alarm,
        reason=f"{reason} (p = {p_value:.2g})",
        draws=n,
        cells=cells,
        tv=tv,
        detectable_tv=detectable_tv(p, n, false_alarm),
        detectable_shift=float(detectable_shift(p, n, false_alarm).max()),
    )


def detectable_shift(p: np.ndarray, draws: int, false_alarm: float) -> np.ndarray:
    """For each cell of a whole law ``p [m]``, the least extra probability that fails the test.

    With probability ``POWER``, of so many ``draws`` and at this ``false_alarm``; ``1 - p``, all
    that a cell can gain, where none does.  First the least count that fails, by bisection between
    the mean, rounded down, and Bernstein's bound.
    """
    p = np.asarray(p, float)
    level = false_alarm / (4 * np.count_nonzero(p))  # two statistics, two tails
    reach = -math.log(level)
    low = np.floor(draws * p)
    high = np.minimum(np.ceil(draws * p + np.sqrt(2 * draws * p * reach) + reach), draws) + 1
    while (high - low > 1).any():
        middle = np.floor((low + high) / 2)
        fails = upper_tail(middle, draws, p) <= level
        low, high = np.where(fails, low, middle), np.where(fails, middle, high)
    seen = betaincinv(np.minimum(high, draws), draws - np.minimum(high, draws) + 1, POWER)
    return np.where(high > draws, 1 - p, np.minimum(seen, 1) - p)


def detectable_tv(p: np.ndarray, draws: int, false_alarm: float) -> float:
    """The least total variation from a whole law ``p [m]`` that fails the test in any direction.

    With probability ``POWER``, of so many ``draws`` and at this ``false_alarm``: the smaller of
    what each statistic sees alone.  *Total variation* of draws from ``p'`` to ``p`` has mean at
    least ``TV(p, p')`` (Jensen), and each side of a mean is passed by ``sqrt(log(1/a) / 2n)`` with
    probability ``a`` at most (McDiarmid: one draw moves it by ``1/n``).  *Cells*: one cell at least
    does not gain, so with more in all than the other cells' detectable shifts, one cell gains more
    than its own; cells of probability 0 are one.
    """
    spread = math.sqrt(math.log(2 / false_alarm)) + math.sqrt(-math.log(1 - POWER))
    up = detectable_shift(np.append(p[p > 0], [0.0] * bool((p == 0).any())), draws, false_alarm)
    return float(min(mean_tv(p, draws) + spread / math.sqrt(2 * draws), up.sum() - up.min(), 1))


def mean_tv(p: np.ndarray, draws: int) -> float:
    """The exact mean of the total variation between ``draws`` draws and their law ``p [m]``.

    De Moivre: ``E|X - np| = 2 k (1-p) Pr(X = k)``, ``k = ⌊np⌋ + 1``, for binomial ``X``.
    """
    k = np.minimum(np.floor(draws * p) + 1, draws)
    log = xlogy(k, p) + xlog1py(draws - k + 1, -p) - betaln(k, draws - k + 1)
    return float(np.exp(log).sum() / draws)


def upper_tail(count: np.ndarray, draws: Any, p: np.ndarray) -> np.ndarray:
    """``Pr(X >= count)`` for binomial ``X`` of ``draws`` and ``p``, ``count <= draws``."""
    least = np.maximum(count, 1.0)
    return np.where(count > 0, betainc(least, draws - least + 1, p), 1.0)
