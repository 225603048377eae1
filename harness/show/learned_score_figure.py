# pyright: reportArgumentType=false, reportCallIssue=false
# (the stubs of matplotlib do not know **style)
"""A learned score drawn: what it costs beside the steps, and where to stop.

``python -m harness.show.learned_score_figure`` trains the network and writes
``results/learned_score/`` anew: ``training.csv``, ``stopping.csv`` and the figure; under a minute.
It needs optax, the extra ``leapcheck[learned]``.  No weights are kept.
"""

from pathlib import Path

import matplotlib as mpl
import pandas as pd
from matplotlib.figure import Figure

from harness.foundation.whole_files import replacing
from harness.problem.problem import Problem
from harness.process.grids import geometric
from harness.process.noise import Uniform
from harness.show.figure_style import STYLE
from harness.studies.learned_score import interplay, train

TRAINED = (30, 100, 300, 1000, 3000)  # steps of training
STOPS = (1.0, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01)  # noise time
START, KAPPA, STOP, ALONE = 5.0, 0.2, 0.05, 384
STYLES = {
    "kl": ("output KL, both", {"color": "black", "marker": "o"}),
    "kl_steps": ("the steps alone", {"color": "0.5", "marker": "", "ls": "--"}),
    "kl_score": ("the score alone", {"color": "#0072B2", "marker": "s"}),
    "score_error": ("ε_score", {"color": "#D55E00", "marker": "^", "ls": ":"}),
    "path_kl": ("path KL, both", {"color": "#009E73", "marker": "D"}),
    "path_kl_steps": ("path KL, the steps alone", {"color": "#009E73", "marker": "", "ls": "--"}),
}


def rows(target: object, sampler: object, seed: int = 0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A row a number of training steps, and a row a stop time ``δ`` with the last network."""

    def problem(stop: float) -> Problem:
        return Problem(target, Uniform(), sampler, geometric(START, stop, KAPPA), start="exact")

    scores = train(problem(STOP), TRAINED, seed)
    training = pd.DataFrame(interplay(problem(STOP), scores, ALONE))
    training.insert(0, "trained", [score.steps for score in scores])
    stopped = [interplay(problem(stop), scores[-1:], ALONE)[0] for stop in STOPS]
    stopping = pd.DataFrame(stopped)
    stopping.insert(0, "delta", STOPS)
    return training, stopping


def figure(training: pd.DataFrame, stopping: pd.DataFrame) -> Figure:
    """Left KLs along the training, right the total variation to the data along the stop time."""
    drawn = Figure(figsize=(9.6, 3.9), layout="constrained")
    drawn.suptitle("A learned score: its error and that of the steps, together and each alone")
    left, right = drawn.subplots(1, 2)
    for column, (label, style) in STYLES.items():
        left.plot(training["trained"], training[column], label=label, ms=4.5, lw=1.1, **style)
    left.set(xscale="log", yscale="log", xlabel="steps of training", ylabel="nats")
    left.set_title(f"stopped at δ = {STOP:g}", fontsize=9)
    for column, label, style in (
        ("data_tv", "learned score", {"color": "black", "marker": "o"}),
        ("data_tv_steps", "exact score", {"color": "0.5", "marker": "s", "ls": "--"}),
    ):
        right.plot(stopping["delta"], stopping[column], label=label, ms=4.5, lw=1.1, **style)
    right.set(xscale="log", yscale="log", xlabel="stop time δ, noise time")
    right.set_ylabel("total variation between data and output")
    right.set_title("where to stop", fontsize=9)
    for panel in (left, right):
        panel.grid(True, lw=0.3, color="0.85")
        panel.legend(frameon=False, fontsize=6.5)
    return drawn


def write(folder: Path, target: object, sampler: object) -> list[Path]:
    """``training.csv``, ``stopping.csv`` and ``learned.png`` in ``folder``, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    tables = dict(zip(("training", "stopping"), rows(target, sampler), strict=True))
    paths = [folder / f"{name}.csv" for name in tables]
    for path, table in zip(paths, tables.values(), strict=True):
        with replacing(path) as part:
            table.to_csv(part, index=False, float_format="%.4g")
    with mpl.rc_context(STYLE), replacing(folder / "learned.png") as part:
        figure(**tables).savefig(part, dpi=130, format="png")
    return [*paths, folder / "learned.png"]


if __name__ == "__main__":
    from harness.foundation.registry import load, samplers, targets

    load()
    ring = targets["potts_ring"](tokens=3, length=3, coupling=1.0)
    for path in write(Path("results/learned_score"), ring, samplers["tau_leaping"]("wrap")):
        print(f"wrote {path}")
