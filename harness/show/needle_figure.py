# pyright: reportArgumentType=false, reportCallIssue=false
# (the stubs of matplotlib do not know **style)
"""The needle drawn: how suddenly it is lost, and how much of ``explicit_path`` its steps take.

``python -m harness.show.needle_figure`` writes ``results/needle/shares.csv`` and the figure beside
it: some seconds.
"""

import math
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from harness.foundation.whole_files import replacing
from harness.show.figure_style import STYLE
from harness.studies.needle import Needle, limit_of_fall, limit_of_sum, worst_step, worst_sum

LOST, KAPPA = 0.2, 0.1
LENGTHS = (10**2, 10**3, 10**4, 10**5)
MANY_TOKENS = (10**9, 0.02, 10**6)  # S, t* and the longest d of the sums that come nearer to 1
SHADES = ("0.75", "0.55", "0.3", "0.0")


def shares() -> pd.DataFrame:
    """A row for each needle: the step and the geometric grid that take most of their bounds."""
    size, lost, longest = MANY_TOKENS
    needles = [Needle(2, d, LOST) for d in LENGTHS]
    needles += [Needle(size, d, lost) for d in (*LENGTHS, longest)]
    rows = []
    for needle in needles:
        share, t, s = worst_step(needle, longest=needle.lost / 2)
        of_sum, grid = worst_sum(needle, KAPPA)
        rows.append(
            {
                "S": needle.tokens,
                "d": needle.length,
                "lost": needle.lost,
                "share_of_step": share,
                "t": t,
                "s": s,
                "share_of_sum": of_sum,
                "kappa": KAPPA,
                "delta": grid.stop,
                "limit_of_sum": limit_of_sum(needle.tokens, needle.lost),
            }
        )
    return pd.DataFrame(rows)


def figure(rows: pd.DataFrame) -> Figure:
    """Left the fall to the uniform law along the time, right shares along the length."""
    drawn = Figure(figsize=(9.6, 3.9), layout="constrained")
    drawn.suptitle("A needle in a long sequence: no constant of explicit_path can be below 1")
    left, right = drawn.subplots(1, 2)
    times = np.linspace(0.05, 0.35, 241)
    for shade, d in zip(SHADES, LENGTHS, strict=True):
        needle = Needle(2, d, LOST)
        label = f"d = $10^{round(math.log10(d))}$"
        left.plot(times, [needle.fall(t) / d for t in times], color=shade, lw=1.3, label=label)
    seen = [*times[times < LOST], LOST]
    limit = [limit_of_fall(2, t) for t in seen]
    left.plot([*seen, LOST, times[-1]], [*limit, 0.0, 0.0], "k:", lw=1.2, label="d → ∞")
    left.set(
        xlabel="noise time t",
        ylabel="fall φ(t)/(ε d), nats a unit of time",
        title="S = 2: the needle is lost from sight at t* = 0.2",
    )
    styles = {"share_of_step": ("o", "a step"), "share_of_sum": ("s", f"the sum, κ = {KAPPA:g}")}
    kinds = rows.groupby(["S", "lost"], sort=True)
    for colour, (_, group) in zip(("black", "#0072B2"), kinds, strict=True):
        size, lost = group["S"].iloc[0], group["lost"].iloc[0]
        about = f"S = {_power(int(size))}, t* = {lost:g}"
        for column, (marker, what) in styles.items():
            dash = "-" if column == "share_of_step" else "--"
            style = {"color": colour, "marker": marker, "ls": dash, "ms": 4.5, "lw": 1.1}
            right.plot(group["d"], group[column], label=f"{what}; {about}", **style)
        right.axhline(group["limit_of_sum"].iloc[0], color=colour, ls=":", lw=0.9)
    right.axhline(1.0, color="0.6", lw=0.8)
    right.set(
        xscale="log",
        ylim=(0.0, 1.05),
        xlabel="sequence length d, tokens",
        ylabel="share of the bound that is taken",
        title="dotted: the limit of the sum as d → ∞, then κ → 0",
    )
    for panel in (left, right):
        panel.grid(True, lw=0.3, color="0.85")
        panel.legend(frameon=False, fontsize=6.5)
    return drawn


def write(folder: Path) -> list[Path]:
    """``shares.csv`` and ``shares.png`` in ``folder``, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = shares()
    table, picture = folder / "shares.csv", folder / "shares.png"
    with replacing(table) as part:
        rows.to_csv(part, index=False, float_format="%.6g")
    with mpl.rc_context(STYLE), replacing(picture) as part:
        figure(rows).savefig(part, dpi=130, format="png")
    return [table, picture]


def _power(size: int) -> str:
    return f"{size}" if size < 1000 else f"$10^{round(math.log10(size))}$"


if __name__ == "__main__":
    for path in write(Path("results/needle")):
        print(f"wrote {path}")
