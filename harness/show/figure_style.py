# pyright: reportArgumentType=false, reportGeneralTypeIssues=false, reportCallIssue=false
# (the stubs of matplotlib do not know **style)
"""What all figures share: axes with names and units, panels in a row, files that come out alike."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from harness.foundation.whole_files import replacing
from harness.show.paper.ticks import number
from harness.verdicts.axes import NEUTRAL_AXES

AXIS_LABELS = {
    "step": "step size h (κ on a geometric grid), noise time",
    "S": "vocabulary size S, tokens",
    "d": "sequence length d, tokens",
    "T": "start time T, noise time",
    "delta": "stop time δ, noise time",
    "score_error": "score error ε_score, nats",
    "coupling": "coupling of the target",
    "knob": "setting of the sampler",
    "score_calls": "expected score calls a sequence",
    "epsilon": "KL to be reached ε, nats",
}


def finish(panel: Axes, title: str, axis: str, unit: str, legend: bool = True) -> None:
    """Scales, ticks at the values that were swept, labels and a legend below.

    The y axis is logarithmic where anything is above 0.
    """
    scale = "linear" if axis in NEUTRAL_AXES else "log"
    panel.set(xscale=scale, xlabel=AXIS_LABELS[axis], ylabel=unit)
    if any((np.asarray(line.get_ydata(), float) > 0).any() for line in panel.lines):
        panel.set_yscale("log")
    else:  # all is 0 up to rounding, as the legend says
        panel.set(yticks=[0.0], ylim=(-1, 1))
    ticks = sorted({float(x) for line in panel.lines for x in np.atleast_1d(line.get_xdata())})
    panel.set_xticks(ticks, [number(tick) for tick in ticks])
    panel.xaxis.set_minor_locator(NullLocator())
    panel.tick_params(axis="x", labelrotation=40 if len(ticks) > 5 else 0, labelsize=7)
    panel.set_title(title, fontsize=9)
    panel.grid(True, which="major", lw=0.3, color="0.85")
    if not legend:
        return
    count = len(panel.get_legend_handles_labels()[1])
    panel.legend(
        loc="upper center",
        bbox_to_anchor=(0.5, -0.2),
        frameon=False,
        fontsize=6.5,
        handlelength=3.5,  # else a dash-dot line shows no more than its dash
        ncols=2 if count > 10 else 1,
    )


def off_support(rows: pd.DataFrame) -> str:
    """A line below a panel's title: how much of the output is where the data law is 0.

    KL hides it.  Empty where none is.
    """
    if "off_support" not in rows or not (rows["off_support"] > 0).any():
        return ""
    reverse = rows.loc[rows["off_support"] > 0, "reverse_kl"]
    infinite = ", reverse KL infinite" if np.isinf(reverse).any() else ""
    return f"\noff support: up to {rows['off_support'].max():.2g}{infinite}"


def side_by_side(
    count: int, title: str, columns: int | None = None, width: float = 3.7
) -> tuple[Figure, list[Axes]]:
    """``count`` panels ``width`` inches wide in rows of ``columns``, all in one row by default."""
    across = min(columns or count, count)
    down = -(-count // across)
    figure = Figure(figsize=(width * across, 6.0 * down), layout="constrained")
    figure.suptitle(title, fontsize=11)
    panels = list(np.atleast_1d(figure.subplots(down, across)).flat)
    for spare in panels[count:]:
        spare.remove()
    return figure, panels[:count]


def save(figure: Figure, stem: Path) -> list[Path]:
    """Write ``stem.svg`` and ``stem.png``."""
    figure.draw_without_rendering()  # lays out once for both formats
    figure.set_layout_engine("none")
    paths = [stem.with_name(f"{stem.name}.{ending}") for ending in ("svg", "png")]
    for path in paths:
        undated = {"Date": None} if path.suffix == ".svg" else None
        with replacing(path) as part:
            figure.savefig(part, dpi=130, metadata=undated)
    return paths


def slug(text: str) -> str:
    """``text`` as part of a file's name."""
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")


STYLE = {"svg.hashsalt": "leapcheck", "font.size": 8, "axes.labelsize": 8}
