"""Results on disk: rows and the ledger as small sorted CSV files with eight digits.

Two runs on two machines differ in rounding, each number by its floor at the most.  Digits below the
floor are not written, nor a number that two floors could make (``foundation.digits``).  A number
*agrees* with a stored one when they are within 1e-8 relative, plus the floors of both, plus half a
unit of the last digit that was written.
"""

import math
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd

from harness.foundation import whole_files
from harness.foundation.digits import last_digit, last_place, written

DIGITS = 8
RELATIVE = 1e-8
FLOORS = "_floors"  # key of a fresh row: how far rounding can move each column; not stored
TERMS = "_terms"  # ... the parts of the bound of an inequality, where its verdict was decided
UNSTORED = (FLOORS, TERMS)  # what only a fresh row has
PROSE = ("reason",)  # columns that are kept but not compared
OF_VERDICTS = (
    *("axis", "trust", "rung", "status", "points", "unmet", "reason"),
    *("measured", "bound", "constant", "slope"),
)
"""Columns of a ledger in their order, after what a line is of."""
STORED = 0.5  # share of a floor below which stored digits go: floors differ by machine, too
NUMBER = re.compile(r"(?<![\w.])[-+]?(?:\d+(?:,\d{3})*(?:\.\d+)?(?:e[-+]?\d+)?|(?:inf|nan)\b)")
Row = dict[str, Any]


def read(path: Path) -> list[Row]:
    """Rows of a CSV file; none if it is not there.  Empty cells are missing keys."""
    if not path.exists():
        return []
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    return [
        {str(key): _cell(value) for key, value in row.items() if value != ""}
        for row in table.to_dict("records")
    ]


def write(path: Path, rows: Sequence[Row], keys: Sequence[str]) -> None:
    """Write ``rows`` sorted by ``keys``, numbers with eight significant digits.

    Columns keep the places that they have in a file that is already there; those of a new ledger
    stand as in every other.
    """
    rows = sorted(rows, key=lambda row: tuple(_rank(row.get(key)) for key in keys))
    used = {column for row in rows for column in row}
    before = pd.read_csv(path, nrows=0).columns if path.exists() else OF_VERDICTS
    columns = [*keys, *(column for column in before if column in used and column not in keys)]
    for row in rows:
        columns += [column for column in row if column not in (*columns, *UNSTORED)]
    cells = [
        {column: _text(row.get(column, ""), _floor(row, column)) for column in columns}
        for row in rows
    ]
    table = pd.DataFrame(cells, columns=columns)
    whole_files.write_text(path, table.to_csv(index=False, lineterminator="\n"))


def merged(new: Sequence[Row], old: Sequence[Row], keys: Sequence[str]) -> list[Row]:
    """``new`` with the stored digits of ``old`` wherever the two agree, so that files stay put.

    A stored number that is digits below its floor is written anew, and prose where it says
    something else than before.
    """
    stored = {_key(row, keys): row for row in old}
    return [_kept(row, stored.get(_key(row, keys), {})) for row in new]


def _kept(row: Row, before: Row) -> Row:
    """``row`` with what ``before`` has of it, as it was written."""
    floors, old = row.get(FLOORS, {}), {k: before.get(k, "") for k in row}
    same = {k for k in row if k not in UNSTORED and agree(row[k], old[k], floors.get(k, 0.0))}
    if same >= row.keys() - {*PROSE, *UNSTORED}:
        off = max((floor for floor in floors.values() if math.isfinite(floor)), default=0.0)
        same |= {k for k in PROSE if k in row and alike(row[k], old[k], off)}
    trimmed = {k: floor * (STORED if k in same else 1.0) for k, floor in floors.items()}
    kept = {k: old[k] if k in same else value for k, value in row.items()}
    return {**kept, **({FLOORS: trimmed} if floors else {})}


def alike(prose: str, stored: str, floor: float = 0.0) -> bool:
    """Whether two sentences say the same: their words, and their numbers up to a last digit.

    ``floor`` is how far rounding can move the numbers.
    """
    if NUMBER.split(prose) != NUMBER.split(stored):
        return False
    pairs = zip(NUMBER.findall(prose), NUMBER.findall(stored), strict=True)
    return all(new == old or _near(new, old, floor) for new, old in pairs)


