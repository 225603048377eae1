"""Ticks that can be read: at the values that were swept, as many as fit beside each other."""

from collections.abc import Sequence
from typing import cast

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter, NullLocator

Ticks = tuple[list[float], list[str]]  # places and labels
GAP = 0.07  # inches between the labels of neighbouring ticks


def thin(figure: Figure, panels: Sequence[Axes], swept: bool) -> None:
    """Give all panels ticks whose labels do not touch.

    Those of x, which panels share, stand at the values of the lines if these were ``swept``.
    """
    x = sorted({float(each) for panel in panels for each in _along(panel)})
    chosen = [(x, [number(value) for value in x])]
    for panel in panels:
        _fit(figure, panel.xaxis, chosen if swept else _round_numbers(*panel.get_xlim()), 0)
        _fit(figure, panel.yaxis, _round_numbers(*panel.get_ylim()), 1)


def _along(panel: Axes) -> np.ndarray:
    lines = [np.atleast_1d(np.asarray(line.get_xdata(), dtype=float)) for line in panel.lines]
    return np.unique(np.concatenate(lines))


def number(value: float) -> str:
    """A number as it stands at a tick: 50,257 and 0.0312."""
    if value >= 1000 and abs(value - round(value)) < 1e-9 * value and value < 1e6:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def _round_numbers(low: float, high: float) -> list[Ticks]:
    """Ticks between two ends, the more the better: 1, 2 and 5 times powers of ten, or these."""
    powers = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
    tens = [10.0**k for k in powers if low <= 10.0**k <= high]
    every = [m * 10.0**k for k in powers for m in (1, 2, 5) if low <= m * 10.0**k <= high]
    plain = every, [number(place) for place in every]
    if len(tens) < 2:
        return [plain]
    if low >= 0.001 and high <= 99_999:
        short = tens, [number(place) for place in tens]
    else:
        short = tens, [f"$10^{{{round(np.log10(place))}}}$" for place in tens]
    return [plain, short] if len(tens) < 3 else [short]


def _fit(figure: Figure, axis: Axis, candidates: Sequence[Ticks], along: int) -> None:
    """The first of ``candidates`` that fits whole, or every second, third ... of the last."""
    panel = axis.axes
    assert panel is not None
    box = panel.get_window_extent()
    most = max(2, 4 * (box.width, box.height)[along] / figure.dpi)
    every = [(ticks, 1) for ticks in candidates[:-1]]
    every += [(candidates[-1], k) for k in range(1, len(candidates[-1][0]) + 1)]
    kept: Ticks = candidates[-1]
    for (places, labels), step in every:
        keep = list(range(len(places) - 1, -1, -step))[::-1]
        kept = [places[k] for k in keep], [labels[k] for k in keep]
        if len(keep) <= most and _apart(figure, panel, kept, along):
            break
    shown = dict(zip(*kept, strict=True))
    axis.set_major_locator(FixedLocator(kept[0]))
    axis.set_major_formatter(FuncFormatter(lambda value, _: _nearest(shown, value)))
    axis.set_minor_locator(NullLocator())
    axis.set_minor_formatter(NullFormatter())


def _apart(figure: Figure, panel: Axes, ticks: Ticks, along: int) -> bool:
    """Whether no label comes near its neighbour."""
    places, labels = ticks
    ends = np.full((len(places), 2), (panel.get_xlim()[0], panel.get_ylim()[0]))
    ends[:, along] = places
    where = panel.transData.transform(ends)[:, along] / figure.dpi
    sizes = np.array(_sizes(figure, labels, along))
    return bool((np.diff(where) >= (sizes[1:] + sizes[:-1]) / 2 + GAP).all())


def _nearest(shown: dict[float, str], value: float) -> str:
    return shown[min(shown, key=lambda place: abs(place - value))]


def renderer_of(figure: Figure) -> RendererAgg:
    """What measures text as it is drawn, of a figure that is drawn by Agg."""
    return cast(FigureCanvasAgg, figure.canvas).get_renderer()


def _sizes(figure: Figure, labels: Sequence[str], along: int) -> list[float]:
    """Width or height of each label, in inches."""
    renderer = renderer_of(figure)
    found = []
    for label in labels:
        text = figure.text(0, 0, label, fontsize=7)
        box = text.get_window_extent(renderer)
        found.append((box.width, box.height)[along] / figure.dpi)
        text.remove()
    return found
