"""``leapcheck real``: the exact law of code that draws, and what is wrong with it."""

from pathlib import Path
from typing import Annotated

import typer

from harness.commands.printing import print_lines
from harness.foundation import telling


def real(
    spec: Annotated[Path, typer.Argument(help="a TOML file that names the code, see the docs")],
) -> None:
    """Run code that draws under exact models, and say in words what its output law is.

    Nothing of the code is rewritten: every outcome of every draw is followed. Exit code 1 if
    something is wrong with it.
    """
    from harness.real import spec as specs

    if not spec.is_file():
        raise ValueError(f"no file {spec}")
    read = specs.read(spec)
    telling.tell(f"following {read.named}")
    report = read.report()
    print_lines(report.lines())
    if not report.good:
        raise typer.Exit(1)
