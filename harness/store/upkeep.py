"""What is in a store, how it is made smaller, and how it is handed out."""

import json
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from harness.foundation import whole_files
from harness.measurement.result import Measurement
from harness.problem.problem import Problem
from harness.store import as_text, file
from harness.store.store import DAY, Store


@dataclass(frozen=True)
class Kept:
    """One measurement of a store: of what, and when it was made and last used (epoch seconds)."""

    digest: str
    spec: dict[str, Any]
    asked: str
    measurement: Measurement
    seconds: float
    made: float
    used: float

    @property
    def problem(self) -> Problem | None:
        """The problem itself; None where a part of it cannot be made any more."""
        try:
            return Problem.from_spec(self.spec)
        except (ValueError, TypeError, OSError):
            return None


@dataclass(frozen=True)
class Summary:
    """How many ``measurements``, their ``bytes`` and ``seconds``, how many are ``leased`` now.

    ``sweeps`` that were judged, in ``judging`` seconds beside those of measurements.
    ``samplers``: ``{name: measurements}``, the most first.  ``oldest`` and ``newest``: epoch
    seconds at which they were made, nan where there are none.
    """

    measurements: int
    bytes: int
    seconds: float
    leased: int
    oldest: float
    newest: float
    samplers: dict[str, int]
    sweeps: int
    judging: float


class Gone(NamedTuple):
    """How many ``measurements`` and judged ``sweeps`` were taken out of a store."""

    measurements: int
    sweeps: int


COLUMNS = "digest, spec, asked, value, seconds, made, used"
SIZES = {
    "measurements": "length(spec) + length(value) + length(digest)",
    "texts": "length(text) + length(digest)",
}
UNMAPPED = ("floors", "reasons")


def kept(store: Store, most: int | None = None, seed: int | None = None) -> Iterator[Kept]:
    """What the store has, in the order of digests; ``most`` of them, drawn by ``seed``."""
    with file.errors_of(store.path):
        digests = [d for (d,) in store.connection.execute("SELECT digest FROM measurements")]
    if most is not None and most < len(digests):
        digests = sorted(pd.Series(digests).sample(most, random_state=seed))
    for digest in sorted(digests):
        with file.errors_of(store.path):
            told = f"SELECT {COLUMNS} FROM measurements WHERE digest = ?"
            row = store.connection.execute(told, (digest,)).fetchone()
        if row:  # it may have been taken out meanwhile
            _, spec, asked, value, seconds, made, used = row
            measurement = as_text.read(value)
            yield Kept(digest, json.loads(spec), asked, measurement, seconds, made, used)


def summary(store: Store) -> Summary:
    """What is in the store.  Raises NotWritten where the file cannot be read."""
    with file.errors_of(store.path):
        number, seconds, oldest, newest = store.connection.execute(
            "SELECT count(*), total(seconds), min(made), max(made) FROM measurements"
        ).fetchone()
        name = "json_extract(spec, '$.sampler.name')"
        told = f"SELECT {name}, count(*) FROM measurements GROUP BY 1 ORDER BY 2 DESC, 1"
        samplers = dict(store.connection.execute(told).fetchall())
        leased = "SELECT count(*) FROM leases WHERE until > ?"
        held = store.connection.execute(leased, (time.time(),)).fetchone()[0]
        judged = "SELECT count(*), total(seconds) FROM texts"
        sweeps, judging = store.connection.execute(judged).fetchone()
        size = file.size_of(store.path)
    first, last = (float("nan") if each is None else each for each in (oldest, newest))
    return Summary(number, size, seconds, held, first, last, samplers, sweeps, judging)


def prune(store: Store, *, days: float | None = None, bytes_: int | None = None) -> Gone:
    """Take out what was not used for so many ``days``, then the least used above ``bytes_``.

    How many were taken out; the file is made smaller.  Raises NotWritten.
    """
    with file.errors_of(store.path):
        connection, before = store.connection, _numbers(store)
        with file.writing(connection):
            if days is not None:
                oldest = time.time() - days * DAY
                for table in SIZES:
                    connection.execute(f"DELETE FROM {table} WHERE used < ?", (oldest,))
            if bytes_ is not None:
                _forget_above(connection, bytes_)
            connection.execute("DELETE FROM leases WHERE until < ?", (time.time(),))
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return Gone(*(old - new for old, new in zip(before, _numbers(store), strict=True)))


def _forget_above(connection: sqlite3.Connection, bytes_: int) -> None:
    """Delete the least used, of both tables together, until the rest has so many bytes."""
    each = (f"SELECT digest, used, made, {size} AS size FROM {t}" for t, size in SIZES.items())
    so_far = "sum(size) OVER (ORDER BY used DESC, made DESC, digest)"
    summed = f"SELECT digest, {so_far} AS so_far FROM ({' UNION ALL '.join(each)})"
    told = f"SELECT digest FROM ({summed}) WHERE so_far > ?"
    gone = connection.execute(told, (bytes_,)).fetchall()
    for table in SIZES:
        connection.executemany(f"DELETE FROM {table} WHERE digest = ?", gone)


def _numbers(store: Store) -> tuple[int, int]:
    both = ", ".join(f"(SELECT count(*) FROM {table})" for table in SIZES)
    return store.connection.execute(f"SELECT {both}").fetchone()


def export(store: Store, path: Path) -> int:
    """Write a Parquet file, a row a measurement: how many.

    Columns are ``digest``, ``spec`` (JSON), ``asked``, ``seconds``, ``made`` (epoch seconds), every
    number of ``Measurement``, its floors as ``..._rounding``, and ``reasons`` (JSON).  Raises
    ValueError without pyarrow, and NotWritten.
    """
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        told = "writing Parquet needs pyarrow: pip install 'leapcheck[parquet]'"
        raise ValueError(told) from None
    rows = [_row(each) for each in kept(store)]
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = {name: [row.get(name) for row in rows] for name in names}
    with whole_files.replacing(path) as part:
        pq.write_table(pa.table(columns), part)
    return len(rows)


def _row(each: Kept) -> dict[str, Any]:
    numbers = {k: v for k, v in vars(each.measurement).items() if k not in UNMAPPED}
    lists = {k: list(v) for k, v in numbers.items() if isinstance(v, tuple)}
    floors = {f"{name}_rounding": off for name, off in sorted(each.measurement.floors.items())}
    told = {"digest": each.digest, "spec": json.dumps(each.spec), "asked": each.asked}
    reasons = {"reasons": json.dumps(each.measurement.reasons), "made": each.made}
    return {**told, **numbers, **lists, **floors, **reasons}
