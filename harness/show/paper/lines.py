# pyright: reportArgumentType=false, reportGeneralTypeIssues=false, reportCallIssue=false
# (the stubs of pandas do not know that columns are strings)
"""Lines of a panel from rows: what was measured, what theorems allow, the constants they need."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from harness.show.of_theorems import bounded, constants, rung_column
from harness.show.paper.names import QUANTITIES
from harness.verdicts.quantities import Quantities

SWEEP = ["experiment", "target", "sampler"]
ROUNDING = 1e-18  # a KL below this is rounding and would squash the axis
SAME = 1e-6  # two bounds nearer than this, relative, are one line
Style = dict[str, Any]


@dataclass(frozen=True)
class Line:
    """Points along ``x``, in its order.  What is not positive and finite stands on an edge.

    ``style`` is matplotlib's, with ``of``, the name that it belongs to, and ``thin``, a theorem's.
    """

    x: np.ndarray
    y: np.ndarray
    style: Style

    @property
    def seen(self) -> np.ndarray:
        """Which points are on the scale."""
        return np.isfinite(self.y) & (self.y > ROUNDING)

    def zero(self) -> np.ndarray:
        """Which points are 0 up to rounding."""
        return self.y <= ROUNDING

    def infinite(self) -> np.ndarray:
        """Which points are infinite."""
        return np.isposinf(self.y)


def line(x: pd.Series, y: pd.Series, style: Style) -> list[Line]:
    """The line through what was measured; none where nothing was."""
    known = (x.notna() & y.notna()).to_numpy()
    xs, ys = x.to_numpy(float)[known], y.to_numpy(float)[known]
    order = np.argsort(xs, kind="stable")
    return [Line(xs[order], ys[order], style)] if known.any() else []


def theorem_columns(rows: pd.DataFrame) -> dict[str, str]:
    """``{name[trust]: column}`` of every theorem that says something on some row."""
    found = {}
    for column in rows:
        kind, _, name = str(column).partition(" ")
        if kind in ("bound", "form", "N") and name and rows[column].notna().any():
            found[re.sub(r" \(constant.*\)$", "", name)] = str(column)
    return found


def speaks_of(theorem: str, quantities: Sequence[str]) -> bool:
    """Whether a theorem's line belongs in a panel of these quantities: it bounds one of them."""
    rung = bounded(theorem) or "chain"
    below = Quantities.LADDER.get(rung, (rung,))
    return any(QUANTITIES[name].rung in below for name in quantities)


def needed(theorem: str, rows: pd.DataFrame) -> float:
    """The smallest constant that all of ``rows`` allow a rate; nan where none is positive."""
    found = [constants(theorem, group).max() for _, group in rows.groupby(SWEEP, sort=False)]
    largest = np.nanmax([*found, -np.inf])
    return float(largest) if np.isfinite(largest) and largest > 0 else np.nan


def on_output_instead(theorem: str, rows: pd.DataFrame) -> bool:
    """Whether the constant is that to the output KL, for want of what the theorem bounds."""
    rung = bounded(theorem)
    ours = [rung_column(theorem, group) for _, group in rows.groupby(SWEEP, sort=False)]
    return rung in Quantities.LADDER and rung != "output" and "kl" in ours


def allowed(
    column: str, rows: pd.DataFrame, factor: float, style: Style, marks: dict[str, Style]
) -> Iterator[Line]:
    """What one theorem allows: one line where it says the same of all samplers, else one each.

    Those of several samplers carry the samplers' markers, hollow and small.
    """
    found = {}
    for (_, _, sampler), group in rows.groupby(SWEEP, sort=False):
        for one in line(group["x"], factor * group[column], style):
            found[sampler] = one
    if not found:
        return
    longest = max(found.values(), key=lambda each: len(each.x))
    if all(_within(each, longest) for each in found.values()):
        yield longest
        return
    for sampler, each in found.items():
        marked = {**style, "marker": marks[sampler]["marker"], "mfc": "white"}
        yield Line(each.x, each.y, marked)


def _within(one: Line, other: Line) -> bool:
    """Whether all points of ``one`` lie on points of ``other``."""
    places = np.searchsorted(other.x, one.x * (1 - SAME))
    if (places >= len(other.x)).any():
        return False
    near = np.isclose(other.x[places], one.x, rtol=SAME, atol=0)
    return bool((near & np.isclose(other.y[places], one.y, rtol=SAME, atol=0)).all())
