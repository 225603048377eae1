"""The fields that a thing is made with, as a table: name, type, default and unit."""

import dataclasses
import inspect
from collections.abc import Callable, Iterator
from typing import Any

from harness.foundation.registry import NEEDED, fields_of, label

UNITS = {
    **dict.fromkeys(("tokens", "vocabulary", "size"), "tokens"),
    **dict.fromkeys(("length", "masks", "k", "sizes", "class_sizes", "counts", "copies"), "tokens"),
    **dict.fromkeys(("steps", "corrector_steps"), "steps"),
    **dict.fromkeys(("start", "stop", "times", "told"), "noise time"),
    **dict.fromkeys(("coupling", "field", "score_error", "reward", "alpha"), "nats"),
    **dict.fromkeys(("probability", "share"), "probability"),
    "gamma": "nats",
    **dict.fromkeys(("probabilities", "token", "first", "second"), "probability"),
    **dict.fromkeys(("weights", "laws", "transition", "initial"), "probability"),
    **dict.fromkeys(("weight", "zipf", "smallest", "emission"), "probability"),
    **dict.fromkeys(("concentration", "exponent", "guidance", "flips"), "1"),
    **dict.fromkeys(("theta", "corrector_length"), "steps"),
    **dict.fromkeys(("kappa",), "1"),
    "classes": "classes",
    "pairs": "pairs of tokens",
    "rows": "per noise time",
    **dict.fromkeys(("bits", "checks", "sums"), "bits"),
    "max_states": "states",
    "path": "file",
    "density": "nats",
    "curvature": "nats per noise time squared",
    "rates": "per noise time",
    "size of score perturbed": "log ratio",
    "most": "per noise time",
    "order": "positions",
    "k of sampler soft_value_decoding": "proposals",
    "size of target digit_patch": "pixels",
    "start of grid even_reveal": "probability",
    "stop of grid even_reveal": "probability",
    "start of grid square_root_profile": "probability",
    "stop of grid square_root_profile": "probability",
}
"""By the name of a field, or by that of the thing too where it means something else there."""
NO_UNIT = "-"


def table(kind: str, name: str, make: Callable[..., Any], heading: str = "fields") -> Iterator[str]:
    """A line a field of what ``make`` makes, under ``heading``; one line where there are none."""
    rows = [
        (key, type_of(make, key), _default(default), unit(kind, name, make, key))
        for key, default in fields_of(make).items()
    ]
    if not rows:
        yield f"\n{heading}: none"
        return
    rows = [("field", "type", "default", "unit"), *rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    yield f"\n{heading}:"
    for row in rows:
        cells = [f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)]
        yield f"  {'  '.join(cells)}".rstrip()


def type_of(make: Callable[..., Any], key: str) -> str:
    """The annotation of a field as it is written, without the modules of its names."""
    annotation = inspect.signature(make).parameters[key].annotation
    if annotation is NEEDED:
        return NO_UNIT
    told = annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
    for module in ("collections.abc.", "typing.", "pathlib.", "numpy."):
        told = told.replace(module, "")
    return told


def unit(kind: str, name: str, make: Callable[..., Any], key: str) -> str:
    """That of the field: its own word (``field(metadata={"unit": ...})``), or one known here."""
    if dataclasses.is_dataclass(make):
        own = {field.name: field.metadata.get("unit") for field in dataclasses.fields(make)}
        if own[key]:
            return str(own[key])
    return UNITS.get(f"{key} of {kind} {name}", UNITS.get(key, NO_UNIT))


def _default(value: Any) -> str:
    if value is NEEDED:
        return "needed"
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return label(value)
    return repr(value)
