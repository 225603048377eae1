"""What is being done, on stderr, so that nothing works in silence.

On a terminal it is one line after two seconds at most, which is written over and goes away before
anything else is said; elsewhere, as in a file, a line as soon and a new one every 30 s, to which
dots are added meanwhile, or a line each time where another process listens.  It needs nothing that
is to be installed, and so tells of an installation too, and of any other command that says
little::

    python -m harness.foundation.telling 'installing' pip install --quiet leapcheck
"""

import math
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

QUIET = 1.5  # seconds without a word, after which one is said
SELDOM = 30.0  # seconds between two lines where there is no terminal
LONG = 60  # seconds, above which is said beforehand what something takes
LISTENED = "LEAPCHECK_LISTENED"  # a variable of the environment: a process reads what is told
WIDTH = 20  # of a bar
DOT = "."
TURNS = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
ERASED = "\r\x1b[2K"
_WRITTEN = re.compile(
    r"(?P<doing>.*?)(?:, (?P<share>\d+)% of the work)?(?:, about (?P<left>[\d,]+) s left)?"
    r"(?:, (?P<so_far>[\d,]+) s so far)?"
)


@dataclass(frozen=True)
class Now:
    """What is being ``doing``; ``share`` of all work, 0 to 1, is done; ``left``: seconds, about."""

    doing: str
    share: float | None = None
    left: float | None = None

    def __str__(self) -> str:
        done = "" if self.share is None else f", {self.share:.0%} of the work"
        return self.doing + done + ("" if self.left is None else f", about {self.left:,.0f} s left")

    @classmethod
    def read(cls, line: str) -> "Now":
        """What a line says that was told by another process."""
        found = _WRITTEN.fullmatch(line.strip())
        assert found, "every line is something that is being done"
        share, left = found["share"], found["left"]
        return cls(
            found["doing"],
            int(share) / 100 if share else None,
            float(left.replace(",", "")) if left else None,
        )


class _Teller:
    """Tells of ``now`` from a thread of its own until it is closed."""

    def __init__(self, now: Now) -> None:
        self.now, self.began, self.last = now, time.monotonic(), time.monotonic()
        self.more: Callable[[], str] = str
        self.turn, self.shown = 0, False
        self.written = -math.inf  # when the last line was, where there is no terminal
        self.dotted = False  # whether that line is open
        self.lock, self.over = threading.RLock(), threading.Event()
        self.thread = threading.Thread(target=self._watch, daemon=True)
        self.thread.start()

    def close(self) -> None:
        self.over.set()
        self.thread.join()
        self._erase()

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Something else is said within."""
        with self.lock:
            self._erase()
            try:
                yield
            finally:
                self.last = time.monotonic()

    def _watch(self) -> None:
        while not self.over.wait(0.1):
            with self.lock:
                if not (self.shown or time.monotonic() - self.last >= QUIET):
                    continue
                if _on_terminal():
                    self._draw()
                else:
                    self._add()
                    self.last = time.monotonic()

    @property
    def _so_far(self) -> str:
        return f"{time.monotonic() - self.began:,.0f} s so far"

    @property
    def _all(self) -> str:
        more = self.more()
        return f"{self.now}, {self._so_far}" + (f"; {more}" if more else "")

    def _draw(self) -> None:
        self.turn, bar = self.turn + 1, ""
        if self.now.share is not None:
            full = int(WIDTH * self.now.share + 1e-9)
            bar = "━" * full + "─" * (WIDTH - full) + " "
        line = f"{TURNS[self.turn % len(TURNS)]} {bar}{self._all}"
        _write(ERASED + line[: shutil.get_terminal_size().columns - 1])
        self.shown = True

    def _add(self) -> None:
        if LISTENED in os.environ:
            _write(f"{self.now}, {self._so_far}\n")
        elif time.monotonic() - self.written < SELDOM:
            _write(DOT)
            self.dotted = True
        else:
            self._erase()
            _write(f"{self._all} ")
            self.written, self.dotted = time.monotonic(), True

    def _erase(self) -> None:
        if self.shown or self.dotted:
            _write(ERASED if self.shown else "\n")
        self.shown = self.dotted = False


_teller: _Teller | None = None


@contextmanager
def telling(doing: str) -> Iterator[None]:
    """Within the block ``doing``, or what ``tell`` was called with last, is told of.

    A block within another one tells of its own, and then of what was told of before.
    """
    global _teller
    if _teller:
        before = _teller.now
        tell(doing)
        try:
            yield
        finally:
            _teller.now = before
        return
    _teller = _Teller(Now(doing))
    try:
        yield
    finally:
        teller, _teller = _teller, None
        teller.close()


def tell(doing: str, share: float | None = None, left: float | None = None) -> None:
    """From now on this is being done; nothing where nothing is told of."""
    if _teller:
        _teller.now = Now(doing, share, left)


@contextmanager
def also(more: Callable[[], str]) -> Iterator[None]:
    """Within the block what ``more`` returns by then is told of behind what is being done.

    It is called by another thread.
    """
    teller = _teller
    if teller is None:
        yield
        return
    before, teller.more = teller.more, more
    try:
        yield
    finally:
        teller.more = before


def beforehand(what: str, seconds: float, *but: str) -> None:
    """Say what something will take on this machine, if it is more than a minute."""
    if seconds > LONG:
        say("; ".join([f"{what}: about {seconds:,.0f} s on this machine", *but]))


def say(line: str) -> None:
    """A line on stderr that stays."""
    with aside():
        print(line, file=sys.stderr, flush=True)


@contextmanager
def aside() -> Iterator[None]:
    """Whatever is printed within is not mixed with what is told."""
    if _teller is None:
        yield
        return
    with _teller.aside():
        yield


def _on_terminal() -> bool:
    with suppress(ValueError):  # a closed stream
        return sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
    return False


def _write(text: str) -> None:
    with suppress(OSError, ValueError):  # nobody reads on
        sys.stderr.write(text)
        sys.stderr.flush()


def run(doing: str, command: Sequence[str]) -> int:
    """Run ``command``, whose words are passed on, and tell of it where it says none: its code."""
    with telling(doing):
        pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        with subprocess.Popen(command, **pipes) as process:
            assert process.stdout
            while said := os.read(process.stdout.fileno(), 65536):
                with aside():
                    sys.stdout.buffer.write(said)
                    sys.stdout.flush()
            return process.wait()


if __name__ == "__main__":
    try:
        sys.exit(run(sys.argv[1], sys.argv[2:]))
    except KeyboardInterrupt:  # a terminal sends it to the command, too, which has said so
        sys.exit(130)
