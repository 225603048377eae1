"""Arguments and options that several commands take."""

from pathlib import Path
from typing import Annotated

import typer

from harness.studies import shelf


def names_begun(incomplete: str) -> list[str]:
    """What the shell offers for an experiment whose name is begun."""
    here = shelf.current()
    return [name for name in here.files() | here.full.files() if name.startswith(incomplete)]


Specs = Annotated[
    list[Path] | None,
    typer.Argument(help="experiments, by name or file; all by default", autocompletion=names_begun),
]
Spec = Annotated[
    Path, typer.Argument(help="experiment, by name or file", autocompletion=names_begun)
]
Labels = Annotated[list[str] | None, typer.Option(help="label; may be repeated")]
At = Annotated[
    float | None,
    typer.Option(help="value of the swept axis", show_default="the last of the experiment"),
]
Results = Annotated[
    Path | None,
    typer.Option(
        help="where rows and the ledger are kept", show_default="results, or what is installed"
    ),
]
NamesInPrint = Annotated[
    Path | None, typer.Option(help="TOML file of names in print: samplers, theorems, targets")
]
Again = Annotated[
    bool, typer.Option("--again", help="run experiments even where their rows are kept")
]
