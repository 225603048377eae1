"""Code of which nothing can be had but draws: tests with one budget of false alarms.

Its draws are held to an exact law, batches to each other and seeds to what seeds are for.  Each
test says what it would have seen.  ``false_alarm`` is the probability that right code fails any
test or that a limit does not hold: equal parts for the limits, and for the tests Holm's rule, by
which a test that fails leaves its part to the others.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from harness.foundation.validation import integer, real
from harness.numerics.exact_chi_square import POWER, against_counts, against_law
from harness.numerics.statistics import counts_test
from harness.real import batches
from harness.real.batches import Agreement
from harness.real.intervals import Interval, kl_interval, tv_interval
from harness.traced import frameworks

RANDOM = 8  # tests that chance can fail
LIMITS = 2  # intervals, of KL and of TV
LINKED = (
    "Rows of a batch are more or less alike than other rows, so elsewhere one of each call stands "
    "for it."
)
PLACE = "place in the batch"


@dataclass(frozen=True)
class Tested:
    """One test: ``p_value`` as found, and ``failed`` by Holm's rule.

    ``sentence`` says what was found, ``detectable`` what would have been seen with probability
    ``POWER``.
    """

    name: str
    p_value: float
    failed: bool
    sentence: str
    detectable: str


@dataclass(frozen=True)
class BlackBox:
    """What the draws of some code say of it.

    ``tests``, in order; ``kl`` and ``tv``, limits of the distance from the exact law, by ``draws``
    rows; ``outside`` is the share of them with a token that the law does not know.  ``linked``:
    rows of a batch hang together, and wherever that would count one of each call stands for it.
    """

    tests: tuple[Tested, ...]
    kl: Interval
    tv: Interval
    draws: int
    outside: float
    linked: bool
    false_alarm: float

    @property
    def failed(self) -> tuple[Tested, ...]:
        """The tests that failed."""
        return tuple(test for test in self.tests if test.failed)

    @property
    def lines(self) -> list[str]:
        """The report, a sentence a line."""
        outside = self.outside > 0
        return [
            *(
                f"{'FAILED' if test.failed else 'passed'}  {test.name}: {test.sentence} "
                f"(p = {test.p_value:.2g}). {test.detectable}"
                for test in self.tests
            ),
            *([LINKED] if self.linked else []),
            *([f"A share {self.outside:.3g} of rows has a token outside of the law."] * outside),
            f"{self.kl.sentence}.",
            f"{self.tv.sentence}.",
            f"One budget: right code fails one of {RANDOM} tests (Holm's rule) or one of {LIMITS} "
            f"limits with probability {self.false_alarm:g} at most.",
        ]


def black_box(
    sample: Callable[[int, int], Any],
    law: Any,
    *,
    rows: int = 20_000,
    batch: int = 100,
    singles: int = 1_000,
    false_alarm: float = 1e-3,
    seed: int = 0,
) -> BlackBox:
    """Test ``sample(count, seed) -> [count, d]`` against the exact ``law``, ``[S] * d``.

    It is called for ``rows`` in a ``batch`` at a time, each with a seed of its own; for ``singles``
    more rows alone; and with the first seed once more.  Seeds are whole numbers from ``seed`` on,
    and ``false_alarm`` is the budget.  Rows are integer tokens; others than ``0 .. S - 1``, such as
    a mask that was left, are outside of the law.

    Raises TypeError, ValueError for what are no draws, and for a budget too small to be tested.
    """
    law, calls = np.asarray(law, np.float64), _calls(rows, batch, singles, false_alarm)

    def drawn(size: int, number: int) -> np.ndarray:
        return _rows(sample(size, number), size, law.ndim)

    whole = np.stack([drawn(batch, seed + k) for k in range(calls)])
    again = drawn(batch, seed)
    alone = np.concatenate([drawn(1, seed + calls + k) for k in range(singles)])
    return judge(whole, alone, again, law, false_alarm)


def judge(
    whole: np.ndarray, alone: np.ndarray, again: np.ndarray, law: np.ndarray, false_alarm: float
) -> BlackBox:
    """What there is to say of draws that were made already, against ``law``, ``[S] * d``.

    ``whole [calls, m, d]`` in batches of ``m``, a seed for each; ``alone [n, d]``, a call for each
    row; ``again [m, d]`` with the first seed once more.  ``false_alarm`` is the budget.
    """
    each = false_alarm / (RANDOM + LIMITS)
    states, single = _cells(whole, law), _cells(alone, law)
    of_rows, of_tokens = batches.agreements(whole, each)
    linked = min(of_rows.p_value, of_tokens.p_value) <= each
    rows = states[:, :1] if linked else states
    cells, flat = law.size + 1, np.append(law.reshape(-1), 0.0)
    counts = np.bincount(np.append(rows, single), minlength=cells)
    tests = [
        _of_law(counts, flat, each),
        _of_cells(counts, law, each),
        _of_agreement("rows of a batch", "rows are the same", of_rows),
        _of_agreement("tokens of a batch", "tokens at one place are the same", of_tokens),
        _of_size(rows, single, cells, each),
        _of_halves(PLACE, states, cells, each, batches.place_in_batch),
        _of_halves("order of calls", states, cells, each, batches.order_of_calls),
        _of_seeds(whole),
    ]
    assert len(tests) == RANDOM
    failed = _holm([p for _, p, _, _ in tests], each * RANDOM)
    told = [
        Tested(name, p, bad, said, seen)
        for (name, p, said, seen), bad in zip(tests, failed, strict=True)
    ]
    return BlackBox(
        tests=(*told, _of_the_same_seed(whole[0], again)),
        kl=kl_interval(counts, flat, each),
        tv=tv_interval(counts, flat, each),
        draws=int(counts.sum()),
        outside=float(counts[-1] / counts.sum()),
        linked=linked,
        false_alarm=false_alarm,
    )


def _of_law(counts: np.ndarray, flat: np.ndarray, level: float) -> tuple[str, float, str, str]:
    found = against_law(counts, flat)
    said = (
        f"chi-square {found.statistic:.4g} of {counts.sum():,} draws, with {found.degrees} degrees "
        "of freedom"
    )
    return "law", found.p_value, said, _seen("A TV", found.detectable_tv(level))


def _of_cells(counts: np.ndarray, law: np.ndarray, level: float) -> tuple[str, float, str, str]:
    """Exact tails of single cells, which see what is concentrated."""
    found = counts_test(counts[:-1].reshape(law.shape), law, level, lost=int(counts[-1]))
    said = found.reason.partition(" (p = ")[0]
    shift = _seen("A state drawn too often, by a probability", found.detectable_shift, 0.99)
    return "single states", found.p_value, said, shift


def _of_agreement(name: str, what: str, found: Agreement) -> tuple[str, float, str, str]:
    said = (
        f"two {what} with probability {found.together:.4g} within a batch, and "
        f"{found.expected:.4g} else"
    )
    return name, found.p_value, said, _seen("A difference", found.detectable)


def _of_size(
    rows: np.ndarray, single: np.ndarray, cells: int, level: float
) -> tuple[str, float, str, str]:
    counts, others = (np.bincount(each.ravel(), minlength=cells) for each in (rows, single))
    found = against_counts(counts, others)
    said = (
        f"chi-square {found.statistic:.4g} between {rows.size:,} rows of batches and "
        f"{single.size:,} drawn alone, with {found.degrees} degrees of freedom"
    )
    return "batch size", found.p_value, said, _seen("A TV", found.detectable_tv(level))


def _of_halves(
    name: str,
    states: np.ndarray,
    cells: int,
    level: float,
    test: Callable[[np.ndarray, int, float], float],
) -> tuple[str, float, str, str]:
    """``test`` of the first half of calls, or of each, against the second."""
    p_value = test(states, cells, level)
    first, second = np.array_split(states, 2, axis=name == PLACE)
    counts, others = (np.bincount(half.ravel(), minlength=cells) for half in (first, second))
    said = f"TV {abs(counts / first.size - others / second.size).sum() / 2:.3g} between halves"
    found = against_counts(counts, others)
    return name, p_value, said, _seen("Of independent rows, a TV", found.detectable_tv(level))


def _of_seeds(whole: np.ndarray) -> tuple[str, float, str, str]:
    """Neighbouring seeds, among which one that repeats another is likeliest."""
    found = [batches.repeated(a, b) for a, b in pairwise(whole)]
    p_value = min(1.0, len(found) * min(p for _, p in found))
    said = "no seed repeats the rows of the one before"
    if p_value < 1:
        k = next(k for k, (_, p) in enumerate(found) if p < 1)
        moved = f", moved by {abs(found[k][0])} rows" if found[k][0] else ""
        said = f"seed number {k + 1} repeats the rows of seed number {k}{moved}"
    return (
        "different seeds",
        p_value,
        said,
        "Half of a batch that is repeated would have been seen.",
    )


def _of_the_same_seed(first: np.ndarray, again: np.ndarray) -> Tested:
    """No chance: a failure is one."""
    same = bool((first == again).all())
    rows = int((first != again).any(1).sum())
    said = "the first seed gave the same rows again"
    if not same:
        said = f"the first seed gave {rows} of {len(first)} rows that are others when asked again"
    return Tested("same seed", float(same), not same, said, "Any difference would have been seen.")


def _seen(what: str, size: float, power: float = POWER) -> str:
    if size >= 1:
        return "No difference at all would have been seen for sure: more draws are needed."
    return f"{what} of {size:.2g} would have been seen with {power:.0%}."


def _holm(p_values: list[float], budget: float) -> list[bool]:
    """Which tests fail when ``budget`` is the chance that any right one does."""
    failed, count = [False] * len(p_values), len(p_values)
    for rank, k in enumerate(np.argsort(p_values, kind="stable")):
        if p_values[k] > budget / (count - rank):
            break
        failed[k] = True
    return failed


def _calls(rows: int, batch: int, singles: int, false_alarm: float) -> int:
    """How many batches; known before anything is drawn to be enough for all tests."""
    integer("batch", batch, 2)
    integer("singles", singles, 1)
    calls = integer("rows", rows, 2 * batch) // batch
    real("false_alarm", false_alarm, above=0.0, maximum=1.0)
    batches.dealings_for(false_alarm / (RANDOM + LIMITS))
    return calls


def _rows(given: Any, size: int, d: int) -> np.ndarray:
    found = frameworks.as_numpy(given)
    if found.dtype.kind not in "iu":
        raise TypeError(f"draws must be integer tokens, got {found.dtype}")
    if found.shape != (size, d):
        raise ValueError(
            f"a call for {size} draws must give [{size}, {d}], got {list(found.shape)}"
        )
    return found.astype(np.int64)


def _cells(draws: np.ndarray, law: np.ndarray) -> np.ndarray:
    """``[...]`` the number of the state of every row; behind the last one for those outside."""
    inside = ((draws >= 0) & (draws < law.shape[0])).all(-1)
    known = np.where(inside[..., None], draws, 0)
    return np.where(
        inside, np.ravel_multi_index(tuple(np.moveaxis(known, -1, 0)), law.shape), law.size
    )
