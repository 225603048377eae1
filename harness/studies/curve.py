"""What a sampler reaches against what it costs: a quantity by expected score calls.

Between two numbers of calls that were run, the quantity is read off the chord in log–log.  How far
the truth may be from the chord is told by the chords beside it, drawn on: a curve that bends one
way in log–log lies between its chord and the nearer of the two.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from harness.studies.ledger import FLOORS, Row
from harness.verdicts.choice import first_of_least

HALF_WIDTHS = {
    "kl": "half_width",
    "chain_kl": "chain_half_width",
    "path_kl": "path_half_width",
}
"""Which column of a row has half the confidence interval of what was estimated by draws."""
CALLS_ERROR = 1e-11  # of an expected number of calls, relative
ALIKE = 1e-9  # relative: so near to each other, two numbers of calls are one
MOST = 700.0  # of a logarithm, so that a steep chord that is drawn on stays a number


@dataclass(frozen=True)
class Point:
    """A quantity at a number of ``calls``.

    ``floor``: how far rounding can move it.  It is between ``low`` and ``high``, for any reason:
    rounding, the interval of an estimate, the bend of a curve between two runs.
    """

    calls: float
    value: float
    floor: float
    low: float
    high: float
    interpolated: bool = False

    @property
    def nothing(self) -> bool:
        """Whether rounding alone could make the value."""
        return abs(self.value) <= 2 * self.floor

    @property
    def has_logarithm(self) -> bool:
        return self.value > 0 and math.isfinite(self.value) and not self.nothing


@dataclass(frozen=True)
class Curve:
    """Points in the order of their calls, no two at as many."""

    points: tuple[Point, ...]

    @classmethod
    def of(cls, rows: Sequence[Row], column: str) -> "Curve":
        """The curve of ``column`` in ``rows``; of runs with as many calls, the one of the least."""
        groups: list[list[Point]] = []
        for point in sorted((point_of(row, column) for row in rows), key=lambda each: each.calls):
            if groups and same_calls(groups[-1][0].calls, point.calls):
                groups[-1].append(point)
            else:
                groups.append([point])
        return cls(tuple(_least(group) for group in groups))

    @property
    def calls(self) -> list[float]:
        return [point.calls for point in self.points]

    def at(self, calls: float) -> Point | None:
        """The point at ``calls`` within the range of the curve; None where none can be read off.

        That is between a number and one that has no logarithm: 0, up to rounding, or infinite.
        """
        for k, point in enumerate(self.points):
            if same_calls(point.calls, calls):
                return point
            if point.calls > calls:
                return self._between(k - 1, calls) if k else None
        return None

    def _between(self, k: int, calls: float) -> Point | None:
        """On the chord from point ``k`` to the next."""
        ends = one, two = self.points[k : k + 2]
        if one.nothing and two.nothing:
            low, high = min(each.low for each in ends), max(each.high for each in ends)
            return Point(calls, 0.0, max(each.floor for each in ends), low, high, True)
        if not (one.has_logarithm and two.has_logarithm):
            return None
        share = math.log(calls / one.calls) / math.log(two.calls / one.calls)
        logarithm = _along(one, two, calls)
        value = math.exp(logarithm)
        floor = (1 - share) * one.floor / one.value + share * two.floor / two.value
        floor += 2 * CALLS_ERROR * abs(_slope(one, two))
        below, above = _room([line - logarithm for line in self._beside(k, calls)])
        low = min(each.low / each.value for each in ends)
        high = max(each.high / each.value for each in ends)
        return Point(calls, value, value * floor, value * low * below, value * high * above, True)

    def _beside(self, k: int, calls: float) -> list[float]:
        """Where the chords beside that from point ``k`` lead to at ``calls``, logarithms."""
        found = []
        for near, far in ((k, k - 1), (k + 1, k + 2)):
            if 0 <= far < len(self.points) and self.points[far].has_logarithm:
                found.append(_along(self.points[near], self.points[far], calls))
        return found


def point_of(row: Row, column: str) -> Point:
    """``column`` of a row; an estimate by draws is known to its interval."""
    value, floor = row[column], row[FLOORS][column]
    off = max(floor, row.get(HALF_WIDTHS.get(column, ""), 0.0))
    return Point(row["score_calls"], value, floor, value - off, value + off)


def same_calls(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=ALIKE)


def _least(points: Sequence[Point]) -> Point:
    return points[first_of_least([p.value for p in points], [p.floor for p in points])]


def _slope(one: Point, two: Point) -> float:
    return math.log(two.value / one.value) / math.log(two.calls / one.calls)


def _along(one: Point, two: Point, calls: float) -> float:
    """The logarithm of the value at ``calls`` on the line in log–log through two points."""
    return math.log(one.value) + _slope(one, two) * math.log(calls / one.calls)


def _room(bends: Sequence[float]) -> tuple[float, float]:
    """``(least, largest)`` factor on the chord, from where the chords beside it lead (logarithms).

    Both on one side: the curve is between the chord and the nearer of them.
    """
    if len(bends) == 2 and bends[0] * bends[1] > 0:
        bends = [min(bends, key=abs)]
    return math.exp(min([0.0, *bends])), math.exp(min(max([0.0, *bends]), MOST))
