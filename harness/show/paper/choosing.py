# pyright: reportArgumentType=false, reportGeneralTypeIssues=false, reportReturnType=false
# pyright: reportAssignmentType=false
# (the stubs of pandas do not know that columns are strings)
"""Which rows, quantities, theorems and axis a figure is made of."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from harness.foundation.validation import choice
from harness.show.paper import lines, styles
from harness.show.paper.lines import SWEEP, Style
from harness.show.paper.names import QUANTITIES, Names, named

AGAINST = {  # what to draw against: (column, label, its inverse along which constants grow)
    "h": ("h", "step size $h$ ($κ$ on a geometric grid)", "1 / step size $h$"),
    "N": ("N", "steps $N$", ""),
    "calls": ("score_calls", "expected score calls a sequence", ""),
    "S": ("S", "vocabulary size $S$", ""),
    "d": ("d", "sequence length $d$", ""),
    "T": ("T", "start time $T$, noise time", ""),
    "delta": ("delta", "stop time $δ$, noise time", "1 / stop time $δ$"),
    "score_error": ("score_error", "score error, nats", "1 / score error, 1/nats"),
    "coupling": ("value", "coupling of the target", ""),
    "knob": ("value", "setting of the sampler", ""),
    "epsilon": ("value", "KL to be reached $ε$, nats", ""),
}
LINEAR = ("coupling",)


@dataclass(frozen=True)
class Wanted:
    """What to draw: labels of targets and samplers, and names of theorems, all where None.

    ``quantities`` are of ``names.QUANTITIES``, ``against`` of ``AGAINST``: by default the output
    KL (what is bounded first of what was measured) along the axis that was swept.
    """

    targets: Sequence[str] | None = None
    samplers: Sequence[str] | None = None
    theorems: Sequence[str] | None = None
    quantities: Sequence[str] = ()
    against: str | None = None
    names: Names = field(default_factory=Names)


@dataclass(frozen=True)
class Chosen:
    """The rows of a figure with ``x``, what is measured on them, and all styles."""

    rows: pd.DataFrame
    quantities: Sequence[str]
    theorems: dict[str, str]
    samplers: dict[str, Style]
    names: Names
    against: str

    @property
    def growing(self) -> bool:
        """Whether constants are drawn, along the axis in which their growth is judged."""
        return self.quantities == ["constant"]

    @property
    def x_label(self) -> str:
        _, label, inverse = AGAINST[self.against]
        return inverse if self.growing and inverse else label

    def style(self, sampler: str, quantity: str) -> Style:
        """A sampler's line, with the dash of a quantity that shares its panel with others."""
        dash = styles.dash_of(quantity) if quantity else "-"
        return {**self.samplers[sampler], "of": sampler, "ls": dash}


def choose(rows: pd.DataFrame, wanted: Wanted) -> Chosen:
    """What ``wanted`` names, found in ``rows``.  Raises ValueError naming what is not there."""
    rows = _of_labels(rows, "target", wanted.targets)
    rows = _of_labels(rows, "sampler", wanted.samplers)
    quantities = _quantities(rows, wanted.quantities)
    rows, against = _against(rows, wanted.against, growing=quantities == ["constant"])
    return Chosen(
        rows,
        quantities,
        _theorems(rows, wanted.theorems, quantities),
        styles.of_samplers(list(rows["sampler"].unique())),
        wanted.names,
        against,
    )


def _of_labels(rows: pd.DataFrame, kind: str, wanted: Sequence[str] | None) -> pd.DataFrame:
    """Rows of the labels that are wanted, in the order in which they are."""
    if not wanted:
        return rows
    for label in wanted:
        choice(f"{kind} in these rows", label, set(rows[kind]))
    parts = [rows[rows[kind] == label] for label in dict.fromkeys(wanted)]
    return pd.concat(parts, ignore_index=True)


def _quantities(rows: pd.DataFrame, wanted: Sequence[str]) -> list[str]:
    """The quantities to draw, each of them measured somewhere."""
    if not wanted:
        usual = ("steps",) if (rows["axis"] == "epsilon").all() else ("kl", "chain_kl")
        wanted = [name for name in usual if name in _measured(rows)][:1]
    for name in wanted:
        choice("quantity in these rows", name, _measured(rows))
    if "constant" in wanted and len(wanted) > 1:
        raise ValueError(f"constant must be drawn alone, got {', '.join(wanted)}")
    if not wanted:
        raise ValueError("these rows have nothing measured; choose a quantity they have")
    return list(dict.fromkeys(wanted))


def _measured(rows: pd.DataFrame) -> list[str]:
    if (rows["axis"] == "epsilon").all():
        return ["steps"]
    found = [name for name in QUANTITIES if name in rows and rows[name].notna().any()]
    forms = any(column.startswith("form ") for column in lines.theorem_columns(rows).values())
    return [*found, *(["constant"] if forms else [])]


def _against(rows: pd.DataFrame, wanted: str | None, growing: bool) -> tuple[pd.DataFrame, str]:
    """Rows with ``x``, and what that is."""
    swept = {"step": "h"}
    axes = [swept.get(axis, axis) for axis in dict.fromkeys(rows["axis"])]
    against = choice("axis to draw against", wanted or axes[0], AGAINST)
    column, _, inverse = AGAINST[against]
    if column == "value":
        rows = rows[rows["axis"] == against]
    if column not in rows or not len(rows):
        raise ValueError(f"against must be measured in these rows, which have no {against}")
    rows = rows.assign(x=pd.to_numeric(rows[column], errors="coerce"))
    rows = rows[rows["x"].notna() & ((rows["x"] > 0) | (against in LINEAR))]
    rows = rows[np.isfinite(rows["x"])]
    if growing and inverse:
        rows = rows.assign(x=1 / rows["x"])
    if not rows.groupby(SWEEP)["x"].nunique().gt(1).any():
        raise ValueError(
            f"against must vary along a sweep; {against} does not in these rows of {axes[0]}"
        )
    return rows, against


def _theorems(
    rows: pd.DataFrame, wanted: Sequence[str] | None, quantities: Sequence[str]
) -> dict[str, str]:
    """``{name[trust]: column}`` of the theorems to draw."""
    known = lines.theorem_columns(rows)
    if quantities == ["constant"]:
        known = {name: column for name, column in known.items() if column.startswith("form ")}
    if wanted is not None:
        by_name = {named(name)[0]: name for name in known}
        wanted = [by_name[choice("theorem in these rows", name, by_name)] for name in wanted]
        return {name: known[name] for name in wanted}
    if quantities == ["constant"]:
        return {name: at for name, at in known.items() if rows[at].notna().any()}
    if quantities == ["steps"]:
        return known
    of_kl = {name: column for name, column in known.items() if lines.bounded(name)}
    return {name: at for name, at in of_kl.items() if lines.speaks_of(name, quantities)}
