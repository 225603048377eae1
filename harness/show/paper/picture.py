# pyright: reportArgumentType=false, reportGeneralTypeIssues=false, reportCallIssue=false
# (the stubs of pandas do not know that columns are strings)
"""What a figure shows, before it is drawn: panels of lines, a legend, a caption."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from harness.foundation.digits import written
from harness.show.of_theorems import bounded
from harness.show.paper import captions, lines, styles
from harness.show.paper.choosing import LINEAR, Chosen, Wanted, choose
from harness.show.paper.lines import SWEEP, Line, Style
from harness.show.paper.names import KL, QUANTITIES, TV, named


@dataclass(frozen=True)
class Panel:
    """Lines that share axes."""

    title: str
    unit: str
    lines: Sequence[Line]


@dataclass(frozen=True)
class Entry:
    """One line of the legend."""

    label: str
    style: Style


@dataclass(frozen=True)
class Picture:
    """Panels, the label of their common x, what the legend says, and a caption.

    ``linear``: x is not logarithmic.  ``swept``: its values are chosen ones, and so make ticks.
    """

    panels: Sequence[Panel]
    x_label: str
    linear: bool
    swept: bool
    legend: Sequence[Entry]
    caption: str


def of(rows: pd.DataFrame, wanted: Wanted) -> Picture:
    """What ``wanted`` shows of ``rows``.  Raises ValueError where that is nothing."""
    chosen = choose(rows, wanted)
    panels, legend = (_of_constants if chosen.growing else _of_quantities)(chosen)
    panels = [panel for panel in panels if any(one.seen.any() for one in panel.lines)]
    if not panels:
        told = ", ".join(chosen.quantities)
        raise ValueError(f"nothing to draw: {told} is nowhere above 0 and finite")
    return Picture(
        panels,
        chosen.x_label,
        chosen.against in LINEAR,
        chosen.against != "calls",  # random numbers are no ticks
        [*legend, *_of_edges(panels)],
        captions.of_figure(
            chosen.rows, chosen.quantities, chosen.x_label, _fitted(chosen), _rungs(chosen, panels)
        ),
    )


def _of_quantities(chosen: Chosen) -> tuple[list[Panel], list[Entry]]:
    """A panel for each target and unit: measured lines, and those of theorems."""
    factors, labels = _factors(chosen)
    looks = styles.of_theorems([named(name)[0] for name in labels])
    panels = []
    units: dict[str, list[str]] = {}
    for quantity in chosen.quantities:
        units.setdefault(QUANTITIES[quantity].unit, []).append(quantity)
    for (target, rows), (unit, quantities) in _panels(chosen, units):
        found = []
        for name in labels:
            if lines.speaks_of(name, quantities) or quantities == ["steps"]:
                style = {**looks[named(name)[0]], "of": name, "thin": True}
                column = chosen.theorems[name]
                found += lines.allowed(column, rows, factors[name], style, chosen.samplers)
        for (_, _, sampler), group in rows.groupby(SWEEP, sort=False):
            for quantity in quantities:
                column = "N" if quantity == "steps" else quantity
                style = chosen.style(sampler, quantity if len(quantities) > 1 else "")
                found += lines.line(group["x"], group[column], style)
        title = target + (f": {unit}" if len(units) > 1 else "")
        panels.append(Panel(title, _y_label(unit, quantities), found))
    shown = {one.style["of"] for panel in panels for one in panel.lines if one.seen.any()}
    legend = _of_samplers(chosen, panels, solid=len(units) == len(chosen.quantities))
    legend += _of_dashes([name for each in units.values() if len(each) > 1 for name in each])
    theorems = [name for name in labels if name in shown]
    legend += [Entry(labels[k], {**looks[named(k)[0]], "thin": True}) for k in theorems]
    return panels, legend


def _factors(chosen: Chosen) -> tuple[dict[str, float], dict[str, str]]:
    """What each theorem's column is multiplied by, and how the legend calls the line."""
    factors, labels = {}, {}
    for name, column in chosen.theorems.items():
        label, factor = chosen.names.theorem(name), 1.0
        if column.startswith("form "):
            factor = lines.needed(name, chosen.rows)
            instead = ", to output" if lines.on_output_instead(name, chosen.rows) else ""
            label += f" ×\N{NO-BREAK SPACE}{written(factor, 0.0, 2)}{instead}"
        if factor == factor:  # a rate of which nothing was measured has no constant
            factors[name], labels[name] = factor, label
    return factors, labels


