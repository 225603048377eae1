"""What every command prints with."""

from collections.abc import Iterable

from rich.console import Console


class _Console(Console):
    """One that leaves a closed pipe to the command line, which knows the exit code."""

    def on_broken_pipe(self) -> None:
        self.quiet = True
        raise BrokenPipeError


console = _Console(highlight=False, soft_wrap=True)


def print_lines(lines: Iterable[str]) -> None:
    """Plain lines: no markup, no wrapping, so that output can be searched and diffed."""
    for line in lines:
        console.print(line, markup=False)
