"""``leapcheck plan``: what experiments will take, before anything is run."""

from typing import Annotated

import typer

from harness.commands.options import Specs
from harness.commands.printing import print_lines
from harness.commands.stored import Given
from harness.foundation.machine import cores


def plan(
    specs: Specs = None,
    jobs: Annotated[int, typer.Option(min=1, help="workers")] = cores(),
    store: Given = None,
    devices: Annotated[int, typer.Option(min=2, help="devices that share one problem")] = 4,
) -> None:
    """Print problems, programs, states, flops, memory and seconds of experiments; run nothing.

    A file may also hold one problem, as its spec.  What cannot fit is refused, with its numbers;
    what a store has is not measured again.
    """
    from contextlib import nullcontext

    from harness.foundation import telling
    from harness.show import plan_lines
    from harness.store.store import Store
    from harness.studies import planned, shelf

    files, _ = shelf.chosen(specs or ())
    telling.tell("building problems")
    with Store(store, make=False) if store and store.exists() else nullcontext() as kept:
        found = planned.plan(files, kept)
    found.refuse_above(jobs)
    print_lines(plan_lines.lines(found, jobs, devices, store is not None))
