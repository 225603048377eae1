"""``leapcheck regress``: the checks of a sampler or a theorem, and where it stands."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from harness.commands.printing import print_lines
from harness.foundation import telling


def regress(
    path: Annotated[
        str, typer.Argument(help="a sampler or a theorem: package.module:Class, or a listed name")
    ],
    thorough: Annotated[
        bool,
        typer.Option(
            "--thorough",
            help="more and larger sizes, and all times with all data; minutes and 6 GB",
        ),
    ] = False,
    only: Annotated[
        list[str] | None,
        typer.Option(help="only checks with this text in their names; may be given several times"),
    ] = None,
    fail_fast: Annotated[
        bool, typer.Option("--fail-fast", help="stop at the first check that fails")
    ] = False,
    json: Annotated[Path | None, typer.Option(help="write all that was found there")] = None,
    junit: Annotated[Path | None, typer.Option(help="write a test case a check there")] = None,
    save: Annotated[
        Path | None,
        typer.Option(help="write the first problem on which a theorem fails, as an experiment"),
    ] = None,
) -> None:
    """Put a sampler or a theorem of your own through all that the built-in ones have to pass."""
    from harness.regress import Suite, beforehand, files
    from harness.regress.cases import save as save_case

    _writable(json, junit, save)
    suite = Suite(path, thorough)
    names, found = suite.select(only or ()), []
    if not only:
        telling.beforehand(f"{len(names)} checks", beforehand.seconds(suite.thing, thorough))
    _tell_of(names, 0)
    for check in suite.run(only or ()):
        found.append(check)
        if not check.again:
            print_lines([str(check)])
        if fail_fast and check.passed is False:
            break
        _tell_of(names, len(found))
    _tell_again(found)
    report = list(suite.report(whole=len(found) == len(suite.checks)))
    print_lines(report)
    counts = Counter(check.passed for check in found)
    untried = len(names) - len(found)
    told = f"{counts[True]} passed, {counts[False]} failed, {counts[None]} not applicable"
    print_lines([told + (f"; {untried} not tried" if untried else "")])
    if json:
        files.write_json(path, found, report, json)
    if junit:
        files.write_junit(path, found, junit)
    if save:
        _save(found, save, save_case)
    if counts[False]:
        raise typer.Exit(1)


def _writable(*paths: Path | None) -> None:
    """Raise an error now, not after the checks, for a file that cannot be written."""
    from harness.foundation.whole_files import check_file

    for path in paths:
        if path is not None and path.is_dir():
            raise ValueError(f"{path} is a folder, not a file to write to")
        if path is not None:
            check_file(path)


def _tell_of(names: list[str], done: int) -> None:
    """Which check is done next, or what is after them."""
    told = f"check {done + 1} of {len(names)}: {names[done]}" if names[done:] else "where it stands"
    telling.tell(told, done / len(names))


def _tell_again(found: list) -> None:
    """One line for all checks that met the fault of another."""
    again: dict[str, list[str]] = {}
    for check in found:
        if check.again:
            again.setdefault(check.again, []).append(check.name)
    for first, names in again.items():
        print_lines([f"n/a   {len(names)} more for the fault of {first!r}: {', '.join(names)}"])


def _save(found: list, path: Path, save_case: Callable) -> None:
    cases = [check.case for check in found if check.case and check.passed is False]
    if not cases:
        print_lines([f"no theorem failed: {path} is not written"])
        return
    save_case(cases[0], path)
    print_lines(
        [f"wrote {path}; run it by `leapcheck check {path} --results FOLDER --update-ledger`"]
    )
