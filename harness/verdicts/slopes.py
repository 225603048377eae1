"""Signed local slopes on a log-log scale, and what may be concluded from them.

A slope belongs to an interval between neighbouring points and uses their real ratio.  Each carries
a label: ``at-floor`` where rounding could move it, ``pre-asymptotic`` where it still differs from
the slope of its neighbour, else ``resolved``.

What errors explain is not there: a slope is above a limit, differs from another, rises or falls
only by what its own error leaves of that.  So no last digit decides a comparison.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from harness.foundation.digits import fixed

SETTLED = 0.1  # neighbouring slopes closer than this count as one slope
FLOOR_SHARE = 0.01  # how much of a slope rounding may make before it is at the floor
LOGARITHM = 1e-9  # of slopes, which are differences of logarithms, by their own rounding
RESOLUTION = 1e-6  # of slopes: a difference below this is none, whatever the errors
NEEDED = 3  # intervals that a conclusion about a rate rests on
GROWTH = 0.05  # d log C / d log axis up to which a needed constant "does not grow"


class Trend(StrEnum):
    """What a needed constant does along a growing axis."""

    BOUNDED = "does not grow"
    GROWS = "grows"
    OPEN = "undecided"


class Label(StrEnum):
    """How far a local slope can be trusted."""

    RESOLVED = "resolved"
    PRE_ASYMPTOTIC = "pre-asymptotic"
    AT_FLOOR = "at-floor"


MARKS = {Label.RESOLVED: "", Label.PRE_ASYMPTOTIC: "~", Label.AT_FLOOR: "_"}


@dataclass(frozen=True)
class Slope:
    """``d log y / d log x`` between ``low`` and ``high``; ``error``: what rounding can do."""

    low: float
    high: float
    value: float
    error: float
    label: Label

    def __str__(self) -> str:
        """The value; ``~`` marks a pre-asymptotic slope, ``_`` one at the floor."""
        return f"{fixed(self.value, _small(self.error), sign=True)}{MARKS[self.label]}"


def local_slopes(
    x: Sequence[float],
    y: Sequence[float],
    floor: Sequence[float] | None = None,
    floor_share: float = FLOOR_SHARE,
) -> list[Slope]:
    """One ``Slope`` an interval, in the order of ``x``, which must be positive and monotone.

    ``floor`` is how far each ``y`` can be off; a slope that this moves by more than
    ``floor_share``, or whose ``y`` is 0, infinite or nan, is at the floor.  Raises ValueError.
    """
    floor = floor if floor is not None else [0.0] * len(y)
    if not len(x) == len(y) == len(floor):
        raise ValueError(f"x, y, floor must have one length, got {len(x)}, {len(y)}, {len(floor)}")
    if any(not (math.isfinite(a) and a > 0) for a in x):
        raise ValueError(f"x must be finite and positive, got {list(x)}")
    signs = {math.copysign(1, b - a) for a, b in pairwise(x) if a != b}
    if len(signs) > 1 or any(a == b for a, b in pairwise(x)):
        raise ValueError(f"x must be strictly monotone, got {list(x)}")
    raw = [_slope(*ends) for ends in zip(pairwise(x), pairwise(y), pairwise(floor), strict=True)]
    labelled = []
    for k, (value, error) in enumerate(raw):
        near = [raw[j] for j in (k + 1, k - 1) if 0 <= j < len(raw)]
        beside = [slope for slope in near if slope[1] <= floor_share + RESOLUTION]
        if not error <= floor_share + RESOLUTION:
            label = Label.AT_FLOOR
        elif beside and abs(value - beside[0][0]) <= SETTLED + _blur(
            *map(_small, (error, beside[0][1]))
        ):
            label = Label.RESOLVED
        else:
            label = Label.PRE_ASYMPTOTIC
        labelled.append(Slope(x[k], x[k + 1], value, error, label))
    return labelled


def trailing_resolved(slopes: Sequence[Slope]) -> list[Slope]:
    """The unbroken run of resolved slopes that ends at the last one above the floor.

    A pre-asymptotic slope ends the run: growth that still accelerates must not be skipped.
    """
    above = [slope for slope in slopes if slope.label is not Label.AT_FLOOR]
    run: list[Slope] = []
    for slope in reversed(above):
        if slope.label is not Label.RESOLVED:
            break
        run.append(slope)
    return run[::-1]


def trend(slopes: Sequence[Slope], estimated: bool = False) -> tuple[Trend, float, str]:
    """``(trend, growth, reason)`` of a needed constant, from its last three slopes off the floor.

    A slope that drifts has not reached its limit, so the drift must not be able to change the
    answer.  ``BOUNDED``: no slope is above 0.05, nor where the drift leads.  ``GROWS``: every slope
    is, the last no more than a tenth (or 0.05) below the largest.  Growth that dies out, a drift
    that speeds up, and fewer than three slopes are ``OPEN``.  With ``estimated`` the errors are
    confidence intervals, and every slope counts with all of its own: bounded where the whole
    interval is, and a fall is all that it may be.
    """
    last = _above_floor(slopes)[-NEEDED:]
    if len(last) < NEEDED:
        return Trend.OPEN, math.nan, f"only {len(last)} intervals above the floor, {NEEDED} needed"
    values, errors = [slope.value for slope in last], [slope.error for slope in last]
    growth, limit = max(values), GROWTH + RESOLUTION
    if estimated:
        ends = [(value - error, value + error) for value, error in zip(values, errors, strict=True)]
    else:
        ends = [(s.value - _small(s.error),) * 2 for s in last]
    heading = _rise_to_come(last) + (values[-1] if estimated else ends[-1][1])
    shown = ", ".join(map(_estimate if estimated else str, last))
    if all(high <= limit for _, high in ends) and heading <= limit:
        return Trend.BOUNDED, growth, f"slopes {shown}"
    fall = growth - values[-1] + (2 if estimated else -2) * max(errors) - RESOLUTION
    if all(low > limit for low, _ in ends) and fall <= max(GROWTH, growth / 10):
        return Trend.GROWS, growth, f"slopes {shown}"
    return Trend.OPEN, growth, f"slopes {shown} have not settled"


def rounding_of_growth(slopes: Sequence[Slope], alike: Sequence[Slope]) -> float:
    """How far rounding can move the growth that ``trend`` finds in ``slopes``.

    ``alike``: the same slopes, whose errors are rounding and nothing else.  Those of a slope that
    they cannot make the largest do not count.
    """
    errors = {slope.low: slope.error for slope in alike}
    last = [(slope.value, errors.get(slope.low, 0.0)) for slope in _above_floor(slopes)[-NEEDED:]]
    if len(last) < NEEDED:
        return LOGARITHM
    growth = max(value for value, _ in last)
    highest, lowest = max(v + e for v, e in last), max(v - e for v, e in last)
    return LOGARITHM + max(highest - growth, growth - lowest)


def _above_floor(slopes: Sequence[Slope]) -> list[Slope]:
    """The unbroken run of slopes off the floor that comes last."""
    run: list[Slope] = []
    for slope in reversed(slopes):
        if slope.label is not Label.AT_FLOOR:
            run.insert(0, slope)
        elif run:
            break
    return run


def _rise_to_come(last: Sequence[Slope]) -> float:
    """How far the last of three slopes may still rise, by what their errors do not explain.

    A rise that slows down may go on as a geometric series.  One that is settled may go on as it is
    for as many intervals again, whether it seems to slow down or to speed up by a last digit.  The
    smaller of both counts; a rise that is neither has no limit.
    """
    first, second, third = last
    before = second.value - first.value
    rise = third.value - second.value - _blur(second.error, third.error)
    if rise <= 0:
        return 0.0
    slowing = rise * rise / (before - rise) if before > rise else math.inf
    return min(slowing, NEEDED * rise if rise <= SETTLED else math.inf)


def _small(error: float) -> float:
    """The part of an error that is not enough to put a slope at the floor."""
    return min(error, FLOOR_SHARE)


def _blur(*errors: float) -> float:
    """A difference of slopes that their errors explain."""
    return math.fsum(errors) + RESOLUTION


def _estimate(slope: Slope) -> str:
    """A slope with half of its confidence interval."""
    return f"{fixed(slope.value, sign=True)}{MARKS[slope.label]} ± {slope.error:.2g}"


def _slope(
    xs: tuple[float, float], ys: tuple[float, float], floors: tuple[float, float]
) -> tuple[float, float]:
    if any(not (math.isfinite(y) and y > 0) for y in ys):
        return math.nan, math.inf
    run = math.log(xs[1] / xs[0])
    error = (floors[0] / ys[0] + floors[1] / ys[1]) / abs(run)
    return math.log(ys[1] / ys[0]) / run, error
