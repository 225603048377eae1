# pyright: reportArgumentType=false, reportCallIssue=false
# (the stubs of matplotlib do not know **style, nor names of settings as text)
"""The ladder drawn: bars of what each rung adds to the one beneath it, and curves along a sweep."""

import math
from collections.abc import Callable, Mapping, Sequence, Set
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from harness.show.figure_style import STYLE, finish, save, side_by_side
from harness.show.paper.styles import of_theorems
from harness.verdicts.ladder import WORDS, Ladder, Rung

MEASURED: Mapping[str, Mapping[str, object]] = {
    "output": {"color": "black", "marker": "o", "ls": "-"},
    "average": {"color": "#009E73", "marker": "p", "ls": "-."},
    "differential": {"color": "#0072B2", "marker": "v", "ls": "-."},
    "chain": {"color": "black", "marker": "s", "ls": "--"},
    "path": {"color": "0.45", "marker": "D", "ls": ":"},
}
HOLLOW = {"VACUOUS": "//", "VIOLATED": "xx"}
UNIT = "nats; × how many times where its bar begins"
COLOURS = ("#0072B2", "#E69F00")  # of what is measured, of what a theorem says


def waterfall(ladders: Mapping[str, Ladder], title: str) -> Figure:
    """A panel for each ladder: a bar from the number beneath a rung to its own, on a log axis.

    The lowest bar is the output KL itself.  Hatched: a bound that says nothing or is violated; an
    arrow: infinite; a dotted line: what doing nothing gives.  Raises ValueError where a ladder has
    no number above 0.
    """
    height = max(len(_known(each)) for each in ladders.values())
    figure, panels = side_by_side(len(ladders), title, columns=2, width=6.4)
    figure.set_figheight((0.34 * height + 1.0) * -(-len(ladders) // 2) + 0.7)
    ends = [_ends(label, each) for label, each in ladders.items()]
    low, high = min(low for low, _ in ends) / 3, max(high for _, high in ends) * 3
    for panel, (label, ladder) in zip(panels, ladders.items(), strict=True):
        _bars(panel, ladder, low, high)
        panel.set(xscale="log", xlim=(low, high * 6), ylim=(-0.6, height - 0.4), xlabel=UNIT)
        panel.set_title(label, fontsize=9)
    _legend(figure, {str(e.verdict.status) for each in ladders.values() for e in each if e.verdict})
    return figure


def _legend(figure: Figure, found: Set[str]) -> None:
    """What the colours mean, and the hatches of the verdicts that were found."""
    shown = [Patch(color=COLOURS[0], label="measured"), Patch(color=COLOURS[1], label="a theorem")]
    for status, told in (("VACUOUS", "says nothing here"), ("VIOLATED", "violated")):
        if status in found:
            style = {"facecolor": "white", "edgecolor": COLOURS[1], "hatch": HOLLOW[status]}
            shown.append(Patch(label=f"a theorem {told}", **style))
    figure.legend(handles=shown, loc="outside lower center", ncols=4, frameon=False, fontsize=8)


def _known(ladder: Ladder) -> list[Rung]:
    return [each for each in ladder if not math.isnan(each.value)]


def _ends(label: str, ladder: Ladder) -> tuple[float, float]:
    """The smallest and the largest finite number above its rounding."""
    shown = [e.value for e in _known(ladder) if 2 * e.floor < e.value < math.inf]
    if not shown:
        raise ValueError(f"{label}: every rung is 0 or infinite: there is no ladder to draw")
    return min(shown), max([*shown, ladder.idle])


def _bars(panel: Axes, ladder: Ladder, low: float, high: float) -> None:
    rungs = _known(ladder)
    for k, rung in enumerate(rungs):
        left = rung.beneath if rung.below and rung.beneath > low else low
        right = min(max(rung.value, low), high)
        colour = COLOURS[rung.verdict is not None]
        style = {"facecolor": colour, "edgecolor": colour, "height": 0.62, "zorder": 2}
        if rung.verdict is not None and str(rung.verdict.status) in HOLLOW:
            style |= {"facecolor": "white", "hatch": HOLLOW[str(rung.verdict.status)]}
        panel.barh(k, right - left, left=left, **style)
        endless = rung.value == math.inf
        shape = {"marker": ">", "ms": 11} if endless else {"marker": "|", "ms": 14, "mew": 1.6}
        panel.plot([right], [k], color=colour, zorder=3, **shape)
        beside = {"xytext": (8 if endless else 4, 0), "textcoords": "offset points"}
        panel.annotate(_told(rung), (right, k), va="center", fontsize=6.5, **beside)
    panel.axvline(ladder.idle, color="0.5", ls=":", lw=1.0, zorder=1)
    panel.text(ladder.idle * 1.08, -0.5, "doing nothing", fontsize=6, color="0.4", va="bottom")
    panel.set_yticks(range(len(rungs)), [each.label for each in rungs], fontsize=7)
    panel.grid(True, axis="x", which="major", lw=0.3, color="0.85", zorder=0)


def _told(rung: Rung) -> str:
    """The number of a rung, and how many times the one beneath it that is."""
    if rung.value == math.inf:
        return "infinite"
    row = rung.row()
    return f"{row['nats']}  {row['times'].replace('x', '×')}".rstrip()


def curves(axis: str, values: Sequence[float], ladders: Sequence[Ladder], title: str) -> Figure:
    """Along a sweep: every rung and theorem in nats, and how many times the one beneath it is.

    ``values`` of ``axis``, one a ladder.
    """
    figure, (nats, times) = side_by_side(2, title, width=5.2)
    names = [name for name in WORDS if any(_of(each, name) for each in ladders)]
    bounds = list(dict.fromkeys(rung.name for each in ladders for rung in each.theorems))
    looks = {**{n: MEASURED[n] for n in names}, **of_theorems(bounds)}
    for name, style in looks.items():
        found = [
            (x, rung) for x, each in zip(values, ladders, strict=True) if (rung := _of(each, name))
        ]
        label, small = found[0][1].label, {**style, "markersize": 4.5, "lw": 1.0}
        shown = [(x, rung.value) for x, rung in found if 0 < rung.value < math.inf]
        nats.plot(*zip(*shown, strict=True), label=label, **small) if shown else None
        above = [(x, rung.times) for x, rung in found if not math.isnan(rung.times)]
        times.plot(*zip(*above, strict=True), label=label, **small) if above else None
    finish(nats, "what each rung is", axis, "nats")
    finish(times, "how many times the rung beneath it", axis, "factor")
    return figure


def write(draw: Callable[[], Figure], stem: Path) -> list[Path]:
    """What ``draw`` draws, in the style of all figures, as ``stem.svg`` and ``stem.png``."""
    with mpl.rc_context(STYLE):
        return save(draw(), stem)


def _of(ladder: Ladder, name: str) -> Rung | None:
    return next((r for r in ladder if r.name == name and not math.isnan(r.value)), None)
