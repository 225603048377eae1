# pyright: reportArgumentType=false, reportGeneralTypeIssues=false, reportCallIssue=false
# (the stubs of matplotlib do not know **style)
"""A picture drawn at the size in which it is printed, so that its type is of the paper's size.

Panels share their axes; the legend stands below them.  What is written is measured on the canvas:
the legend has as many columns as fit, and titles and labels are folded where they are too wide.
"""

import textwrap
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.text import Text

from harness.show.paper import ticks
from harness.show.paper.lines import Line
from harness.show.paper.picture import Entry, Panel, Picture

STYLE = {
    "font.size": 8,
    "axes.labelsize": 8,
    "axes.titlesize": 8,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "legend.fontsize": 7,
    "axes.linewidth": 0.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "lines.linewidth": 1.1,
    "lines.markersize": 4.0,
    "figure.constrained_layout.h_pad": 0.03,
    "figure.constrained_layout.w_pad": 0.06,
    "pdf.fonttype": 42,  # text stays text, as journals ask
    "ps.fonttype": 42,
    "svg.hashsalt": "leapcheck",
    "svg.fonttype": "path",
}
LEAST, FEWER = 2.0, 1.45  # inches of a panel's width; the less where they would fill a page
LOWEST, TALLEST = 1.4, 2.3  # inches of a panel's height
PAGE = 5.5  # inches of all panels above each other, where they need not be less than the lowest
SMALLEST = 0.9  # inches that are left of a panel's height, without what is written around it
EDGE = 0.025  # of a panel's height: where what is off the scale stands


def style() -> AbstractContextManager[None]:
    """The type and lines of a paper, also needed where a figure is written."""
    return mpl.rc_context(STYLE)


