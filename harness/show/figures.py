# pyright: reportArgumentType=false, reportGeneralTypeIssues=false, reportCallIssue=false
# (the stubs of pandas and matplotlib do not know that columns are strings, nor **style)
"""Figures from the committed rows: what was measured against what theorems say, on log-log axes.

Every line differs by marker and dash as well as by shade, so that a grey print can be read.  What
samplers and theorems look like belongs to their names (``paper.styles``).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator

from harness.show.figure_style import AXIS_LABELS, finish, off_support, side_by_side
from harness.show.of_theorems import bounded, constants
from harness.show.paper.lines import SWEEP, theorem_columns
from harness.show.paper.names import named
from harness.show.paper.styles import DASHES, of_samplers, of_theorems
from harness.verdicts.quantities import Quantities
from harness.verdicts.slopes import local_slopes

MEASURED = {  # column: (label, style)
    "kl": ("output KL", {"color": "black", "marker": "o", "ls": "-"}),
    "chain_kl": ("chain KL", {"color": "black", "marker": "s", "ls": "--"}),
    "factorisation_kl": ("factorisation part", {"color": "0.45", "marker": "^", "ls": ":"}),
    "marginal_kl": ("marginal part", {"color": "0.45", "marker": "v", "ls": ":"}),
    "path_kl": ("path KL", {"color": "0.3", "marker": "D", "ls": "-."}),
}
OFF_SUPPORT = {  # the same, where the data rule sequences out
    "reverse_kl": ("reverse KL", {"color": "#a03060", "marker": "h", "ls": (0, (5, 1))}),
    "off_support": ("off support", {"color": "#a03060", "marker": "*", "ls": (0, (1, 1))}),
}
INVERSE = ("step", "delta", "score_error")  # a constant must not grow as these get smaller
LEGEND_COLUMN, LEGEND_ROW = 2.3, 0.2  # inches, of a legend beneath all panels
ROUNDING = 1e-18  # a KL below this is rounding and would squash the axis


@dataclass(frozen=True)
class Line:
    """One theorem's curve in a panel: values in nats, and what was done to get them."""

    name: str
    label: str
    values: np.ndarray


def kl_figure(rows: pd.DataFrame, title: str) -> Figure:
    """Measured KLs and theorems against the swept axis, a panel for each sampler."""
    groups = list(rows.groupby("sampler", sort=False))
    looks = _looks(rows)
    figure, panels = side_by_side(len(groups), title)
    for panel, (sampler, group) in zip(panels, groups, strict=True):
        group = group.sort_values("x")
        x = group["x"].to_numpy()
        for column, (label, style) in MEASURED.items():
            if column in group and (group[column] > ROUNDING).all():
                _curve(panel, x, group[column].to_numpy(), label, style)
            elif column in group and (group[column] >= 0).all():
                panel.plot([], [], label=f"{label}: 0 up to rounding", **style)
        _both_ways(panel, x, group)
        for line in _theorem_lines(group):
            panel.plot(x, line.values, label=line.label, markersize=5, lw=1.0, **looks[line.name])
        if group["axis"].iloc[0] == "step":
            _reference_slopes(panel, x, group[_first_kl(group)].to_numpy())
        title = str(sampler) + off_support(group)
        finish(panel, title, group["axis"].iloc[0], "KL, nats")
    return figure


