"""Finished sweeps of a run that is not over, a file each, so that another run can go on from there.

A sweep is known by what its numbers depend on: its problems, its theorems, leapcheck's own code,
the modules that classes from outside come from (not what these import), and files of data.
"""

import contextlib
import hashlib
import os
import platform
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import numpy as np

from harness.foundation import own_code, whole_files
from harness.studies.experiment import Sweep
from harness.studies.judged import Finished

BEGIN, DAYS = "sweep-", 30  # how a file's name begins, and how long it waits to be read


@dataclass(frozen=True)
class Partial:
    """The ``folder`` of finished sweeps; with ``resume`` those that it has are not run again."""

    folder: Path
    resume: bool = False

    def path(self, sweep: Sweep) -> Path | None:
        """The file of ``sweep``; None for one whose problems cannot be told."""
        try:
            return self.folder / f"{BEGIN}{_mark(sweep)}.json"
        except ValueError:
            return None

    def read(self, sweep: Sweep) -> Finished | None:
        """What ``sweep`` has found before; None where that is not known."""
        path = self.path(sweep) if self.resume else None
        if path is None:
            return None
        with contextlib.suppress(OSError, ValueError, TypeError):
            return Finished.read(path.read_text(encoding="utf-8"))
        return None

    def keep(self, sweep: Sweep, found: Finished) -> Path | None:
        """Write ``found``; the file, or None where none could be written, and the run goes on."""
        path = self.path(sweep)
        if path is None:
            return None
        with contextlib.suppress(OSError):
            whole_files.write_text(path, found.written())
            return path
        return None

    def since(self, began: float) -> int:
        """How many sweeps were kept since ``began``, seconds since the epoch."""
        found = 0
        for path in self.folder.glob(f"{BEGIN}*.json"):
            with contextlib.suppress(OSError):
                found += path.stat().st_mtime >= began
        return found

    def forget_old(self) -> None:
        """Remove what has waited for more than a month."""
        for path in self.folder.glob(f"{BEGIN}*.json"):
            with contextlib.suppress(OSError):
                if time.time() - path.stat().st_mtime > DAYS * 86_400:
                    path.unlink()


def in_users_cache() -> Path:
    """Where finished sweeps go unless it is said; the system's folder for what may be lost."""
    try:
        usual = Path.home() / ("Library/Caches" if sys.platform == "darwin" else ".cache")
    except RuntimeError:  # nobody's home
        usual = Path(tempfile.gettempdir())
    return Path(os.environ.get("XDG_CACHE_HOME") or usual) / "leapcheck" / "partial"


def _mark(sweep: Sweep) -> str:
    """All that the numbers of ``sweep`` depend on, in short.  Raises ValueError."""
    experiment = sweep.experiment
    specs = [problem.spec() for problem in sweep.problems]
    theorems = experiment.chosen_theorems
    told = (
        *(experiment.name, experiment.axis, experiment.output_only, experiment.question),
        *(sweep.target, sweep.sampler, sweep.values, sweep.expectations(), list(theorems), specs),
        *(sys.version, platform.machine(), jax.__version__, np.__version__),
    )
    outside = {type(theorem).__module__ for theorem in theorems.values()}
    digest = hashlib.sha256(repr(told).encode() + own_code.digest())
    for text in sorted({*_strings(specs), *(f"{module}:" for module in outside)}):
        digest.update(_behind(text))
    return digest.hexdigest()[:32]


def _strings(table: Any) -> Iterator[str]:
    if isinstance(table, str):
        yield table
    elif isinstance(table, dict):
        yield from _strings(list(table.values()))
    elif isinstance(table, list | tuple):
        for each in table:
            yield from _strings(each)


def _behind(text: str) -> bytes:
    """What a text in a problem stands for: the source of ``module:Class``, a file of data."""
    module, colon, _ = text.partition(":")
    source = getattr(sys.modules.get(module), "__file__", None) if colon else text
    try:
        return Path(source or "").read_bytes()
    except (OSError, ValueError):  # it is no file
        return b""
