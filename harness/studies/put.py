"""Where a swept value goes in the spec of a problem."""

from collections.abc import Mapping
from typing import Any

from harness.foundation.validation import unknown


def put(spec: dict[str, Any], path: str, value: float) -> None:
    """Set ``section.key``, or ``section.key.i`` for an entry of a list.  Raises ValueError."""
    number = int(value) if float(value).is_integer() else value
    section, _, key = path.partition(".")
    table = spec.get(section)
    if not isinstance(table, dict) or not key:
        raise ValueError(unknown("table to put values in", section, spec))
    key, _, place = key.partition(".")
    if isinstance(table.get(key), Mapping) and place:  # of a thing within another
        table[key] = dict(table[key])
        put(table, f"{key}.{place}", value)
        return
    if not place:
        table[key] = number
        return
    entries = table.get(key)
    if not isinstance(entries, list):
        raise ValueError(f"put={path!r} needs a list {section}.{key}, got {entries!r}")
    if not (place.isdecimal() and int(place) < len(entries)):
        raise ValueError(
            f"put={path!r} must end in the place of one of {len(entries)} entries, 0 the first"
        )
    table[key] = [number if k == int(place) else old for k, old in enumerate(entries)]
