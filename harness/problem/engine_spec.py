"""Engines with settings as tables of plain values, and back."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from harness.foundation.validation import choice, unknown
from harness.problem.enumerated import Enumerated
from harness.problem.monte_carlo import MonteCarlo

KINDS = {"monte_carlo": MonteCarlo, "enumerated": Enumerated}


def spec(engine: Any) -> Any:
    """An engine as a plain value: its name, or a table for one with settings."""
    for name, kind in KINDS.items():
        if isinstance(engine, kind):
            return {"name": name, **dataclasses.asdict(engine)}
    return engine


def from_spec(value: Any) -> Any:
    """The engine that ``spec`` wrote.  Raises ValueError for an unknown name or key."""
    if not isinstance(value, Mapping):
        return value
    fields = dict(value)
    name = choice("engine with settings", fields.pop("name", None), tuple(KINDS))
    known = [field.name for field in dataclasses.fields(KINDS[name])]
    for key in fields:
        if key not in known:
            raise ValueError(unknown(f"field of engine {name!r}", key, known))
    return KINDS[name](**fields)
