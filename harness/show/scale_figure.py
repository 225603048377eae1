# pyright: reportArgumentType=false, reportCallIssue=false
# (the stubs of matplotlib do not know **style)
"""Orders and constants over many random tables, drawn: how much of either is the data law's.

``python -m harness.show.scale_figure`` runs ``harness.studies.scale`` as a whole, on two workers,
and writes ``results/scale/summary.csv``, ``run.csv`` and ``orders.png``: about half an hour of CPU.
"""

import re
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
NEAR = 0.1  # how far from the order claimed the scale is linear
COLOURS = {1.0: "#0072B2", 0.1: "#D55E00"}


def figure(rows: pd.DataFrame) -> Figure:
    """Left orders less what is claimed, right constants: a line a sampler, a bar a concentration.

    A bar goes from the least to the largest of all random tables, thick from a tenth to nine
    tenths, with a mark at the median; of the spaces the largest, of the samplers those that claim
    an order.
    """
    size, claims = rows["S"] ** rows["d"], rows["claimed"]
    drawn_of = (rows["resolved"] > 0) & (claims > 0) & np.isfinite(claims) & (size == size.max())
    rows = rows.loc[drawn_of]
    claims = rows.groupby("sampler", sort=False)["claimed"].first()
    drawn = Figure(figsize=(10.5, 0.31 * len(claims) + 1.9), layout="constrained")
    tokens, length = rows["S"].iloc[0], rows["d"].iloc[0]
    drawn.suptitle(f"Output KL = C h^p over random tables of S = {tokens}, d = {length}")
    left, right = drawn.subplots(1, 2, sharey=True)
    for place, (name, claimed) in enumerate(claims.items()):
        for shift, (concentration, colour) in zip((-0.17, 0.17), COLOURS.items(), strict=True):
            found = rows[(rows["sampler"] == name) & (rows["concentration"] == concentration)]
            for _, row in found.iterrows():
                _bar(left, place + shift, _quantiles(row, "order") - claimed, colour)
                _bar(right, place + shift, _quantiles(row, "constant"), colour)
    left.axvline(0.0, color="0.5", lw=0.8, zorder=0)
    left.set(xlabel="order p in h less the order claimed", ylim=(len(claims) - 0.4, -0.6))
    left.set_xscale("symlog", linthresh=NEAR, linscale=2.0)
    ticks = (-1.0, -0.3, -0.1, -0.03, 0.0, 0.03, 0.1)
    left.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    labels = [f"{_short(str(name))}, {claimed:g}" for name, claimed in claims.items()]
    left.set_yticks(range(len(claims)), labels, fontsize=7)
    right.set(xlabel="constant C at the order claimed, nats", xscale="log")
    for concentration, colour in COLOURS.items():
        right.plot([], [], color=colour, lw=4, label=f"concentration {concentration:g}")
    handles, names = right.get_legend_handles_labels()
    drawn.legend(handles, names, frameon=False, fontsize=8, loc="outside lower right", ncols=2)
    for panel in (left, right):
        panel.grid(True, axis="x", lw=0.3, color="0.85")
    return drawn


def _short(name: str) -> str:
    """With numbers of three digits."""
    return re.sub(r"\d\.\d{4,}", lambda found: f"{float(found[0]):.3g}", name)


def _quantiles(row: pd.Series, name: str) -> np.ndarray:
    return np.array([row.get(f"{name}_{which}", np.nan) for which in scale.QUANTILES], float)


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
