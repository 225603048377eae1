"""``leapcheck ladder``: what is lost from the output KL to each theorem."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from harness.commands.options import At, Labels, Spec
from harness.commands.printing import print_lines


def ladder(
    spec: Spec,
    target: Labels = None,
    sampler: Labels = None,
    at: At = None,
    along: Annotated[
        bool, typer.Option("--along", help="draw curves along the sweep, of one target and sampler")
    ] = False,
    out: Annotated[
        Path | None, typer.Option(help="figure without ending: written as SVG and PNG")
    ] = None,
) -> None:
    """Print each rung from the output KL up to each theorem, and what is lost between them.

    A figure has bars of that on a log axis, or curves along the sweep.
    """
    from harness.foundation import telling, whole_files
    from harness.show import ladder_figure
    from harness.studies import experiment, points, shelf
    from harness.verdicts import ladder as rungs

    if along and out is None:
        raise ValueError("--along draws curves: say with --out where to")
    if out is not None:
        whole_files.check_file(out.with_name(f"{out.name}.svg"))
    (path,), _ = shelf.chosen([spec])
    chosen = points.chosen(experiment.read(path), target, sampler, at, along)
    telling.tell(f"measuring {sum(len(each.problems) for each in chosen)} problems")
    found = {
        each.label: [rungs.ladder(problem, each.theorems) for problem in each.problems]
        for each in chosen
    }
    for label, each in found.items():
        print_lines([f"{label}", *each[-1].lines(), ""])
    if out is None:
        return
    if along:
        (label, ladders), (only,) = next(iter(found.items())), chosen
        title = f"{path.stem}: {label}"
        draw = partial(ladder_figure.curves, only.axis, only.at, ladders, title)
    else:
        last = {label: each[-1] for label, each in found.items()}
        title = f"{path.stem}: from the output KL to each theorem"
        draw = partial(ladder_figure.waterfall, last, title)
    print_lines([f"wrote {written}" for written in ladder_figure.write(draw, out)])
