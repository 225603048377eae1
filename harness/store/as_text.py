"""A measurement as text and back, every number exact, nan and infinite ones too."""

import json
from dataclasses import fields
from typing import Any

from harness.foundation.registry import plain
from harness.measurement.result import Measurement

LISTS = ("step_factorisation", "step_floors")


def written(measurement: Measurement) -> str:
    """One line of JSON, in which nan and inf stand as Python's ``json`` writes them."""
    table = {each.name: getattr(measurement, each.name) for each in fields(measurement)}
    return json.dumps(table, default=plain, separators=(",", ":"))


def read(text: str) -> Measurement:
    """The measurement that was ``written``.  Raises ValueError for what is none."""
    try:
        table: dict[str, Any] = json.loads(text)
        return Measurement(**{**table, **{name: tuple(table[name]) for name in LISTS}})
    except (TypeError, KeyError) as error:
        raise ValueError(f"no measurement: {error}") from error
