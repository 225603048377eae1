"""The file of a store: SQLite, with the schema and the errors that a disk or another file makes."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.foundation.whole_files import NotWritten

SCHEMA = 2
APPLICATION = 0x4C656170  # "Leap", by which a file is known to be a store
PATIENCE = 30  # seconds to wait for another process that is writing
TABLES = """
CREATE TABLE measurements (
    digest TEXT PRIMARY KEY,  -- of all that the numbers depend on
    spec TEXT NOT NULL,       -- the problem, as JSON
    asked TEXT NOT NULL,      -- all, output or chain
    value TEXT NOT NULL,      -- the numbers, as JSON
    seconds REAL NOT NULL,    -- that it took
    made REAL NOT NULL,       -- seconds since the epoch
    used REAL NOT NULL        -- likewise, to the day
);
CREATE TABLE leases (
    digest TEXT PRIMARY KEY,  -- of what is being measured
    owner TEXT NOT NULL,      -- host:process:number
    until REAL NOT NULL       -- seconds since the epoch
) WITHOUT ROWID;
"""
SINCE_2 = """
CREATE TABLE texts (
    digest TEXT PRIMARY KEY,  -- of all that the text depends on
    text TEXT NOT NULL,       -- what a sweep has found, as JSON
    seconds REAL NOT NULL,    -- that it took
    made REAL NOT NULL,       -- seconds since the epoch
    used REAL NOT NULL        -- likewise, to the day
);
"""


class NoStore(ValueError):
    """A file that is no store, or one of another version."""


def opened(path: Path, *, make: bool = True) -> sqlite3.Connection:
    """The store at ``path``, made where there is none.

    Raises NoStore where it is something else, or there is none and it is not to be made, and
    NotWritten where the system does not let it be opened.
    """
    if not make and not path.exists():
        raise NoStore(f"no store at {path}")
    with errors_of(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(
            path, timeout=PATIENCE, isolation_level=None, check_same_thread=False
        )
        try:
            connection.execute("PRAGMA synchronous = NORMAL")
            _check(connection, path)
            connection.execute("PRAGMA journal_mode = WAL")
        except BaseException:
            connection.close()
            raise
        return connection


def _check(connection: sqlite3.Connection, path: Path) -> None:
    """Make the tables of a new file, and see that any other is a store of this version."""
    if _known(connection) == (0, 0):
        with writing(connection):
            tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
            if _known(connection) == (0, 0) and not tables:  # nor by another process meanwhile
                _make(connection, TABLES + SINCE_2)
    if _known(connection) == (APPLICATION, 1):
        with writing(connection):
            if _known(connection) == (APPLICATION, 1):  # nor by another process meanwhile
                _make(connection, SINCE_2)
    application, schema = _known(connection)
    if application != APPLICATION:
        raise NoStore(f"{path} is no store of leapcheck")
    if schema != SCHEMA:
        raise NoStore(f"{path} is a store of version {schema}; this leapcheck has {SCHEMA}")


def _make(connection: sqlite3.Connection, tables: str) -> None:
    for statement in tables.split(";")[:-1]:
        connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {APPLICATION}")
    connection.execute(f"PRAGMA user_version = {SCHEMA}")


def _known(connection: sqlite3.Connection) -> tuple[int, int]:
    names = ("application_id", "user_version")
    first, second = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in names)
    return first, second


@contextmanager
def writing(connection: sqlite3.Connection) -> Iterator[None]:
    """One transaction: all that is written within is there afterwards, or nothing of it."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@contextmanager
def errors_of(path: Path) -> Iterator[None]:
    """What SQLite and the system say within names the file.  Raises NotWritten or NoStore."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        name = getattr(error, "sqlite_errorname", "")
        if name in ("SQLITE_NOTADB", "SQLITE_CORRUPT"):
            raise NoStore(f"{path} is no store of leapcheck: {error}") from error
        raise NotWritten(f"cannot write {path}: {error}; what it had is kept") from error
    except (NotWritten, BrokenPipeError):
        raise
    except OSError as error:
        raise NotWritten(f"cannot write {path}: {error.strerror or error}") from error


def size_of(path: Path) -> int:
    """Bytes of the file and of what SQLite keeps beside it."""
    beside = [path, *(path.with_name(path.name + end) for end in ("-wal", "-shm"))]
    return sum(os.path.getsize(each) for each in beside if each.exists())
