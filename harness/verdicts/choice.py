"""Which of several points stands for all: a choice that rounding cannot turn.

Where two points are equal but for rounding, each processor would take another for the least.  So
all points are candidates that errors could make the least, and the first of them, in the order of
the sweep, is taken.
"""

import math
from collections.abc import Sequence

TIE = 1e-6  # relative: nearer to each other, two numbers count as equal


def first_of_least(values: Sequence[float], errors: Sequence[float] | None = None) -> int:
    """Place of the first of ``values`` that could be the least; ``errors``: how far each is off.

    A nan is never less than a number.  Raises ValueError for no values.
    """
    known = [math.inf if math.isnan(value) else value for value in values]
    off = [
        error if math.isfinite(value) else 0.0
        for value, error in zip(known, errors or [0.0] * len(known), strict=True)
    ]
    pairs = zip(known, off, strict=True)
    return first_of_intervals([(value - error, value + error) for value, error in pairs])


def first_of_intervals(intervals: Sequence[tuple[float, float]]) -> int:
    """Place of the first of some numbers, each between two others, that could be the least."""
    if not intervals:
        raise ValueError("the least of no values")
    least = min(high + TIE * abs(high) if math.isfinite(high) else high for _, high in intervals)
    return next(
        k
        for k, (low, _) in enumerate(intervals)
        if (low - TIE * abs(low) if math.isfinite(low) else low) <= least
    )


def first_of_largest(values: Sequence[float], errors: Sequence[float] | None = None) -> int:
    """The same for the largest; a nan is never more than a number."""
    return first_of_least([-value for value in values], errors)
