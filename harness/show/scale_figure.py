# pyright: reportArgumentType=false, reportCallIssue=false
# (the stubs of matplotlib do not know **style)
"""Orders and constants over many random tables, drawn: how much of either is the data law's.

``python -m harness.show.scale_figure`` runs ``harness.studies.scale`` as a whole, on two workers,
and writes ``results/scale/summary.csv``, ``run.csv`` and ``orders.png``: about half an hour of CPU.
"""

import time
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from harness.foundation import compilation, telling
from harness.foundation.whole_files import replacing
from harness.show.figure_style import STYLE
from harness.studies import scale

WORKERS = 2
SUMMARY, RUN, PICTURE = "summary.csv", "run.csv", "orders.png"
COLOURS = {1.0: "#0072B2", 0.1: "#D55E00"}


def figure(rows: pd.DataFrame) -> Figure:
    """Left orders, right constants beside the median: a line a sampler, a bar a concentration.

    A bar goes from the least to the largest of all random tables, thick from a tenth to nine
    tenths, with a mark at the median; of the spaces the largest.
    """
    rows = rows[rows["resolved"] > 0]
    size = rows["S"] ** rows["d"]
    rows = rows[size == size.max()]
    names = list(dict.fromkeys(rows["sampler"]))
    drawn = Figure(figsize=(10.5, 0.31 * len(names) + 1.5), layout="constrained")
    tokens, length = rows["S"].iloc[0], rows["d"].iloc[0]
    drawn.suptitle(f"Output KL = C h^p over random tables of S = {tokens}, d = {length}")
    left, right = drawn.subplots(1, 2, sharey=True)
    for place, name in enumerate(names):
        for shift, (concentration, colour) in zip((-0.17, 0.17), COLOURS.items(), strict=True):
            found = rows[(rows["sampler"] == name) & (rows["concentration"] == concentration)]
            for _, row in found.iterrows():
                _bar(left, place + shift, _quantiles(row, "order"), colour)
                _bar(right, place + shift, _quantiles(row, "constant"), colour)
        claimed = rows[rows["sampler"] == name]["claimed"].iloc[0]
        left.plot(claimed, place, "|", color="0.5", ms=14, mew=1.0, zorder=0)
    left.set(xlabel="order p of the output KL in h", ylim=(len(names) - 0.4, -0.6))
    left.set_yticks(range(len(names)), names, fontsize=7)
    right.set(xlabel="constant C at the order that is claimed (grey line), nats", xscale="log")
    for concentration, colour in COLOURS.items():
        label = f"concentration {concentration:g}"
        right.plot([], [], color=colour, lw=4, label=label)
    right.legend(frameon=False, fontsize=7, loc="lower right")
    for panel in (left, right):
        panel.grid(True, axis="x", lw=0.3, color="0.85")
    return drawn


def _quantiles(row: pd.Series, name: str) -> np.ndarray:
    return np.array([row.get(f"{name}, {which}", np.nan) for which in scale.QUANTILES], float)


def _bar(panel: Axes, place: float, found: np.ndarray, colour: str) -> None:
    least, tenth, median, most, largest = found
    panel.plot([least, largest], [place, place], color=colour, lw=0.8)
    panel.plot([tenth, most], [place, place], color=colour, lw=3.2, solid_capstyle="butt")
    panel.plot(median, place, "o", color="white", mec=colour, ms=3.4, mew=0.9)


def write(folder: Path, rows: pd.DataFrame, run: pd.DataFrame) -> list[Path]:
    """The summary rows, what their run took, and the figure, in ``folder``, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    tables = {folder / SUMMARY: rows, folder / RUN: run}
    for path, table in tables.items():
        with replacing(path) as part:
            table.to_csv(part, index=False, float_format="%.4g")
    picture = folder / PICTURE
    with mpl.rc_context(STYLE), replacing(picture) as part:
        figure(rows).savefig(part, dpi=110, format="png")
    return [*tables, picture]


def took(study: scale.Study, rows: pd.DataFrame, workers: int, clock: float) -> pd.DataFrame:
    """One row: problems, workers, CPU hours, hours on a clock; by ``planned`` those, of ten times.

    Ten times as many tables need no other programs: all but compiling is ten times as much.
    """
    compiling, running = scale.planned(study.parts())
    hours = {
        "cpu_hours": float(rows["cpu_seconds"].sum()),
        "clock_hours": clock,
        "planned_hours": compiling + running,
        "planned_hours_of_ten_times": compiling + 10 * running,
    }
    return pd.DataFrame(
        [
            {
                "problems": int(rows["problems"].sum()),
                "samplers": rows["sampler"].nunique(),
                "workers": workers,
                **{name: seconds / 3600 for name, seconds in hours.items()},
            }
        ]
    )


def main(folder: Path = Path("results/scale"), study: scale.Study | None = None) -> list[Path]:
    """Run the study and write what it finds."""
    compilation.quickly()
    study = study or scale.Study()
    parts, began = study.parts(), time.time()

    def told(done: int, count: int) -> None:
        telling.tell(f"{done} of {count} samplers on a space", done / count)

    rows = scale.run(parts, WORKERS, told)
    return write(folder, rows, took(study, rows, WORKERS, time.time() - began))


if __name__ == "__main__":
    for path in main():
        print(f"wrote {path}")