def calls_figure(rows: pd.DataFrame, title: str, column: str = "", unit: str = "") -> Figure:
    """Work and precision: a KL against score calls, a panel for each target, one legend.

    Of the output KL, the chain KL where nothing else can be measured, or of another ``column``,
    with the ``unit`` that its axis is to show.  A sampler without error is a vertical line at its
    largest number of calls.
    """
    groups = list(rows.groupby("target", sort=False))
    looks = of_samplers(list(rows["sampler"].unique()))
    column = column or _first_kl(rows)
    unit = unit or f"{MEASURED[column][0]}, nats"
    figure, panels = side_by_side(len(groups), f"{title}: {unit.split(',')[0]} against score calls")
    for panel, (target, group) in zip(panels, groups, strict=True):
        for name, style in looks.items():
            run = group[(group["sampler"] == name) & group["score_calls"].notna()]
            run = run.sort_values("score_calls")
            if len(run) and (run[column] <= ROUNDING).all():
                panel.axvline(run["score_calls"].max(), label=f"{name}: exact", ls=":", **style)
                continue
            run = run[run[column] > ROUNDING]
            panel.plot(run["score_calls"], run[column], label=str(name), markersize=4.5, **style)
        finish(panel, str(target) + off_support(group), "score_calls", unit, legend=False)
        panel.xaxis.set_major_locator(LogLocator(base=2))  # random numbers of calls are no ticks
        panel.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
        panel.tick_params(axis="x", labelrotation=0)
    handles = {}
    for panel in panels:
        handles |= dict(zip(*reversed(panel.get_legend_handles_labels()), strict=True))
    columns = max(min(len(handles), 6, int(figure.get_figwidth() / LEGEND_COLUMN)), 1)
    figure.set_figheight(4.2 + LEGEND_ROW * -(-len(handles) // columns))
    figure.legend(
        handles.values(),
        handles.keys(),
        loc="outside lower center",
        ncols=columns,
        frameon=False,
        fontsize=8,
        handlelength=3.5,
    )
    return figure


def steps_figure(rows: pd.DataFrame, title: str) -> Figure:
    """The fewest steps that reach a KL, measured and promised."""
    groups = list(rows.groupby("sampler", sort=False))
    looks = _looks(rows)
    figure, panels = side_by_side(len(groups), title)
    for panel, (sampler, group) in zip(panels, groups, strict=True):
        group = group.sort_values("x")
        x = group["x"].to_numpy()
        _curve(panel, x, group["N"].to_numpy(), "measured", MEASURED["kl"][1])
        promised = [column for column in group if column.startswith("N ")]
        for column in promised:
            if group[column].notna().all():
                look = looks[named(column[2:])[0]]
                panel.plot(x, group[column], label=column[2:], markersize=5, lw=1.0, **look)
        finish(panel, str(sampler), "epsilon", "steps N")
    return figure


def constants_figure(tables: Sequence[pd.DataFrame], axis: str) -> Figure:
    """Needed constant, measured / form, of every rate theorem, along the axis of its growth."""
    rows = pd.concat(tables)
    rows = rows.assign(x=1 / rows["x"]) if axis in INVERSE else rows
    forms = [c for c in rows if c.startswith("form ") and rows[c].notna().any()]
    title = f"Constant that the data need, along {axis}: growth would contradict the theorem"
    figure, panels = side_by_side(len(forms), title, columns=3, width=5.4)
    for panel, form in zip(panels, forms, strict=True):
        theorem = form.removeprefix("form ")
        ours = rows[rows[form].notna()]
        looks = of_samplers(list(dict.fromkeys(ours["sampler"])))
        dashes: dict[str, int] = {}  # a target has the same dash for all samplers
        for (experiment, target, sampler), group in ours.groupby(SWEEP, sort=False):
            group = group.sort_values("x")
            dash = DASHES[dashes.setdefault(f"{experiment}: {target}", len(dashes)) % len(DASHES)]
            label = f"{experiment}: {target}, {sampler}"
            style = {**looks[sampler], "ls": dash, "markersize": 4, "lw": 0.9}
            panel.plot(group["x"], constants(theorem, group), label=label, **style)
        finish(panel, theorem, axis, "measured / form")
        if axis in INVERSE:
            panel.set_xlabel(f"1 / {AXIS_LABELS[axis]}")
    return figure


def _both_ways(panel: Axes, x: np.ndarray, group: pd.DataFrame) -> None:
    """Where some of the output is off the data's support: how much, and a finite reverse KL."""
    if not off_support(group):
        return
    for column, (label, style) in OFF_SUPPORT.items():
        seen = group[column].to_numpy()
        drawn = np.isfinite(seen) & (seen > ROUNDING)
        if drawn.any():
            panel.plot(x[drawn], seen[drawn], label=label, markersize=4.5, lw=1.0, **style)


def _first_kl(rows: pd.DataFrame) -> str:
    """The column of the output KL, or of the chain KL where nothing else can be measured."""
    return "kl" if "kl" in rows and rows["kl"].notna().any() else "chain_kl"


def _looks(rows: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """The style of each theorem in these rows, by its name."""
    return of_theorems([named(column)[0] for column in theorem_columns(rows)])


def _theorem_lines(group: pd.DataFrame) -> Iterator[Line]:
    """Bounds as they stand, and forms times the smallest constant that the data allow."""
    for theorem, column in theorem_columns(group).items():
        if column.startswith("N ") or group[column].isna().any():
            continue
        if bounded(theorem) not in Quantities.LADDER:  # another quantity, or a line that is there
            continue
        values, name = group[column].to_numpy(), named(theorem)[0]
        if column.startswith("bound "):
            yield Line(name, theorem, values)
        else:
            constant = float(constants(theorem, group).max())
            on = "" if bounded(theorem) != "differential" else " to the output KL"
            label = f"{theorem} × {constant:.2g} (fitted{on})"
            yield Line(name, label, constant * values)


def _curve(panel: Axes, x: np.ndarray, y: np.ndarray, label: str, style: dict[str, Any]) -> None:
    # With their labels: ~ is pre-asymptotic.
    slopes = ", ".join(map(str, local_slopes(list(x), list(y))[:3]))
    ends = f" (slopes {slopes})" if slopes else ""
    panel.plot(x, y, label=label + ends, markersize=4.5, lw=1.4, **style)


def _reference_slopes(panel: Axes, x: np.ndarray, y: np.ndarray) -> None:
    """Thin lines of slope 1 and 2 under the output KL, named on the figure itself."""
    for order in (1, 2):
        line = 0.3 * y[-1] * (x / x[-1]) ** order
        panel.plot(x, line, color="0.75", lw=0.8, zorder=0)
        panel.annotate(f"$h^{order}$", (x[0], line[0]), color="0.45", fontsize=7, va="top")
