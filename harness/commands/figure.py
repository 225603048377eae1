"""``leapcheck figure``: a figure for a paper."""

from pathlib import Path
from typing import Annotated

import typer

from harness.commands.options import Again, Labels, NamesInPrint, Results
from harness.commands.printing import print_lines


def figure(
    sources: Annotated[
        list[Path],
        typer.Argument(help="experiments, rows.csv, or names of results", metavar="SPEC|ROWS..."),
    ],
    target: Labels = None,
    sampler: Labels = None,
    theorem: Annotated[
        list[str] | None, typer.Option(help="name; may be repeated; 'none' for none")
    ] = None,
    quantity: Annotated[
        str, typer.Option(help="kl, chain_kl, tv, ... with commas between; or constant")
    ] = "",
    against: Annotated[
        str | None, typer.Option(help="h, N, calls, S, d, ...; the swept axis by default")
    ] = None,
    width: Annotated[str, typer.Option(help="column, text or a number of cm")] = "column",
    format: Annotated[
        str | None, typer.Option(help="pdf, svg, png, with commas between; all by default")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="the file; its ending may say the format")
    ] = None,
    names: NamesInPrint = None,
    results: Results = None,
    again: Again = False,
) -> None:
    """Draw samplers and theorems in the size of a paper, a panel for each target; tell a caption.

    An experiment whose rows are kept is not run.  A sampler has the same colour and marker in every
    figure, and no two of a figure differ by colour alone.
    """
    from harness.foundation import whole_files
    from harness.show import measuring
    from harness.show.paper import figure_files, picture
    from harness.show.paper import input_rows as kept
    from harness.show.paper.choosing import Wanted
    from harness.show.paper.names import Names, read

    inches = figure_files.width_of(width)
    quantities = tuple(each.strip() for each in quantity.split(",") if each.strip())
    stem = out or Path("-".join([Path(sources[0]).stem, *quantities]))
    formats, stem = figure_files.formats_of(format, stem)
    for each in formats:
        whole_files.check_file(stem.with_name(f"{stem.name}.{each}"))
    wanted = Wanted(
        targets=target,
        samplers=sampler,
        theorems=[] if theorem == ["none"] else theorem,
        quantities=quantities,
        against=against,
        names=read(names) if names else Names(),
    )
    source = kept.read(sources, results, measuring.run, again)
    drawn = picture.of(source.rows, wanted)
    for path in figure_files.write(drawn, inches, formats, stem):
        print_lines([f"wrote {path}"])
    print_lines([f"from {source.told}\n\n{drawn.caption}"])
