"""``leapcheck report``: a page to read, of what is committed or of one run."""

from pathlib import Path
from typing import Annotated

import typer

from harness.commands.printing import print_lines

FOLDER = Path("results")
EXPERIMENTS = Path("experiments")


def report(
    specs: Annotated[
        list[Path] | None, typer.Argument(help="experiment files to show; all by default")
    ] = None,
    results: Annotated[
        list[Path] | None,
        typer.Option(help="folder with ledger and rows, 'results' by default; may be repeated"),
    ] = None,
    run: Annotated[
        Path | None, typer.Option(help="show this file of 'check --json' instead of what is kept")
    ] = None,
    out: Annotated[Path, typer.Option(help="the HTML file to write")] = Path("report.html"),
) -> None:
    """Write one self-contained HTML page with verdicts, theorems and work against precision.

    Nothing is computed: the page shows the ledger and rows that are kept in the results folders, or
    the JSON file of a run, which also has the terms of bounds and differences from the ledger.
    """
    from harness.foundation.whole_files import check_file
    from harness.show.report import page, source
    from harness.studies import experiment as experiments

    if run and results:
        raise ValueError("a page shows kept results or one run, got both --results and --run")
    if out.is_dir():
        raise ValueError(f"--out must be a file, got the folder {out}")
    check_file(out)
    chosen = [experiments.read(path) for path in specs or ()]
    known = chosen or source.at_hand(sorted(EXPERIMENTS.rglob("*.toml")))
    shown = source.of_run(run, known) if run else source.committed(results or [FOLDER], known)
    if chosen:
        shown = source.only(shown, [each.name for each in chosen])
    page.write(shown, out)
    print_lines([f"wrote {out}, {out.stat().st_size / 1e6:.1f} MB"])
