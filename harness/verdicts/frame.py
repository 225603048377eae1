"""Measurements and verdicts as a pandas DataFrame, a row each."""

from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from harness.measurement.result import Measurement
from harness.verdicts.verdict import Verdict

if TYPE_CHECKING:
    import pandas as pd

LEFT_OUT = ("floors", "reasons", "terms", "step_factorisation", "step_floors")
"""Fields that are tables themselves."""
Shown = Measurement | Verdict


def frame(
    found: Shown | Iterable[Shown] | Mapping[Any, Shown | Iterable[Shown]],
) -> "pd.DataFrame":
    """A DataFrame of what ``measure``, ``measure_many``, ``check`` or ``check_sweep`` ``found``.

    One row each, columns as the fields of ``Measurement`` or ``Verdict``, numbers in nats as there.
    A mapping ``{label: one or several}`` gives rows that are indexed by its labels.  Raises
    TypeError for anything else, ValueError for measurements and verdicts in one.

    >>> frame({problem.sampler: measure(problem) for problem in problems})  # doctest: +SKIP
    """
    import pandas as pd

    pairs = list(found.items()) if isinstance(found, Mapping) else [(None, found)]
    labelled = [
        (label, one)
        for label, some in pairs
        for one in ([some] if isinstance(some, Shown) else _several(some))
    ]
    kinds = {type(one).__name__ for _, one in labelled}
    if len(kinds) > 1:
        raise ValueError("a frame must be of measurements or of verdicts, got both")
    rows = [_row(one) for _, one in labelled]
    if not isinstance(found, Mapping):
        return pd.DataFrame(rows)
    return pd.DataFrame(rows, index=pd.Index([str(label) for label, _ in labelled], dtype=object))


def _several(some: Any) -> list[Shown]:
    rule = "a frame must be of measurements or verdicts"
    if isinstance(some, str) or not isinstance(some, Iterable):
        raise TypeError(f"{rule}, got {some!r}")
    every = list(some)
    for one in every:
        if not isinstance(one, Shown):
            raise TypeError(f"{rule}, got {one!r} in a list")
    return every


def _row(one: Shown) -> dict[str, Any]:
    found = {each.name: getattr(one, each.name) for each in fields(one)}
    found = {name: value for name, value in found.items() if name not in LEFT_OUT}
    return found | {"status": str(one.status)} if isinstance(one, Verdict) else found
