# pyright: reportArgumentType=false, reportGeneralTypeIssues=false, reportCallIssue=false
# (the stubs of pandas and matplotlib do not know that columns are strings, nor **style)
"""Figures of scale: growth of KL with S and d beside what theorems allow, KL along a coupling."""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator

from harness.show.figure_style import finish, off_support, side_by_side

SAMPLER = "tau_leaping"  # one-jump, of which liang_2025 speaks; classes of tokens know no other
FORMS = {  # column: (label, style)
    "form liang_2025[O]": ("liang_2025 [O]: S d²", {"ls": "--", "marker": ""}),
    "form dmitriev_2026a_one_jump[N]": (
        "the form of dmitriev_2026a [N]: d log(S/Δ)",
        {"ls": "-.", "marker": ""},
    ),
}
MARKERS = "os^Dv*P"


def growth_panels(tables: Iterable[pd.DataFrame]) -> dict[str, list[pd.DataFrame]]:
    """``{axis: rows of each target}`` of what ``growth_figure`` can draw, for ``S`` and ``d``."""
    found: dict[str, list[pd.DataFrame]] = {}
    for table in tables:
        axis = table["axis"].iloc[0]
        if axis not in ("S", "d") or not set(FORMS) <= set(table):
            continue
        rows = table[table["sampler"] == SAMPLER]
        targets = [group.sort_values("x") for _, group in rows.groupby("target", sort=False)]
        found.setdefault(axis, []).extend(
            group for group in targets if group[[*FORMS]].notna().all(axis=None)
        )
    return {axis: groups for axis, groups in sorted(found.items()) if groups}


def growth_figure(panels: Mapping[str, list[pd.DataFrame]]) -> Figure:
    """Output KL of τ-leaping along ``S`` and ``d``, and two forms, all 1 where the last begins.

    What counts is the steepness: a theorem as steep as the data wastes nothing along the axis.
    """
    title = f"Growth of the output KL of {SAMPLER} at a fixed step, and of what theorems allow"
    figure, axes = side_by_side(len(panels), title, width=4.9)
    for panel, (axis, groups) in zip(axes, panels.items(), strict=True):
        highest = 1.0
        begin = max(group["x"].iloc[0] for group in groups)  # where all of them are 1
        for k, group in enumerate(groups):
            kl = group["kl"] / _at(begin, group, "kl")
            style = {"color": str(0.5 * (k % 2)), "marker": MARKERS[k % len(MARKERS)]}
            style["mfc"] = "white" if k % 2 else style["color"]
            panel.plot(group["x"], kl, label=group["target"].iloc[0], lw=1.2, ms=5, **style)
            highest = max(highest, kl.max())
        longest = max(groups, key=lambda group: group["x"].iloc[-1] / group["x"].iloc[0])
        for column, (label, style) in FORMS.items():
            form = longest[column] / _at(begin, longest, column)
            panel.plot(longest["x"], form, color="black", lw=2.2, label=label, **style)
            highest = max(highest, form.max())
        unit = f"KL, or what is allowed, / that at {axis} = {begin:g}"
        finish(panel, f"along {axis}{off_support(pd.concat(groups))}", axis, unit)
        panel.xaxis.set_major_locator(LogLocator())  # the sweeps of several targets differ in S
        panel.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:,.0f}"))
        panel.tick_params(axis="x", labelrotation=0)
        # Without early stopping's reach a KL can fall to nothing, which says no more than "down".
        panel.set_ylim(max(panel.get_ylim()[0], 1e-3), 2 * highest)
    return figure


def _at(x: float, group: pd.DataFrame, column: str) -> float:
    """A column at ``x``, on the straight line between its neighbours on log-log axes."""
    return float(np.exp(np.interp(np.log(x), np.log(group["x"]), np.log(group[column]))))


def coupling_figure(rows: pd.DataFrame, title: str) -> Figure:
    """KLs along a coupling: a panel for each sampler, a line for each target."""
    groups = list(rows.groupby("sampler", sort=False))
    figure, panels = side_by_side(len(groups), f"{title}: KL along the coupling")
    for panel, (sampler, group) in zip(panels, groups, strict=True):
        lines = sorted(group.groupby("target"), key=lambda each: each[1]["d"].iloc[0])
        for k, (target, line) in enumerate(lines):
            line = line.sort_values("x")
            style = {"color": str(0.25 * (k % 3)), "marker": MARKERS[k % len(MARKERS)], "ms": 4.5}
            panel.plot(line["x"], line["kl"], ls="-", label=f"output KL, {target}", **style)
            above = next((c for c in ("chain_kl", "path_kl") if line[c].notna().all()), None)
            if above:
                label = f"{above.replace('_kl', ' KL')}, {target}"
                panel.plot(line["x"], line[above], ls="--", mfc="white", label=label, **style)
        title = str(sampler) + off_support(group)
        finish(panel, title, group["axis"].iloc[0], "KL, nats")
    return figure
