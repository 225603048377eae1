"""Verdicts and rows as the scripts of a page read them: columns, and each name once."""

import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

from harness.foundation.digits import written
from harness.show import junit_file
from harness.show.findings import Report
from harness.show.report import curves
from harness.studies.comparison import BELOW
from harness.studies.judge import ORDER
from harness.studies.judged import NUMBERS
from harness.studies.ledger import DIGITS, FLOORS, TERMS, Row
from harness.studies.runner import LEDGER_KEYS
from harness.verdicts.verdict import Status

FIRST = (  # how verdicts are sorted: the surprising first, what does not apply last
    *(Status.VIOLATED, Status.INCONSISTENT, Status.INCONCLUSIVE),
    *(Status.VACUOUS, Status.CONSISTENT, Status.HOLDS, Status.NOT_APPLICABLE),
)
WORDS = (*LEDGER_KEYS, "axis", "trust", "rung", "status", "points", "reason")
PLACE = ("experiment", "target", "sampler")


def of_report(report: Report) -> dict[str, Any]:
    """All that the scripts read.

    ``names``: ``{column: its different entries}``; ``verdicts``: ``{column: places in names}`` and
    ``{column: numbers}``, the surprising first; beside them ``curve``, places in ``curves``, and
    ``terms``, ``floors`` and ``differences``, ``{place of the verdict: ...}``, of those that have
    them.  ``sweeps``: ``[{experiment, target, sampler, columns, rows}]``.  A number that is missing
    is None, an infinite one text: JSON has none.
    """
    sweeps = _sweeps(report.outcome.rows)
    places = [_key(row, LEDGER_KEYS) for row in report.ledger]
    differing = junit_file.places(report.differences, places)
    rows = sorted(report.ledger, key=lambda row: _rank(row, differing))
    ordered = [_key(row, LEDGER_KEYS) for row in rows]
    names, verdicts = {}, {}
    for column in WORDS:
        names[column], verdicts[column] = once(row.get(column, "") for row in rows)
    for column in NUMBERS:
        verdicts[column] = [number(row.get(column), _floor(row, column)) for row in rows]
    columns = {_key(each, PLACE): each["columns"] for each in sweeps}
    drawn = [curves.of(row, columns.get(_key(row, PLACE), ())) for row in rows]
    _, verdicts["curve"] = once(tuple(each.items()) for each in drawn)
    return {
        "names": names,
        "verdicts": verdicts,
        "curves": [dict(each) for each in dict.fromkeys(tuple(each.items()) for each in drawn)],
        "terms": _numbers(rows, TERMS),
        "floors": _numbers(rows, FLOORS),
        "differences": {k: differing[key] for k, key in enumerate(ordered) if key in differing},
        "sweeps": sweeps,
        "questions": {each.name: each.question for each in report.experiments},
        "order": ORDER,
        "below": BELOW,
    }


def once(values: Iterable[Hashable]) -> tuple[list[Any], list[int]]:
    """The different ones of ``values`` as they come, and the place of each among them."""
    found: dict[Hashable, int] = {}
    places = [found.setdefault(value, len(found)) for value in values]
    return list(found), places


def number(value: Any, floor: float = 0.0) -> float | str | None:
    """A number to the digits that are stored and that rounding cannot move."""
    if not isinstance(value, int | float) or math.isnan(value):
        return None
    if not math.isfinite(value):
        return str(float(value))
    kept = float(written(value, floor, DIGITS))
    return int(kept) if kept.is_integer() and abs(kept) < 1e15 else kept


def _sweeps(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """Rows by sweep, in the order of the swept values as they are stored."""
    found: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        found.setdefault(_key(row, PLACE), []).append(row)
    return [_sweep(key, of_one) for key, of_one in found.items()]


def _sweep(key: tuple[str, ...], rows: Sequence[Row]) -> dict[str, Any]:
    apart = (*PLACE, "axis", FLOORS)
    columns = list(dict.fromkeys(name for row in rows for name in row if name not in apart))
    cells = [[_cell(row.get(name), _floor(row, name)) for name in columns] for row in rows]
    axis = rows[0].get("axis", "")
    return {**dict(zip(PLACE, key, strict=True)), "axis": axis, "columns": columns, "rows": cells}


def _cell(value: Any, floor: float) -> float | str | None:
    return value if isinstance(value, str) else number(value, floor)


def _rank(row: Row, differing: Mapping[tuple[str, ...], Any]) -> tuple[bool, int]:
    place = FIRST.index(row["status"]) if row["status"] in FIRST else 0
    return _key(row, LEDGER_KEYS) not in differing, place


def _numbers(rows: Sequence[Row], part: str) -> dict[int, dict[str, float | str | None]]:
    """``{place: {name: number}}`` of the rows that have such a part."""
    return {
        k: {name: number(value) for name, value in row[part].items()}
        for k, row in enumerate(rows)
        if row.get(part)
    }


def _floor(row: Row, column: str) -> float:
    return row.get(FLOORS, {}).get(column, 0.0)


def _key(row: Mapping[str, Any], names: Sequence[str]) -> tuple[str, ...]:
    return tuple(str(row.get(name, "")) for name in names)
