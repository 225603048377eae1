"""Which of two samplers is the better one: at as many expected score calls, to the same law.

Along the step the runs of a sampler are one curve against calls.  It is compared with the other's
at every number of calls that either was run with and both reach; where one was not run with so
many, its value is read off in log–log.  Along any other axis each value is a case of its own.
"""

import math
from collections.abc import Sequence
from itertools import chain

from harness.foundation.digits import written
from harness.studies.curve import HALF_WIDTHS, Curve, Point, point_of, same_calls
from harness.studies.experiment import Compare
from harness.studies.ledger import Row
from harness.studies.same_law import TO_DATA, told
from harness.verdicts.verdict import Status, Verdict

BELOW = " below that of "
"""What says which of two samplers is the better one goes by ``QUANTITY below that of SAMPLER``."""

Pair = tuple[Point, Point]


class Undecided(Exception):
    """Why two samplers cannot be compared."""


def comparison(compare: Compare, target: str, rows: Sequence[Row]) -> Verdict:
    """Whether one sampler's quantity is below the other's on ``target``, at equal score calls.

    CONSISTENT where it is at every number of calls, INCONCLUSIVE where at some of them the two are
    equal up to rounding, or up to how a curve may bend between two runs, and higher at none.
    ``constant`` is the largest factor between them, ``terms`` have the least and the largest;
    ``measured`` and ``bound`` are the two at the most calls.
    """
    wanted, column = f"{compare.quantity}{BELOW}{compare.higher}", compare.quantity
    names = compare.lower, compare.higher
    lower, higher = (
        [row for row in rows if (row["target"], row["sampler"]) == (target, name)] for name in names
    )
    try:
        _comparable(column, lower + higher)
        along_step = lower[0]["axis"] == "step"
        pairs, omitted = (_by_calls if along_step else _by_value)(column, names, lower, higher)
    except Undecided as reason:
        return Verdict(wanted, Status.INCONCLUSIVE, column, "N", str(reason))
    factors = [_factor(pair) for pair in pairs]
    known = [each for each in factors if math.isfinite(each[0])]
    numbers, floors = {}, {}
    if len(known) == len(factors):
        largest = max(known)
        numbers = {"constant": largest[0], "terms": {"least": min(known)[0], "largest": largest[0]}}
        floors = {"constant": largest[1]}
    mine, theirs = pairs[-1]
    at = f"{_listed([mine.calls for mine, _ in pairs])} score calls"
    if not along_step:
        values = _listed([row["value"] for row in lower])
        at = f"{lower[0]['axis']} = {values}, with as many score calls"
    law = "the data" if column in TO_DATA else told_of(lower)
    return Verdict(
        wanted,
        _status([_sign(pair) for pair in pairs]),
        column,
        "N",
        f"to {law}, {_told(factors)} at {at}{_notes(pairs, names, omitted)}",
        measured=mine.value,
        bound=theirs.value,
        floors={"measured": mine.floor, "bound": theirs.floor, **floors},
        **numbers,
    )


def told_of(rows: Sequence[Row]) -> str:
    """The law that runs which end alike are compared with, in words."""
    stops = {row["delta"] for row in rows}
    return told(stops.pop()) if len(stops) == 1 else "q_δ, both at each δ"


def _comparable(column: str, rows: Sequence[Row]) -> None:
    """Raise Undecided where a number of calls, or the quantity, is not known."""
    for row in rows:
        if row["score_calls"] == "":
            raise Undecided(f"the score calls of {row['sampler']} are not known")
        if column not in row:
            raise Undecided(f"{column} is not measured here")
        if row.get("draws") and HALF_WIDTHS.get(column, "") not in row:
            raise Undecided(f"{column} is a mean of draws, of which no interval is known")


