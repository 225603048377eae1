"""Leases: what one process is measuring, so that another one on the same store does not.

A lease is renewed while its process lives.  Where that was killed, its leases are free at once for
processes of the same host, and for those of others when they run out.
"""

import itertools
import os
import platform
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress

from harness.foundation.whole_files import NotWritten
from harness.store.file import writing

LASTS = 60.0  # seconds, unless renewed
RENEWED = LASTS / 4
_NUMBER = itertools.count()


class Leases:
    """The leases of one store, as one owner sees them; ``connect`` opens the file once more."""

    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        self.owner = f"{platform.node()}:{os.getpid()}:{next(_NUMBER)}"
        self._connect, self._held = connect, set[str]()
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def take(self, connection: sqlite3.Connection, digests: Iterable[str]) -> frozenset[str]:
        """Those of ``digests`` that nobody else has; to be called within a transaction."""
        now, ours = time.time(), set[str]()
        for digest in digests:
            held = connection.execute(
                "SELECT owner, until FROM leases WHERE digest = ?", (digest,)
            ).fetchone()
            if held and held[0] != self.owner and held[1] > now and not _dead(held[0]):
                continue
            connection.execute(
                "INSERT OR REPLACE INTO leases VALUES (?, ?, ?)", (digest, self.owner, now + LASTS)
            )
            ours.add(digest)
        self._held |= ours
        if ours and self._thread is None:
            self._thread = threading.Thread(target=self._renew, daemon=True)
            self._thread.start()
        return frozenset(ours)

    def give(self, connection: sqlite3.Connection, digests: Iterable[str]) -> None:
        """These are ours no more; to be called within a transaction."""
        given = self._held & {*digests}
        self._held -= given
        connection.executemany(
            "DELETE FROM leases WHERE digest = ? AND owner = ?",
            [(digest, self.owner) for digest in given],
        )

    def close(self, connection: sqlite3.Connection) -> None:
        """All are given back."""
        self._over.set()
        if self._held:
            with writing(connection):
                self.give(connection, {*self._held})
        if self._thread:
            self._thread.join()

    def _renew(self) -> None:
        while not self._over.wait(RENEWED):
            # A disk that is full now may not be so the next time; whoever keeps something says so.
            with suppress(NotWritten, sqlite3.Error):
                connection = self._connect()
                try:
                    with writing(connection):
                        connection.execute(
                            "UPDATE leases SET until = ? WHERE owner = ?",
                            (time.time() + LASTS, self.owner),
                        )
                finally:
                    connection.close()


def _dead(owner: str) -> bool:
    """Whether the process of an ``owner`` on this host is no more."""
    host, process, _ = owner.rsplit(":", 2)
    if host != platform.node():
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except OSError:  # another user's
        pass
    return False
