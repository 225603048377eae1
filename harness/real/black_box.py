"""Code of which nothing can be had but draws: tests with one budget of false alarms.

Its draws are held to an exact law, batches to each other and seeds to what seeds are for.  Each
test says what it would have seen.  ``false_alarm`` is the probability that right code fails any
test or that a limit does not hold: equal parts for the limits, and for the tests Holm's rule, by
which a test that fails leaves its part to the others.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from harness.foundation.raised import calling
from harness.foundation.validation import integer, real
from harness.real import batches, draw_tests
from harness.real.draw_tests import Draws, Tested
from harness.real.intervals import Interval, kl_interval, tv_interval
from harness.traced import frameworks
from harness.traced.errors import OF_THE_TRACER
from harness.traced.other_generators import changed_since, global_states

RANDOM = 8  # tests that chance can fail
LIMITS = 2  # intervals, of KL and of TV
LINKED = (
    "Rows of a batch are more or less alike than other rows, so elsewhere one of each call stands "
    "for it."
)


@dataclass(frozen=True)
class BlackBox:
    """What the draws of some code say of it.

    ``tests``, in order; ``kl`` and ``tv``, limits of the distance from the exact law, by ``draws``
    rows; ``outside`` is the share of them with a token that the law does not know.  ``linked``:
    rows of a batch hang together, and wherever that would count one of each call stands for it;
    ``repeated`` calls gave the rows of another one and were left out but for the test of seeds.
    ``false_alarm`` is the budget.
    """

    tests: tuple[Tested, ...]
    kl: Interval
    tv: Interval
    draws: int
    outside: float
    linked: bool
    repeated: int
    false_alarm: float

    @property
    def failed(self) -> tuple[Tested, ...]:
        """The tests that failed, what says most of the output first."""
        return tuple(test for test in self.tests if test.failed)

    def __str__(self) -> str:
        return "\n".join(self.lines)

    @property
    def lines(self) -> list[str]:
        """The report, a sentence a line, what failed first."""
        outside = f"A share {self.outside:.3g} of rows has a token outside of the law."
        again = f"{self.repeated} calls gave the rows of another one, and are left out elsewhere."
        notes = [test for test in self.tests if test.note]
        passed = [test for test in self.tests if not test.failed and not test.note]
        return [
            *(test.line for test in (*self.failed, *notes)),
            f"{self.kl.sentence}.",
            f"{self.tv.sentence}.",
            *([outside] if self.outside else []),
            *([again] if self.repeated else []),
            *([LINKED] if self.linked else []),
            *(test.line for test in passed),
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
        with calling(sample, {"count": size, "seed": number}, OF_THE_TRACER):
            given = sample(size, number)
        return _rows(given, size, law.ndim)

    whole = np.stack([drawn(batch, seed + k) for k in range(calls)])
    before = global_states()
    again = drawn(batch, seed)
    drew_from = changed_since(before)
    alone = np.concatenate([drawn(1, seed + calls + k) for k in range(singles)])
    return judge(whole, alone, again, law, false_alarm, drew_from)


def judge(
    whole: np.ndarray,
    alone: np.ndarray,
    again: np.ndarray,
    law: np.ndarray,
    false_alarm: float,
    drew_from: Sequence[str] = (),
) -> BlackBox:
    """What there is to say of draws that were made already, against ``law``, ``[S] * d``.

    ``whole [calls, m, d]`` in batches of ``m``, a seed for each; ``alone [n, d]``, a call for each
    row; ``again [m, d]`` with the first seed once more.  ``false_alarm`` is the budget;
    ``drew_from`` are global generators that the code drew from.
    """
    level = false_alarm / (RANDOM + LIMITS)
    seeds = draw_tests.of_seeds(whole)
    given, whole = whole, _different(whole) if seeds.p_value <= level else whole
    linked, tests = False, _untold(len(whole), len(given))
    if len(whole) >= 2:
        rows, tokens = batches.agreements(whole, level)
        linked, every = min(rows.p_value, tokens.p_value) <= level, Draws(whole, law)
        tests = [
            draw_tests.of_agreement("rows of a batch", "rows", rows),
            draw_tests.of_agreement("tokens of a batch", "tokens at one place", tokens),
            draw_tests.of_halves("place in the batch", every, 1, batches.place_in_batch, level),
            draw_tests.of_halves("order of calls", every, 0, batches.order_of_calls, level),
        ]
    # Rows that hang together, or come again, are not as many draws as they are.
    batched, single = Draws(whole[:, :1] if linked else whole, law), Draws(alone, law)
    draws = Draws(np.concatenate([batched.rows.reshape(-1, law.ndim), alone]), law)
    tests = [
        draw_tests.of_law(draws, level),
        draw_tests.of_cells(draws, level),
        draw_tests.of_size(batched, single, level),
        *tests,
        seeds,
    ]
    assert len(tests) == RANDOM
    failed = _holm([test.p_value for test in tests], level * RANDOM)
    judged = [replace(test, failed=bad) for test, bad in zip(tests, failed, strict=True)]
    counts = draws.counts
    return BlackBox(
        tests=(*judged, draw_tests.of_the_same_seed(given[0], again, drew_from)),
        kl=kl_interval(counts, draws.flat, level),
        tv=tv_interval(counts, draws.flat, level),
        draws=int(counts.sum()),
        outside=float(counts[-1] / counts.sum()),
        linked=linked,
        repeated=len(given) - len(whole),
        false_alarm=false_alarm,
    )


def _different(whole: np.ndarray) -> np.ndarray:
    """The first of each batches that are the same, in their order."""
    _, first = np.unique(whole, axis=0, return_index=True)
    return whole[np.sort(first)]


def _untold(different: int, calls: int) -> list[Tested]:
    names = ("rows of a batch", "tokens of a batch", "place in the batch", "order of calls")
    said = f"not tested, for only {different} of {calls} calls gave rows of its own"
    return [Tested(name, 1.0, said, draw_tests.NOTHING, told=False) for name in names]


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
