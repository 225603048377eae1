# pyright: reportArgumentType=false, reportGeneralTypeIssues=false, reportCallIssue=false
# (the stubs of pandas do not know that columns are strings)
"""All figures that kept rows allow, several at a time, and of those only what changed.

A figure is drawn again where its rows, its title, what theorems bound, the code of figures or the
version of matplotlib are others than in ``.drawn.json``, or where one of its files is gone.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pandas as pd
from matplotlib.figure import Figure

from harness.foundation import processes, whole_files
from harness.foundation.registry import load, theorems
from harness.show.figure_style import STYLE, save, slug
from harness.show.figures import calls_figure, constants_figure, kl_figure, steps_figure
from harness.show.figures_of_scale import coupling_figure, growth_figure, growth_panels
from harness.show.of_theorems import bounded
from harness.studies import ledger
from harness.verdicts.axes import AXES, NEUTRAL_AXES

DRAWN, ENDINGS = ".drawn.json", ("svg", "png")
WORTH = 4  # fewer figures are drawn before another process has begun


@dataclass(frozen=True)
class Job:
    """One figure: the files ``stem.svg`` and ``stem.png``, and the call that makes it."""

    stem: str
    make: Callable[..., Figure]
    arguments: tuple[Any, ...]

    def fingerprint(self, code: str) -> str:
        """What the figure depends on, in short."""
        told = f"{code} {self.make.__name__} {_told(self.arguments)}"
        return hashlib.sha256(told.encode()).hexdigest()


def draw_all(
    results: Path,
    out: Path,
    jobs: int = 1,
    progress: Callable[[int, int, str], None] | None = None,
) -> list[Path]:
    """Draw what changed of all figures that ``results`` allow; the paths that were written.

    ``jobs`` are drawn at a time; ``progress(done, total, stem)`` is called before the first and
    after each.  Raises ValueError where there are no rows.
    """
    whole_files.check_folder(out)
    record, code = out / DRAWN, _code()
    before = _read(record)
    wanted = {job.stem: job for job in figures_of(results)}
    marks = {stem: job.fingerprint(code) for stem, job in wanted.items()}
    due = [wanted[stem] for stem, mark in marks.items() if not _there(out, stem, before, mark)]
    kept = {stem: mark for stem, mark in marks.items() if wanted[stem] not in due}
    written: list[Path] = []
    told = progress or (lambda *_: None)
    told(0, len(due), "")
    for done, (stem, paths) in enumerate(_drawn(due, out, jobs), 1):
        written += paths
        kept[stem] = marks[stem]
        whole_files.write_text(record, json.dumps(kept, indent=1, sort_keys=True) + "\n")
        told(done, len(due), stem)
    return sorted(written)


def kept(results: Path) -> list[Path]:
    """The files of rows in ``results``, one of each experiment."""
    return sorted(results.glob("*/rows.csv"))


def figures_of(results: Path) -> Iterator[Job]:
    """Every figure that the rows in ``results`` allow.  Raises ValueError where there are none."""
    tables = {path.parent.name: table(path) for path in kept(results)}
    if not tables:
        raise ValueError(f"no rows in {results}; run 'leapcheck check --update-ledger' first")
    for name, rows in tables.items():
        yield from _of_experiment(name, rows)
    for axis in AXES:
        ours = [rows for rows in tables.values() if rows["axis"].iloc[0] == axis]
        if any(column.startswith("form ") for rows in ours for column in rows):
            yield Job(f"constants-{axis}", constants_figure, (ours, axis))
    growing = growth_panels(tables.values())
    if growing:
        yield Job("growth", growth_figure, (growing,))


def _of_experiment(name: str, rows: pd.DataFrame) -> Iterator[Job]:
    axis = rows["axis"].iloc[0]
    if axis == "knob":
        yield Job(name, calls_figure, (rows, name))
        return
    if axis in NEUTRAL_AXES:
        yield Job(name, coupling_figure, (rows, name))
        return
    make = steps_figure if axis == "epsilon" else kl_figure
    for target, group in rows.groupby("target", sort=False):
        yield Job(f"{name}-{slug(str(target))}", make, (group, f"{name}: {target}"))
    if axis == "step" and "score_calls" in rows:
        yield Job(f"calls-{name}", calls_figure, (rows, name))


def table(path: Path) -> pd.DataFrame:
    """Rows with their numbers as floats, and ``x``: the value to plot against."""
    found = pd.DataFrame(ledger.read(path))
    axis = found["axis"].iloc[0]
    found["x"] = found["h"] if axis == "step" else found["value"]
    if axis in ("S", "d"):
        found["x"] = found[axis]
    return found


def _drawn(due: Sequence[Job], out: Path, jobs: int) -> Iterator[tuple[str, list[Path]]]:
    """Each stem with its files, as they are ready."""
    if jobs == 1 or len(due) < WORTH:
        yield from (_draw(job, out) for job in due)
        return
    with processes.pool(min(jobs, len(due))) as pool:
        with processes.deaf_to_interrupts():
            futures = [pool.submit(_draw, job, out) for job in due]
        yield from (future.result() for future in as_completed(futures))


def _draw(job: Job, out: Path) -> tuple[str, list[Path]]:
    with mpl.rc_context(STYLE):
        return job.stem, save(job.make(*job.arguments), out / job.stem)


def _there(out: Path, stem: str, before: Mapping[str, str], mark: str) -> bool:
    """Whether a figure is drawn as it would be now."""
    files = [out / f"{stem}.{ending}" for ending in ENDINGS]
    return before.get(stem) == mark and all(path.exists() for path in files)


def _read(record: Path) -> dict[str, str]:
    """What was drawn before; nothing where that is not known."""
    try:
        return dict(json.loads(record.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return {}


def _code() -> str:
    """What all figures depend on beside their rows, in short."""
    load()
    rungs = {name: bounded(name) for name in sorted(theorems)}
    files = sorted(Path(__file__).parent.rglob("*.py"))
    parts = [f"{mpl.__version__} {rungs}".encode(), *(path.read_bytes() for path in files)]
    return hashlib.sha256(b"".join(parts)).hexdigest()


def _told(argument: Any) -> str:
    """An argument of a figure as text in which nothing is left out."""
    if isinstance(argument, pd.DataFrame):
        return argument.to_csv(index=False)
    if isinstance(argument, Mapping):
        return " ".join(f"{key}: {_told(value)}" for key, value in argument.items())
    if isinstance(argument, list | tuple):
        return " ".join(map(_told, argument))
    return str(argument)
