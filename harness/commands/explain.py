"""``leapcheck explain``: all about one thing; a theorem also on the problems of an experiment."""

from pathlib import Path
from typing import Annotated

import typer

from harness.commands.options import names_begun
from harness.commands.printing import console, print_lines


def explain(
    name: Annotated[
        str, typer.Argument(help="a listed name, or a module:Class or module:function of your own")
    ],
    on: Annotated[
        Path | None,
        typer.Option(
            help="an experiment, by name or file, on whose problems a theorem is explained",
            autocompletion=names_begun,
        ),
    ] = None,
    target: Annotated[list[str] | None, typer.Option(help="with --on: label")] = None,
    sampler: Annotated[list[str] | None, typer.Option(help="with --on: label")] = None,
    at: Annotated[
        float | None, typer.Option(help="with --on: value of the axis", show_default="the last")
    ] = None,
    along: Annotated[
        bool, typer.Option("--along", help="with --on: constants at every value of the axis")
    ] = False,
) -> None:
    """Say all about a theorem, sampler, target, noise, grid, score or experiment.

    With --on the assumptions that problems meet, a theorem's terms there, and what constants such
    as the largest score are on them.
    """
    from harness.studies import shelf

    if on is not None:
        print_lines(_on(name, on, target, sampler, at, along))
        return
    from harness.show import catalogue

    ours = shelf.current().files().values()
    for number, (heading, lines) in enumerate(catalogue.explained(name, ours)):
        print_lines([""] * (number > 0))
        console.print(f"{heading}\n", style="bold")
        print_lines(lines)


def _on(
    name: str,
    on: Path,
    targets: list[str] | None,
    samplers: list[str] | None,
    at: float | None,
    along: bool,
) -> list[str]:
    from harness.show import explained_on
    from harness.studies import experiment, points, shelf
    from harness.verdicts import chosen

    (theorem,) = chosen.named([name]).values()
    (path,), _ = shelf.chosen([on])
    found = points.chosen(experiment.read(path), targets, samplers, at, along, theorem)
    return [line for each in found for line in (*explained_on.lines(theorem, each), "")]