def _of_constants(chosen: Chosen) -> tuple[list[Panel], list[Entry]]:
    """A panel for each target and theorem: the constant that each sampler needs of it."""
    unit, panels = QUANTITIES["constant"].unit, []
    several = len(set(chosen.rows["target"])) > 1 or chosen.rows["experiment"].nunique() > 1
    for (target, rows), (name, _) in _panels(chosen, {name: [] for name in chosen.theorems}):
        found = []
        for (_, _, sampler), group in rows.groupby(SWEEP, sort=False):
            needed = lines.constants(name, group)
            found += lines.line(group["x"], needed, chosen.style(sampler, ""))
        titles = [target] if several else []
        titles += [chosen.names.theorem(name)] if len(chosen.theorems) > 1 or not several else []
        panels.append(Panel("\n".join(titles), unit, found))
    return panels, _of_samplers(chosen, panels, solid=True)


def _y_label(unit: str, quantities: Sequence[str]) -> str:
    """The unit, or the quantity and its unit where there is but one."""
    if len(quantities) > 1 or unit not in (KL, TV):
        return unit
    return QUANTITIES[quantities[0]].label + (", nats" if unit == KL else "")


def _rungs(chosen: Chosen, panels: Sequence[Panel]) -> dict[str, str]:
    """``{name in print: the rung that it bounds}`` of the theorems that panels are about."""
    drawn = {one.style["of"] for panel in panels for one in panel.lines if one.seen.any()}
    return {
        chosen.names.theorem(name): bounded(name)
        for name in chosen.theorems
        if chosen.growing or name in drawn
    }


def _fitted(chosen: Chosen) -> bool:
    """Whether the line of a theorem has a constant that was fitted."""
    rates = any(column.startswith("form ") for column in chosen.theorems.values())
    return rates and not chosen.growing


def _panels(
    chosen: Chosen, units: dict[str, list[str]]
) -> Iterator[tuple[tuple[str, pd.DataFrame], tuple[str, list[str]]]]:
    """``((title, rows), (unit, quantities))`` of every panel."""
    several = chosen.rows["experiment"].nunique() > 1
    for (experiment, target), group in chosen.rows.groupby(["experiment", "target"], sort=False):
        title = chosen.names.target(target)
        for unit in units.items():
            yield (f"{experiment}: {title}" if several else title, group), unit


def _of_samplers(chosen: Chosen, panels: Sequence[Panel], solid: bool) -> list[Entry]:
    """The samplers that are drawn; with a line where its dash says nothing else."""
    drawn = {one.style["of"] for panel in panels for one in panel.lines}
    dash = {"ls": "-" if solid else ""}
    return [
        Entry(chosen.names.sampler(label), {**style, **dash})
        for label, style in chosen.samplers.items()
        if label in drawn
    ]


def _of_dashes(quantities: Sequence[str]) -> list[Entry]:
    """What the dashes mean, where several quantities share a panel."""
    grey = {"color": "0.35", "marker": ""}
    return [
        Entry(QUANTITIES[name].label, {**grey, "ls": styles.dash_of(name)}) for name in quantities
    ]


def _of_edges(panels: Sequence[Panel]) -> list[Entry]:
    """What markers on an edge mean, where there are any."""
    every = [one for panel in panels for one in panel.lines if "thin" not in one.style]
    edges = (
        ("on the lower edge: 0 up to rounding", r"$\downarrow$", Line.zero),
        ("on the upper edge: infinite", r"$\uparrow$", Line.infinite),
    )
    return [
        Entry(told, {"color": "0.35", "ls": "", "marker": marker})
        for told, marker, off in edges
        if any(off(one).any() for one in every)
    ]
