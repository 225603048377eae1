# pyright: reportArgumentType=false, reportGeneralTypeIssues=false, reportCallIssue=false
# (the stubs of pandas and matplotlib do not know that columns are strings, nor **style)
"""Figures from the committed rows: what was measured against what theorems say, on log-log axes.

Every line differs by marker and dash as well as by shade, so that a grey print can be read.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import cycle
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator

from harness.show.figure_style import STYLE, finish, off_support, save, side_by_side, slug
from harness.show.figures_of_scale import coupling_figure, growth_figure, growth_panels
from harness.studies import ledger
from harness.verdicts import chosen
from harness.verdicts.axes import AXES, NEUTRAL_AXES
from harness.verdicts.slopes import local_slopes
from harness.verdicts.theorem import Theorem

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
THEOREMSTYLES = [
    {"color": colour, "marker": marker, "ls": ls}
    for colour, marker, ls in [
        ("#1b6ca8", "x", "-"),
        ("#b3541e", "+", "--"),
        ("#3c7a3c", "1", "-."),
        ("#7a3c7a", "2", ":"),
        ("#8a6d00", "3", "-"),
        ("#7a1f1f", "4", "--"),
    ]
]
ROUNDING = 1e-18  # a KL below this is rounding and would squash the axis


@dataclass(frozen=True)
class Line:
    """One theorem's curve in a panel: values in nats, and what was done to get them."""

    label: str
    values: np.ndarray


def draw_all(results: Path, out: Path) -> list[Path]:
    """Every figure that the rows in ``results`` allow, as SVG and PNG in ``out``.

    Raises ValueError where there are no rows.
    """
    tables = {path.parent.name: _table(path) for path in sorted(results.glob("*/rows.csv"))}
    if not tables:
        raise ValueError(f"no rows in {results}; run 'leapcheck check --update-ledger' first")
    out.mkdir(parents=True, exist_ok=True)
    written = []
    with mpl.rc_context(STYLE):
        for name, table in tables.items():
            if table["axis"].iloc[0] in NEUTRAL_AXES:
                written += save(coupling_figure(table, name), out / name)
                continue
            for target, rows in table.groupby("target", sort=False):
                make = steps_figure if rows["axis"].iloc[0] == "epsilon" else kl_figure
                figure = make(rows, f"{name}: {target}")
                written += save(figure, out / f"{name}-{slug(str(target))}")
            if table["axis"].iloc[0] == "step" and "score_calls" in table:
                written += save(calls_figure(table, name), out / f"calls-{name}")
        for axis in AXES:
            rows = [t for t in tables.values() if t["axis"].iloc[0] == axis]
            if any(column.startswith("form ") for table in rows for column in table):
                written += save(constants_figure(rows, axis), out / f"constants-{axis}")
        growing = growth_panels(tables.values())
        if growing:
            written += save(growth_figure(growing), out / "growth")
    return written


def kl_figure(rows: pd.DataFrame, title: str) -> Figure:
    """Measured KLs and theorems against the swept axis, a panel for each sampler."""
    groups = list(rows.groupby("sampler", sort=False))
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
        for line, style in zip(_theorem_lines(group), cycle(THEOREMSTYLES), strict=False):
            panel.plot(x, line.values, label=line.label, markersize=5, lw=1.0, **style)
        if group["axis"].iloc[0] == "step":
            _reference_slopes(panel, x, group["kl"].to_numpy())
        title = str(sampler) + off_support(group)
        finish(panel, title, group["axis"].iloc[0], "KL, nats")
    return figure


def calls_figure(
    rows: pd.DataFrame, title: str, column: str = "kl", unit: str = "output KL, nats"
) -> Figure:
    """Work and precision: output KL against score calls, a panel for each target, one legend.

    Or another ``column``, with the ``unit`` that its axis is to show.

    A sampler without error is a vertical line at its largest number of calls.
    """
    groups = list(rows.groupby("target", sort=False))
    names = list(dict.fromkeys(rows["sampler"]))
    figure, panels = side_by_side(len(groups), f"{title}: {unit.split(',')[0]} against score calls")
    for panel, (target, group) in zip(panels, groups, strict=True):
        for k, name in enumerate(names):
            run = group[(group["sampler"] == name) & group["score_calls"].notna()]
            run = run.sort_values("score_calls")
            style = {
                "marker": "osv^D*Px<>"[k % 10],
                "color": mpl.colormaps["tab10"](k % 10),
                "ls": ["-", "--", ":", "-."][k % 4],
            }
            if len(run) and (run[column] <= ROUNDING).all():
                panel.axvline(run["score_calls"].max(), label=f"{name}: exact", **style)
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
    figure.set_figheight(4.6)
    figure.legend(
        handles.values(),
        handles.keys(),
        loc="outside lower center",
        ncols=min(len(handles), 6),
        frameon=False,
        fontsize=8,
        handlelength=3.5,
    )
    return figure


