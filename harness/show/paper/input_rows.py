# pyright: reportArgumentType=false, reportGeneralTypeIssues=false, reportCallIssue=false
# (the stubs of pandas do not know that columns are strings)
"""Where the rows and verdicts of a figure or a table come from: kept ones, or an experiment run."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from harness.foundation.validation import choice, unknown
from harness.studies import experiment as experiments
from harness.studies import ledger, runner, shelf
from harness.studies.experiment import Experiment, sweeps
from harness.studies.ledger import Row

Run = Callable[[Experiment], runner.Outcome]


@dataclass(frozen=True)
class Source:
    """``rows`` as a table, verdicts as ledger rows, and ``told``: where both are from."""

    rows: pd.DataFrame
    verdicts: Sequence[Row]
    told: str

    def only(
        self,
        targets: Sequence[str] | None = None,
        samplers: Sequence[str] | None = None,
        theorems: Sequence[str] | None = None,
    ) -> "Source":
        """What speaks of these labels and theorems; of all where none are given.

        Raises ValueError naming one that is not there.
        """
        rows, verdicts = self.rows, list(self.verdicts)
        for kind, wanted in (("target", targets), ("sampler", samplers)):
            for label in wanted or ():
                choice(f"{kind} in these rows", label, set(rows[kind]))
            if wanted:
                rows = rows[[label in wanted for label in rows[kind]]]
                verdicts = [row for row in verdicts if str(row[kind]) in wanted]
        for name in theorems or ():
            choice("theorem in these verdicts", name, {row["theorem"] for row in verdicts})
        if theorems:
            verdicts = [row for row in verdicts if row["theorem"] in theorems]
        return Source(rows, verdicts, self.told)


def read(given: Sequence[Path], results: Path | None, run: Run, again: bool = False) -> Source:
    """Rows and verdicts of experiments (TOML files), files or folders of rows, or names.

    A name is read from ``results``, by default the current folder's and then what is installed, an
    experiment whose kept rows are those of its problems and theorems from the first of these; any
    other experiment is ``run``, and every one with ``again``.  Raises ValueError.
    """
    folders = shelf.read_from(results)
    found = [_one(Path(each), folders, run, again) for each in given]
    rows = pd.concat([each.rows for each in found], ignore_index=True)
    return Source(
        rows,
        [row for each in found for row in each.verdicts],
        "; ".join(each.told for each in found),
    )


def _one(given: Path, folders: Sequence[Path], run: Run, again: bool) -> Source:
    if given.suffix == ".toml":
        experiment = experiments.read(given)
        path = folders[0] / experiment.name / "rows.csv"
        if not again and path.exists():
            kept = _kept(path)
            if _speaks_of(experiment, kept):
                return kept
        outcome = run(experiment)
        return Source(table(outcome.rows), outcome.ledger, f"{given}, run now")
    path = given / "rows.csv" if given.is_dir() else given
    if path.is_file():
        return _kept(path)
    for path in (folder / given / "rows.csv" for folder in folders):
        if path.is_file():
            return _kept(path)
    known = {each.parent.name for folder in folders for each in folder.glob("*/rows.csv")}
    raise ValueError(unknown("experiment, file of rows or results", str(given), known))


def _kept(path: Path) -> Source:
    try:
        rows = ledger.read(path)
    except (ValueError, OSError) as error:
        raise ValueError(f"{path}: cannot be read as rows: {error}") from None
    missing = set(runner.ROW_KEYS) - set(rows[0] if rows else ())
    if missing:
        raise ValueError(f"{path}: rows must have the columns {', '.join(sorted(missing))}")
    names = {row["experiment"] for row in rows}
    verdicts = ledger.read(path.parent.parent / "ledger.csv")
    verdicts = [row for row in verdicts if row.get("experiment") in names]
    return Source(table(rows), verdicts, f"rows of {path}")


def table(rows: Sequence[Row]) -> pd.DataFrame:
    """Rows as a table of numbers and names; what was not measured is nan."""
    frame = pd.DataFrame(
        [
            {key: value for key, value in row.items() if key != ledger.FLOORS and value != ""}
            for row in rows
        ]
    )
    for name in ("experiment", "target", "sampler"):
        frame[name] = frame[name].map(_as_label)
    return frame


def _as_label(cell: object) -> str:
    return f"{cell:g}" if isinstance(cell, float) else str(cell)


def _speaks_of(experiment: Experiment, kept: Source) -> bool:
    """Whether kept rows have the sweeps, sizes and grids of an experiment, and all its theorems."""
    ours = sweeps(experiment)
    wanted: set[tuple[object, ...]] = set()
    for sweep in ours:
        if experiment.axis == "epsilon":
            wanted |= {(sweep.target, sweep.sampler, f"{value:.8g}") for value in sweep.values}
            continue
        for value, problem in zip(sweep.values, sweep.problems, strict=True):
            space, grid = problem.space, problem.grid
            sizes = space.vocabulary, space.length, grid.steps, grid.start, grid.stop
            numbers = [f"{float(each):.8g}" for each in (value, *sizes)]
            wanted.add((sweep.target, sweep.sampler, *numbers))
    columns = ["value"] if experiment.axis == "epsilon" else ["value", "S", "d", "N", "T", "delta"]
    if not set(columns) <= set(kept.rows):
        return False
    numbers = kept.rows[columns].map(lambda cell: f"{float(cell):.8g}")
    labels = kept.rows[["target", "sampler"]]
    found = set(pd.concat([labels, numbers], axis=1).itertuples(index=False, name=None))
    names = experiment.chosen_theorems.keys()
    return found == wanted and names <= {row["theorem"] for row in kept.verdicts}
