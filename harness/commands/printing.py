"""What every command prints with."""

from collections.abc import Iterable
from typing import Any

from rich.console import Console

from harness.foundation import telling


class _Console(Console):
    """One that leaves a closed pipe to the command line, which knows the exit code.

    What is told of on stderr goes away before it prints.
    """

    def on_broken_pipe(self) -> None:
        self.quiet = True
        raise BrokenPipeError

    def print(self, *objects: Any, **options: Any) -> None:
        with telling.aside():
            super().print(*objects, **options)


console = _Console(highlight=False, soft_wrap=True, emoji=False)


def print_lines(lines: Iterable[str]) -> None:
    """Plain lines: no markup, no wrapping, so that output can be searched and diffed."""
    for line in lines:
        console.print(line, markup=False)
