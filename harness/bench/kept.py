"""What was measured before, a row each: with its date and machine, so that a trend can be seen."""

import csv
import io
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple

import jax

from harness.foundation import whole_files
from harness.foundation.machine import processor
from harness.problem.cost import product_seconds

COLUMNS = ("date", "machine", "what", "measured", "wanted", "unit")


class Row(NamedTuple):
    """``measured`` of ``what``, in ``unit``; ``wanted`` says what was promised, if anything."""

    what: str
    measured: float
    wanted: str
    unit: str


def machine() -> str:
    """Processor, cores, the version of JAX, and what a matrix product takes here."""
    product = f"1,024-row product in {1e3 * product_seconds():.0f} ms"
    return f"{processor()}, jax {jax.__version__}, {product}"


def add(path: Path, rows: Sequence[Row]) -> None:
    """Append ``rows`` of today and of this machine to the CSV file at ``path``."""
    new = not path.exists()
    here = date.today().isoformat(), machine()
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    if new:
        writer.writerow(COLUMNS)
    for what, measured, wanted, unit in rows:
        writer.writerow((*here, what, f"{measured:.3g}", wanted, unit))
    whole_files.append_text(path, text.getvalue())
