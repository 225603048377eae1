"""``leapcheck table``: a table for a paper."""

from pathlib import Path
from typing import Annotated

import typer

from harness.commands.options import Again, Labels, NamesInPrint, Results
from harness.commands.printing import print_lines


def table(
    sources: Annotated[
        list[Path],
        typer.Argument(help="experiments, rows.csv, or names of results", metavar="SPEC|ROWS..."),
    ],
    of: Annotated[str, typer.Option(help="verdicts, orders, constants or work")] = "verdicts",
    format: Annotated[str, typer.Option(help="latex, markdown, csv or html")] = "latex",
    quantity: Annotated[str, typer.Option(help="what a table of work has")] = "kl",
    target: Labels = None,
    sampler: Labels = None,
    theorem: Annotated[list[str] | None, typer.Option(help="name; may be repeated")] = None,
    out: Annotated[Path | None, typer.Option(help="the file; else it is printed")] = None,
    names: NamesInPrint = None,
    results: Results = None,
    again: Again = False,
) -> None:
    """Write a table of verdicts, orders, needed constants, or of precision by score calls.

    Its caption says what was measured.  LaTeX is for booktabs.
    """
    from harness.foundation import whole_files
    from harness.foundation.validation import choice
    from harness.show import measuring
    from harness.show.paper import formats, tables
    from harness.show.paper import input_rows as kept
    from harness.show.paper.names import QUANTITIES, Names, read

    choice("table", of, tables.KINDS)
    choice("format", format, formats.FORMATS)
    choice("quantity", quantity, QUANTITIES)
    if out is not None:
        whole_files.check_file(out)
    printed = read(names) if names else Names()
    source = kept.read(sources, results, measuring.run, again).only(target, sampler, theorem)
    told = formats.FORMATS[format](tables.of(of, source, printed, quantity))
    if out is None:
        print_lines([told])
        return
    whole_files.write_text(out, told + "\n")
    print_lines([f"wrote {out}"])