def drawn(picture: Picture, width: float) -> Figure:
    """``picture``, ``width`` inches wide and as high as it needs."""
    with style():
        count = len(picture.panels)
        across = _across(count, width)
        down = -(-count // across)
        high = max(LOWEST, min(TALLEST, 0.8 * width / across + 0.3, PAGE / down))
        figure = Figure(figsize=(width, high * down), layout="constrained")
        FigureCanvasAgg(figure)  # on which everything is measured
        panels = _panels(figure, picture, down, across)
        legend = _legend(figure, picture.legend)
        below = _inches(figure, legend)[1] + 0.1 if legend else 0.0
        figure.set_figheight(high * down + below)
        for panel, each in zip(panels, picture.panels, strict=True):
            if count > 1:
                panel.set_title(plain(each.title), pad=3)
        for _ in range(2):  # what is written moves the axes, on which depends what fits
            figure.draw_without_rendering()
            for panel in panels:
                _fold_labels(figure, panel)
            _heighten(figure, panels, down)
            ticks.thin(figure, panels, picture.swept)
        figure.draw_without_rendering()
        figure.set_layout_engine("none")
    return figure


def _heighten(figure: Figure, panels: Sequence[Axes], down: int) -> None:
    """Make room where titles and labels of several lines have left panels too little."""
    for _ in range(3):
        figure.draw_without_rendering()
        missing = SMALLEST - min(_inches(figure, panel)[1] for panel in panels)
        if missing <= 0:
            return
        figure.set_figheight(figure.get_figheight() + missing * down)


def _across(count: int, width: float) -> int:
    """Panels in a row: as even rows as can be."""
    most = max(1, int(width / (LEAST if count <= 3 else FEWER)))
    down = -(-count // min(count, most))
    return -(-count // down)


def _panels(figure: Figure, picture: Picture, down: int, across: int) -> list[Axes]:
    """The panels with their lines; spare places are left free."""
    alike = len({panel.unit for panel in picture.panels}) == 1
    grid = figure.subplots(down, across, sharex=True, sharey=alike, squeeze=False)
    every = list(grid.flat)
    count = len(picture.panels)
    for spare in every[count:]:
        spare.remove()
    for k, (panel, each) in enumerate(zip(every, picture.panels, strict=False)):
        panel.set(xscale="linear" if picture.linear else "log", yscale="log")
        panel.grid(True, which="major", lw=0.3, color="0.88")
        panel.set_axisbelow(True)
        for line in each.lines:
            _line(panel, line)
        panel.tick_params(labelbottom=k + across >= count, labelleft=not alike or k % across == 0)
        panel.set_xlabel(picture.x_label if k + across >= count else "")
        panel.set_ylabel(each.unit if not alike or k % across == 0 else "")
    _limits(every[:count], picture.panels, alike)
    return every[:count]


def _line(panel: Axes, line: Line) -> None:
    """A line through what is on the scale; what is not stands on an edge."""
    style = _style(line.style)
    seen = line.seen
    if seen.any():
        y = np.where(seen, line.y, np.nan)
        panel.plot(line.x, y, **style)
    for off, height in ((line.zero(), EDGE), (line.infinite(), 1 - EDGE)):
        if off.any() and not line.style.get("thin"):
            at = panel.get_xaxis_transform()
            panel.plot(line.x[off], np.full(off.sum(), height), **{**style, "ls": ""}, transform=at)


def _style(style: dict[str, Any]) -> dict[str, Any]:
    """What matplotlib takes; a theorem's line is thin, and its hollow markers small."""
    found = {key: value for key, value in style.items() if key not in ("of", "thin")}
    found.setdefault("mew", 0.8)
    if style.get("thin"):
        found |= {"lw": 0.9, "ms": 2.8 if "mfc" in style else 4.0, "zorder": 1.9}
    return found


def _limits(panels: Sequence[Axes], pictured: Sequence[Panel], alike: bool) -> None:
    """Room above and below all that is drawn, and for what stands on an edge."""
    groups = [list(zip(panels, pictured, strict=True))]
    groups = groups if alike else [[pair] for pair in groups[0]]
    for group in groups:
        values = [line.y[line.seen] for _, each in group for line in each.lines]
        low, high = (f(np.concatenate(values)) for f in (np.min, np.max))
        spread = max(np.log(high / low), np.log(4.0))  # less than this would be but one tick
        middle = (np.log(high) + np.log(low)) / 2
        half = spread * 0.58
        for panel, _ in group:
            panel.set_ylim(np.exp(middle - half), np.exp(middle + half))


def _legend(figure: Figure, entries: Sequence[Entry]) -> Legend | None:
    """The legend below all panels, of as many columns as fit on the page."""
    if len(entries) < 2:
        return None
    width = figure.get_figwidth()
    handles = [Line2D([], [], **_style(entry.style)) for entry in entries]
    labels = [plain(entry.label) for entry in entries]

    def make(columns: int, texts: Sequence[str]) -> Legend:
        return figure.legend(
            handles,
            texts,
            loc="outside lower center",
            ncols=columns,
            frameon=False,
            handlelength=3.0,
            columnspacing=1.2,
            labelspacing=0.35,
            borderaxespad=0.2,
        )

    single = make(1, labels)
    one = _inches(figure, single)[0]
    single.remove()
    most = min(len(entries), 5, int(1.8 * width / one) + 1)  # columns differ in width
    for columns in range(most, 0, -1) if one <= width - 0.1 else ():
        legend = make(columns, labels)
        if _inches(figure, legend)[0] <= width - 0.1:
            return legend
        legend.remove()
    share = min(1.0, width / one) * max(map(len, labels))
    return _folded(lambda texts: make(1, texts), labels, figure, width - 0.1, int(share) + 2)


def _folded(
    make: Callable[[Sequence[str]], Legend],
    labels: Sequence[str],
    figure: Figure,
    width: float,
    most: int,
) -> Legend:
    """One column whose labels are folded, to ``most`` letters or fewer, until it fits."""
    for letters in range(most, 5, -2):
        legend = make([textwrap.fill(label, letters) for label in labels])
        if _inches(figure, legend)[0] <= width:
            return legend
        legend.remove()
    raise ValueError(f"width must leave room for a legend, got {figure.get_figwidth():.3g} inches")


def _fold_labels(figure: Figure, panel: Axes) -> None:
    """Title and labels no longer than the panel that they stand beside."""
    wide, high = _inches(figure, panel)
    for text in (panel.title, panel.xaxis.label):
        _fold(figure, text, wide + 0.05)
    _fold(figure, panel.yaxis.label, high + 0.05, along=1)


def _fold(figure: Figure, text: Text, most: float, along: int = 0) -> None:
    """Fold what is written where it is longer than ``most`` inches."""
    told = text.get_text().split("\n")
    for letters in range(max(map(len, told)), 5, -2):
        if _inches(figure, text)[along] <= most:
            return
        text.set_text("\n".join(textwrap.fill(line, letters) for line in told))


def _inches(figure: Figure, artist: Any) -> tuple[float, float]:
    """Width and height of an artist as it is drawn."""
    box = artist.get_window_extent(ticks.renderer_of(figure))
    return box.width / figure.dpi, box.height / figure.dpi


def plain(label: str) -> str:
    """A label in which nothing is read as a formula."""
    return label.replace("$", r"\$")