def _near(new: str, old: str, floor: float) -> bool:
    """Whether two numbers, as they are written, are a last digit apart, or two floors.

    Whole numbers are counts, which have no last digit that may differ.
    """
    a, b = (Decimal(each.replace(",", "")) for each in (new, old))
    if not (a.is_finite() and b.is_finite()) or (b.is_signed() and not b):  # -0 is written anew
        return False
    last = min(int(each.as_tuple().exponent) for each in (a, b))  # a 0 at the end is left out
    unit = 0 if (new + old).replace(",", "").isdigit() else Decimal(1).scaleb(last)
    return abs(a - b) <= unit + Decimal(2 * floor)


def differences(new: Sequence[Row], old: Sequence[Row], keys: Sequence[str]) -> list[str]:
    """What differs between a run and what is stored, in either direction, a line each."""
    fresh, stored = _by_key(new, keys), _by_key(old, keys)
    lines = [f"{_name(key)}: not in the ledger" for key in fresh if key not in stored]
    lines += [
        f"{_name(key)}: in the ledger, but not computed" for key in stored if key not in fresh
    ]
    for key in fresh.keys() & stored.keys():
        for column in sorted((fresh[key].keys() | stored[key].keys()) - {*PROSE, *UNSTORED}):
            value, before = fresh[key].get(column, ""), stored[key].get(column, "")
            if not agree(value, before, _floor(fresh[key], column)):
                lines.append(
                    f"{_name(key)}: {column} is {_text(value)}, the ledger has {_text(before)}"
                )
    return sorted(lines)


def _by_key(rows: Sequence[Row], keys: Sequence[str]) -> dict[tuple[str, ...], Row]:
    """Rows by their key.  Raises ValueError where two have the same: one would go unseen."""
    found: dict[tuple[str, ...], Row] = {}
    for row in rows:
        key = _key(row, keys)
        if key in found:
            raise ValueError(f"two rows are called {_name(key)}; give one a label of its own")
        found[key] = row
    return found


def agree(value: Any, stored: Any, floor: float = 0.0) -> bool:
    """Whether a value agrees with a stored one: text exactly, numbers to rounding.

    ``floor`` is how far rounding can move either.  A stored 0 was a number of up to two floors.
    Floors are numbers too: that of the run that was stored may have been twice as wide, and then
    one digit less was written.
    """
    if not (_is_number(value) and _is_number(stored)):
        return str(value) == str(stored)
    value, stored = float(value), float(stored)
    if not (math.isfinite(value) and math.isfinite(stored)):
        return value == stored or (math.isnan(value) and math.isnan(stored))
    unit = max(_unit(stored), 10.0 ** last_place(floor) if floor > 0 else 0.0)
    if stored and floor > 0:
        unit = max(unit, 10.0 ** min(last_place(2 * floor), last_digit(stored)))
    hidden = 0 if stored else 2 * floor
    return abs(value - stored) <= RELATIVE * abs(stored) + 2 * floor + unit / 2 + hidden


def _unit(value: float) -> float:
    """The last of the digits that are kept of ``value``."""
    return 10.0 ** (math.floor(math.log10(abs(value))) - DIGITS + 1) if value else 0.0


def _floor(row: Mapping[str, Any], column: str) -> float:
    return row.get(FLOORS, {}).get(column, 0.0)


def _key(row: Mapping[str, Any], keys: Sequence[str]) -> tuple[str, ...]:
    return tuple(_text(row.get(key, "")) for key in keys)


def _name(key: tuple[str, ...]) -> str:
    return " | ".join(part for part in key if part)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _text(value: Any, floor: float = 0.0) -> str:
    return written(value, floor, DIGITS) if isinstance(value, float) else str(value)


def _cell(value: str) -> Any:
    try:
        return float(value)
    except ValueError:
        return value


def _rank(value: Any) -> tuple[int, float, str]:
    return (0, float(value), "") if _is_number(value) else (1, 0.0, str(value))
