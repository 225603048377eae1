"""The store that a command was given, and what it says of it when it is done."""

from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

from harness.foundation import telling
from harness.studies import shelf

if TYPE_CHECKING:
    from harness.store.store import Store

NAME = "measurements.sqlite"
BESIDE = f"{NAME} beside the results"
OPTION = "--store"
Given = Annotated[
    Path | None,
    typer.Option(
        OPTION,
        metavar="[FILE]",
        help=f"what this file has is not measured again; without FILE: {BESIDE}",
        show_default=False,
    ),
]


def beside_results() -> Path:
    """The store of a command that names no file: beside the results of the current folder."""
    here = shelf.current().results
    return (shelf.HERE.results if shelf.is_installed(here) else here) / NAME


class MayNameStore(TyperCommand):
    """A command whose ``--store`` needs no file.

    It takes none at the end, before another option, and before the name or the file of an
    experiment.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the store that is meant behind each ``--store`` that has none."""
        given: list[str] = []
        for word, following in zip(args, [*args, None][1:], strict=True):
            given.append(word)
            if word == OPTION and (following is None or _is_no_store(following)):
                given.append(str(beside_results()))
        return super().parse_args(ctx, given)


def _is_no_store(word: str) -> bool:
    """Raises ValueError for a new file that is called almost like an experiment."""
    here = shelf.current()
    experiments = here.files().keys() | here.full.files().keys()
    if word.startswith("-") or word.endswith(".toml") or word in experiments:
        return True
    if not Path(word).exists() and (like := get_close_matches(word, experiments, 1, 0.8)):
        raise ValueError(
            f"{OPTION} {word}: there is no such file; is the experiment {like[0]} meant?  "
            f"To begin a file of this name: {OPTION}={word}"
        )
    return False


@contextmanager
def opened(path: Path | None) -> Iterator["Store | None"]:
    """The store at ``path``, if one is given; at the end it is told what came from there.

    Raises ValueError or NotWritten, before anything is measured, where it cannot be used.
    """
    if path is None:
        yield None
        return
    from harness.show.words import count
    from harness.store.store import Store

    with Store(path) as store:
        yield store
        found, made = store.counts["found"], store.counts["kept"]
        sweeps = store.counts["sweeps"]
        judged = f"; {count(sweeps, 'judged sweep')} found" if sweeps else ""
        telling.say(f"{path}: {found:,} measurements found, {made:,} kept{judged}")
        for reason, times in store.unkept.items():
            telling.say(f"{path}: {count(times, 'measurement')} not kept: {reason}")