def _by_calls(
    column: str, names: tuple[str, str], lower: Sequence[Row], higher: Sequence[Row]
) -> tuple[list[Pair], list[float]]:
    """Both curves at the calls of either within the common range; and where one has no value."""
    curves = Curve.of(lower, column), Curve.of(higher, column)
    first, last = (max(c.calls[0] for c in curves), min(c.calls[-1] for c in curves))
    if first > last and not same_calls(first, last):
        ranges = [f"{_range(c.calls)} for {name}" for c, name in zip(curves, names, strict=True)]
        raise Undecided(f"no number of score calls in common: {', '.join(ranges)}")
    pairs, omitted = [], []
    for calls in _merged(chain.from_iterable(curve.calls for curve in curves)):
        if not (first <= calls <= last or same_calls(calls, first) or same_calls(calls, last)):
            continue
        mine, theirs = (curve.at(calls) for curve in curves)
        if mine is None or theirs is None:
            omitted.append(calls)
        else:
            pairs.append((mine, theirs))
    if not pairs:
        raise Undecided(f"{column} cannot be interpolated at {_listed(omitted)} score calls")
    return pairs, omitted


def _by_value(
    column: str, names: tuple[str, str], lower: Sequence[Row], higher: Sequence[Row]
) -> tuple[list[Pair], list[float]]:
    """Both at each value of the sweep.  Raises Undecided where one takes more calls."""
    other, pairs = {row["value"]: row for row in higher}, []
    for row in lower:
        pair = point_of(row, column), point_of(other[row["value"]], column)
        if not same_calls(*(point.calls for point in pair)):
            needed = " and ".join(f"{p.calls:g} of {n}" for p, n in zip(pair, names, strict=True))
            where = f"{row['axis']} = {row['value']:g}"
            raise Undecided(f"not as many score calls at {where}: {needed}")
        pairs.append(pair)
    return pairs, []


def _status(signs: Sequence[int]) -> Status:
    if set(signs) == {-1}:
        return Status.CONSISTENT
    return Status.INCONSISTENT if 1 in signs else Status.INCONCLUSIVE


def _sign(pair: Pair) -> int:
    """-1 where the first is lower, 1 where it is higher, 0 where errors could decide."""
    mine, theirs = pair
    if mine.value == theirs.value or (mine.low <= theirs.high and theirs.low <= mine.high):
        return 0
    return -1 if mine.value < theirs.value else 1


def _factor(pair: Pair) -> tuple[float, float]:
    """How many times the second the first is, and how far rounding can move that.

    1 where rounding could make them equal, inf where the second alone is nothing.
    """
    mine, theirs = pair
    alike = abs(mine.value - theirs.value) <= mine.floor + theirs.floor
    if mine.value == theirs.value or alike:
        return 1.0, 0.0
    if theirs.nothing:
        return math.inf, 0.0
    ratio = mine.value / theirs.value
    return ratio, (mine.floor + abs(ratio) * theirs.floor) / abs(theirs.value)


def _told(factors: Sequence[tuple[float, float]]) -> str:
    """The range of the factors, and each of them."""
    shown = [written(value, floor, 3) for value, floor in factors]
    by_size = sorted(range(len(factors)), key=lambda k: factors[k][0])
    ends = dict.fromkeys([shown[by_size[0]], shown[by_size[-1]]])
    each = f" ({', '.join(shown)})" if len(ends) > 1 else ""
    return f"{' to '.join(ends)} times as much{each}"


def _notes(pairs: Sequence[Pair], names: tuple[str, str], omitted: Sequence[float]) -> str:
    """What the reader must know besides: what was interpolated, left out, or left open."""
    found = []
    for k, name in enumerate(names):
        between = [pair[k].calls for pair in pairs if pair[k].interpolated]
        if between:
            found.append(f"{name} interpolated in log–log at {_listed(between)}")
    if omitted:
        found.append(f"not at {_listed(omitted)}, beside a value of 0 or inf")
    for pair in pairs:
        if _sign(pair) == 0:
            why = "interpolation" if any(point.interpolated for point in pair) else "rounding"
            found.append(f"equal up to {why} somewhere")
    return "".join(f"; {note}" for note in dict.fromkeys(found))


def _merged(calls: "chain[float]") -> list[float]:
    """Numbers of calls in their order, each once."""
    found: list[float] = []
    for each in sorted(calls):
        if not found or not same_calls(found[-1], each):
            found.append(each)
    return found


def _listed(numbers: Sequence[float]) -> str:
    return ", ".join(f"{each:g}" for each in numbers)


def _range(numbers: Sequence[float]) -> str:
    return " to ".join(dict.fromkeys(f"{each:g}" for each in (numbers[0], numbers[-1])))