def steps_figure(rows: pd.DataFrame, title: str) -> Figure:
    """The fewest steps that reach a KL, measured and promised."""
    groups = list(rows.groupby("sampler", sort=False))
    figure, panels = side_by_side(len(groups), title)
    for panel, (sampler, group) in zip(panels, groups, strict=True):
        group = group.sort_values("x")
        x = group["x"].to_numpy()
        _curve(panel, x, group["N"].to_numpy(), "measured", MEASURED["kl"][1])
        promised = [column for column in group if column.startswith("N ")]
        for column, style in zip(promised, cycle(THEOREMSTYLES), strict=False):
            if group[column].notna().all():
                panel.plot(x, group[column], label=column[2:], markersize=5, lw=1.0, **style)
        finish(panel, str(sampler), "epsilon", "steps N")
    return figure


def constants_figure(tables: Sequence[pd.DataFrame], axis: str) -> Figure:
    """Needed constant, measured / form, of every rate theorem along one axis."""
    rows = pd.concat(tables)
    forms = [c for c in rows if c.startswith("form ") and rows[c].notna().any()]
    title = f"Constant that the data need, along {axis}: growth would contradict the theorem"
    figure, panels = side_by_side(len(forms), title, columns=3, width=5.4)
    markers = "osv^D*Px<>ph8dX+1234|_"
    for panel, form in zip(panels, forms, strict=True):
        theorem = form.removeprefix("form ")
        groups = rows[rows[form].notna()].groupby(["experiment", "target", "sampler"], sort=False)
        for k, ((experiment, target, sampler), group) in enumerate(groups):
            group = group.sort_values("x")
            constant = (group[_rung_of(theorem, group)] / group[form]).to_numpy()
            style = {
                "marker": markers[k % len(markers)],
                "color": str(0.1 + 0.6 * (k % 5) / 4),
                "ls": ["-", "--", ":", "-."][k % 4],
            }
            label = f"{experiment}: {target}, {sampler}"
            panel.plot(group["x"], constant, label=label, markersize=4, lw=0.9, **style)
        finish(panel, theorem, axis, "measured / form")
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


def _theorem_lines(group: pd.DataFrame) -> Iterator[Line]:
    """Bounds as they stand, and forms times the smallest constant that the data allow."""
    for column in group:
        kind, _, name = column.partition(" ")
        if kind not in ("bound", "form") or group[column].isna().any():
            continue
        if not _theorem(name).promises_kl():  # another quantity, or a line that is there already
            continue
        values = group[column].to_numpy()
        if kind == "bound":
            yield Line(name, values)
        else:
            constant = float((group[_rung_of(name, group)].to_numpy() / values).max())
            on = "" if _theorem(name).bounds_on != "differential" else " to the output KL"
            yield Line(f"{name} × {constant:.2g} (fitted{on})", constant * values)


def _rung_of(theorem: str, group: pd.DataFrame) -> str:
    """The column that a theorem bounds, as far as it was measured."""
    column = {"chain": "chain_kl", "path": "path_kl"}.get(_theorem(theorem).bounds_on, "kl")
    return column if column in group and group[column].notna().all() else "kl"


@cache
def _theorem(column: str) -> Theorem:
    """The theorem that a column is headed with, as ``name[trust]``."""
    return chosen.called(column.split("[")[0])


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


def _table(path: Path) -> pd.DataFrame:
    """Rows with their numbers as floats, and ``x``: the value to plot against."""
    table = pd.DataFrame(ledger.read(path))
    table["x"] = table["h"] if table["axis"].iloc[0] == "step" else table["value"]
    if table["axis"].iloc[0] in ("S", "d"):
        table["x"] = table[table["axis"].iloc[0]]
    return table
