"""``leapcheck check-rounding`` and ``check-kernels``: the same verdicts on other machines."""

from collections.abc import Iterable
from typing import Annotated

import typer

from harness.commands.options import Results, Specs
from harness.commands.printing import print_lines


def check_rounding(
    specs: Specs = None,
    seeds: Annotated[int, typer.Option(min=1, help="how many runs with errors")] = 3,
    results: Results = None,
) -> None:
    """Run experiments with rounding errors in every law, kernel and score: the ledger must stand.

    Nor may a floor be wider than the errors account for; and by all experiments together errors
    must be made in every place where the source calls for them.
    """
    from harness.studies import other_machines, shelf

    files, folder = shelf.chosen(specs or (), results)
    _tell(other_machines.errors(files, folder, range(1, seeds + 1), whole=not specs))


def check_kernels(specs: Specs = None, results: Results = None) -> None:
    """Run experiments under other kernels, instructions and threads: the ledger must stand."""
    from harness.studies import other_machines, shelf

    _tell(other_machines.kernels(*shelf.chosen(specs or (), results)))


def _tell(found: Iterable[str]) -> None:
    from harness.show.words import count

    number = 0
    for line in found:
        number += 1
        print_lines([line])
    print_lines([count(number, "finding") if number else "the ledger stands"])
    if number:
        raise typer.Exit(1)
