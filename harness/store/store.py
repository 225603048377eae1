"""Measurements in one file, by what they depend on: found again as long as nothing of that changes.

Several processes may use one file at a time, and a kill at any instant leaves it whole.  It must be
on a disk of this machine: SQLite shares no file over a network.
"""

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from harness.foundation import perturbation
from harness.measurement.kept import Begun, Wanted
from harness.measurement.result import Measurement
from harness.problem.problem import Problem
from harness.problem.sources import Changed
from harness.problem.sources import of_this_process as of_process
from harness.store import as_text, file
from harness.store.digest import digest, times, written
from harness.store.leases import Leases
from harness.store.unsaid import check_said

DAY = 86_400.0
MANY = 500  # digests in one question


class Store:
    """The store in the file ``path``, which is made where there is none; a context that closes it.

    Raises ValueError where ``path`` is another file or a store of another version, or where
    rounding errors are made on purpose, and NotWritten where the file cannot be written.
    """

    def __init__(self, path: str | Path, *, make: bool = True) -> None:
        """``make``: whether a file that is not there is made; else ValueError."""
        if perturbation.seed() is not None:
            raise ValueError(f"no store where {perturbation.VARIABLE} is set")
        self.path = Path(path)
        self.connection = file.opened(self.path, make=make)
        self.leases = Leases(lambda: file.opened(self.path, make=False))
        self.unkept: Counter[str] = Counter()
        """Why what was asked for could not be kept, and how often."""
        self.counts: Counter[str] = Counter()
        """How many measurements were ``found`` and ``kept``, and judged ``sweeps`` found."""

    @property
    def name(self) -> str:
        """The file's."""
        return str(self.path)

    def wanted(self, problem: Problem, asked: str) -> Wanted:
        """``problem`` with the digest that ``asked`` of it, "all", "output" or "chain", goes by.

        It is empty for what cannot be kept: ``unkept`` says why.
        """
        try:
            check_said(problem)
            told, sources = written(problem), of_process.of(problem)
            what = told, times(problem), asked
        except (ValueError, TypeError) as error:
            self.unkept[str(error)] += 1
            return Wanted(problem, asked)
        if sources is None:
            self.unkept["a part of the problem is made in a function, or in no file"] += 1
            return Wanted(problem, asked)
        return Wanted(problem, asked, digest([problem], what, sources), told)

    def found(self, wanted: Iterable[Wanted]) -> dict[str, Measurement]:
        """The measurements that are there of ``wanted``, by digest.  Raises NotWritten."""
        asked = list(dict.fromkeys(each.digest for each in wanted if each.digest))
        found: dict[str, Measurement] = {}
        with file.errors_of(self.path):
            for first in range(0, len(asked), MANY):
                found |= self._found(asked[first : first + MANY])
        self.counts["found"] += len(found)
        return found

    def begin(self, wanted: Iterable[Wanted]) -> Begun:
        """What is there of ``wanted``, and what is now ours to measure.  Raises NotWritten."""
        digests = [each.digest for each in wanted if each.digest]
        if not digests:
            return Begun({}, frozenset())
        with self._transaction():
            found = self._found(digests)
            ours = self.leases.take(self.connection, (d for d in digests if d not in found))
        self.counts["found"] += len(found)
        return Begun(found, ours)

    def end(self, wanted: Iterable[Wanted], made: Iterable[tuple[Wanted, Measurement]]) -> None:
        """Keep what was ``made``, all or nothing; nothing of ``wanted`` is ours any more.

        Raises NotWritten.

        Nothing is kept where source code has changed since this process read it.
        """
        now, digests = time.time(), [each.digest for each in wanted if each.digest]
        rows = [
            (each.digest, each.told, each.asked, as_text.written(m), m.seconds, now, now)
            for each, m in made
        ]
        if not digests:
            return
        if rows:
            try:
                of_process.check_unchanged()
            except Changed as error:
                self.unkept[str(error)] += len(rows)
                rows = []
        with self._transaction():
            self.connection.executemany(
                "INSERT OR REPLACE INTO measurements VALUES (?, ?, ?, ?, ?, ?, ?)", rows
            )
            self.leases.give(self.connection, digests)
        self.counts["kept"] += len(rows)

    def key(self, problems: Sequence[Problem], modules: Iterable[str], told: str) -> str:
        """What a text is kept under that depends on ``problems``, ``modules`` and what is ``told``.

        Empty where it cannot be kept, for what a source is not known of, say.
        """
        try:
            for problem in problems:
                check_said(problem)
            texts = [text for each in problems for text in (written(each), times(each))]
            sources = of_process.of_all(problems, modules)
        except (ValueError, TypeError):
            return ""
        return digest(problems, (*texts, told), sources) if sources else ""

    def text(self, key: str) -> str | None:
        """What is kept under ``key``, if anything is.  Raises NotWritten."""
        if not key:
            return None
        with file.errors_of(self.path):
            row = self.connection.execute(
                "SELECT text, used FROM texts WHERE digest = ?", (key,)
            ).fetchone()
            now = time.time()
            if row and now - row[1] > DAY:
                self.connection.execute("UPDATE texts SET used = ? WHERE digest = ?", (now, key))
        self.counts["sweeps"] += bool(row)
        return row[0] if row else None

    def keep_text(self, key: str, text: str, seconds: float) -> None:
        """Keep ``text``, which took ``seconds``, under ``key``; nothing where that is empty.

        Nor where source code has changed since this process read it.  Raises NotWritten.
        """
        if not key:
            return
        try:
            of_process.check_unchanged()
        except Changed:
            return
        now = time.time()
        with self._transaction():
            row = (key, text, seconds, now, now)
            self.connection.execute("INSERT OR REPLACE INTO texts VALUES (?, ?, ?, ?, ?)", row)

    def close(self) -> None:
        """Give back what is ours and close the file."""
        with file.errors_of(self.path):
            try:
                self.leases.close(self.connection)
            finally:
                self.connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.close()

    def _found(self, digests: list[str]) -> dict[str, Measurement]:
        marks = ", ".join("?" * len(digests))
        told = f"SELECT digest, value, used FROM measurements WHERE digest IN ({marks})"
        rows, now = self.connection.execute(told, digests).fetchall(), time.time()
        if old := [(now, digest) for digest, _, used in rows if now - used > DAY]:
            self.connection.executemany("UPDATE measurements SET used = ? WHERE digest = ?", old)
        return {digest: as_text.read(value) for digest, value, _ in rows}

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with file.errors_of(self.path), file.writing(self.connection):
            yield
