"""How long a program is silent: nothing on stdout or stderr, piped or on a terminal.

``python tests/helpers/silence.py [--terminal] COMMAND...`` prints its longest silence.
"""

import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Heard:
    """``longest`` silence in seconds before the last word, and ``after`` what that was.

    ``ending``: from the last word to the end, when the interpreter is taken down.
    """

    longest: float
    after: str
    ending: float
    seconds: float
    said: str
    code: int

    def __str__(self) -> str:
        last = self.after.strip().splitlines()[-1:] or ["the start"]
        return (
            f"silent for {self.longest:.1f} s of {self.seconds:.1f}, {self.ending:.1f} at the end, "
            f"exit code {self.code}, after: {last[0][-100:]}"
        )


def heard(command: Sequence[str], terminal: bool = False, **options) -> Heard:
    """What ``command`` says and when, until it ends; ``terminal``: where both streams are one."""
    reader, writer = pty.openpty() if terminal else os.pipe()
    began = last = time.monotonic()
    run = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=writer, stderr=writer, **options
    )
    os.close(writer)
    longest, after, said = 0.0, "", b""
    while True:
        ready, _, _ = select.select([reader], [], [], 0.05)
        now = time.monotonic()
        try:
            chunk = os.read(reader, 65536) if ready else None
        except OSError:  # a terminal that nobody holds any more
            chunk = b""
        if chunk == b"":
            break
        if chunk:
            if now - last > longest:
                longest, after = now - last, said[-300:].decode(errors="replace")
            said, last = said + chunk, now
    os.close(reader)
    code = run.wait()
    ended = time.monotonic()
    text = said.decode(errors="replace")
    return Heard(longest, after, ended - last, ended - began, text, code)


def but_what_is_told_of(stderr: str) -> list[str]:
    """The lines of ``stderr`` without those that only say that something is being done."""
    return [line for line in stderr.splitlines() if not line.rstrip(" .").endswith(" s so far")]


if __name__ == "__main__":
    on_terminal = sys.argv[1] == "--terminal"
    print(heard(sys.argv[1 + on_terminal :], on_terminal))
