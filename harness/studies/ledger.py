"""Results on disk: rows and the ledger as small sorted CSV files with eight digits.

Two runs on two machines differ in rounding, each number by its floor at the most.  Digits below the
floor are not written, and a number that is all below it is written as 0.  A number *agrees* with a
stored one when they are within 1e-8 relative, plus the floors of both, plus half a unit of the last
digit that was written.
"""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

DIGITS = 8
RELATIVE = 1e-8
FLOORS = "_floors"  # key of a fresh row: how far rounding can move each column; not stored
PROSE = ("reason",)  # columns that are kept but not compared
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

    Columns keep the places that they have in a file that is already there.
    """
    rows = sorted(rows, key=lambda row: tuple(_rank(row.get(key)) for key in keys))
    used = {column for row in rows for column in row}
    before = pd.read_csv(path, nrows=0).columns if path.exists() else ()
    columns = [*keys, *(column for column in before if column in used and column not in keys)]
    for row in rows:
        columns += [column for column in row if column not in columns and column != FLOORS]
    cells = [
        {column: _text(row.get(column, ""), _floor(row, column)) for column in columns}
        for row in rows
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(cells, columns=columns).to_csv(path, index=False, lineterminator="\n")


def merged(new: Sequence[Row], old: Sequence[Row], keys: Sequence[str]) -> list[Row]:
    """``new`` with the stored digits of ``old`` wherever the two agree, so that files stay put.

    A stored number that is digits below its floor is written anew.
    """
    stored = {_key(row, keys): row for row in old}
    result = []
    for row in new:
        before = stored.get(_key(row, keys), {})
        result.append(
            {
                k: before[k] if k in before and agree(v, before[k], _floor(row, k)) else v
                for k, v in row.items()
            }
        )
    return result


def differences(new: Sequence[Row], old: Sequence[Row], keys: Sequence[str]) -> list[str]:
    """What differs between a run and what is stored, in either direction, a line each."""
    fresh, stored = _by_key(new, keys), _by_key(old, keys)
    lines = [f"{_name(key)}: not in the ledger" for key in fresh if key not in stored]
    lines += [
        f"{_name(key)}: in the ledger, but not computed" for key in stored if key not in fresh
    ]
    for key in fresh.keys() & stored.keys():
        for column in sorted((fresh[key].keys() | stored[key].keys()) - {*PROSE, FLOORS}):
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

    ``floor`` is how far rounding can move either.
    """
    if not (_is_number(value) and _is_number(stored)):
        return str(value) == str(stored)
    value, stored = float(value), float(stored)
    if not (math.isfinite(value) and math.isfinite(stored)):
        return value == stored or (math.isnan(value) and math.isnan(stored))
    unit = max(_unit(stored), _last_above(floor))
    return abs(value - stored) <= RELATIVE * abs(stored) + 2 * floor + unit / 2


def _unit(value: float) -> float:
    """The last of the digits that are kept of ``value``."""
    return 10.0 ** (math.floor(math.log10(abs(value))) - DIGITS + 1) if value else 0.0


def _last_above(floor: float) -> float:
    """The smallest power of ten that is no smaller than ``floor``."""
    return 10.0 ** math.ceil(math.log10(floor)) if floor > 0 else 0.0


def _floor(row: Mapping[str, Any], column: str) -> float:
    return row.get(FLOORS, {}).get(column, 0.0)


def _key(row: Mapping[str, Any], keys: Sequence[str]) -> tuple[str, ...]:
    return tuple(_text(row.get(key, "")) for key in keys)


def _name(key: tuple[str, ...]) -> str:
    return " | ".join(part for part in key if part)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _text(value: Any, floor: float = 0.0) -> str:
    """Numbers with eight digits, of which none is below ``floor``."""
    if not isinstance(value, float):
        return str(value)
    if math.isfinite(value) and floor > 0:
        last = _last_above(floor)
        kept = math.floor(math.log10(abs(value) / last)) + 1 if value else 0
        if abs(value) <= floor or abs(value) < last / 2:
            return "0"
        if kept < 1:
            return f"{math.copysign(last, value):.1g}"
        return f"{value:.{min(kept, DIGITS)}g}"
    return str(int(value)) if value.is_integer() and abs(value) < 1e7 else f"{value:.{DIGITS}g}"


def _cell(value: str) -> Any:
    try:
        return float(value)
    except ValueError:
        return value


def _rank(value: Any) -> tuple[int, float, str]:
    return (0, float(value), "") if _is_number(value) else (1, 0.0, str(value))
