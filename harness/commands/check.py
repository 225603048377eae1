"""``leapcheck check``: run experiments and compare what is found with the ledger."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.commands import stored
from harness.commands.going_on import Going, hint, kept_by
from harness.commands.options import Results, Specs
from harness.commands.printing import console, print_lines
from harness.foundation.machine import cores

if TYPE_CHECKING:
    from harness.show.findings import Report


def check(
    specs: Specs = None,
    update_ledger: Annotated[
        bool, typer.Option("--update-ledger", help="accept what was found as the expected verdicts")
    ] = False,
    results: Results = None,
    jobs: Annotated[int, typer.Option(min=1, help="processes that measure and judge")] = cores(),
    everything: Annotated[
        bool, typer.Option("--all", help="also each experiment in full, with what does not apply")
    ] = False,
    json: Annotated[
        Path | None, typer.Option(help="write verdicts, rows and timings there")
    ] = None,
    junit: Annotated[Path | None, typer.Option(help="write a test case a verdict there")] = None,
    partial: Annotated[
        Path | None,
        typer.Option(help="folder of finished sweeps", show_default="in the user's cache"),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="run no sweep again that finished before, code alike")
    ] = False,
    store: stored.Given = None,
    scheduler: Annotated[
        str | None,
        typer.Option(help="of a Dask cluster, whose workers do it", metavar="tcp://HOST:PORT"),
    ] = None,
) -> None:
    """Run experiments and compare every verdict and number with the ledger.

    Results are written with --update-ledger only, when an experiment ends; finished sweeps are kept
    until all is as expected, so that what was interrupted or differs can go on with --resume.
    Where GITHUB_STEP_SUMMARY is set, the report is added to that file as Markdown.
    """
    from harness.foundation import cluster, telling, whole_files
    from harness.show import json_file, junit_file, markdown, progress, text
    from harness.show.findings import Report
    from harness.show.words import count
    from harness.studies import experiment as experiments
    from harness.studies import runner, shelf

    files, folder = shelf.chosen(specs or (), results)
    if update_ledger and shelf.is_installed(folder):
        raise ValueError(
            f"--update-ledger needs --results, a folder of yours: {folder} came with leapcheck"
        )
    if update_ledger and results is None:
        shelf.check_ours(files)
    chosen = [experiments.read(path) for path in files]
    names = [experiment.name for experiment in chosen]
    if len(set(names)) < len(names):
        raise ValueError(f"experiments must have different file names, got {', '.join(names)}")

    if update_ledger:
        whole_files.check_folder(folder)
    page = os.environ.get("GITHUB_STEP_SUMMARY")
    for path in (json, junit, Path(page) if page else None):
        if path is not None:
            whole_files.check_file(path)
    going = Going.to(partial, resume)
    kept, client = stored.opened(store), cluster.connected(scheduler) if scheduler else None

    def keep(name: str, outcome: runner.Outcome) -> None:
        """A long run that is cut off has saved what it had accepted so far."""
        if update_ledger:
            runner.save(outcome, folder, [name], update_ledger=True)

    with kept_by(going), kept as measurements:
        telling.tell(f"building the problems of {count(len(names), 'experiment')}")
        tick = progress.of_run(names, 1 if client else jobs)
        outcome = runner.run(chosen, tick, jobs, keep, going.partial, measurements, client)
    differences = list(outcome.failures)
    if not specs:
        differences += runner.undecided_theorems(outcome)
    if not update_ledger:
        differences += runner.compare(outcome, folder, names, whole=not specs)
    told = "the ledger is updated" if update_ledger else "all as the ledger expects"
    told += text.contradicted(outcome.ledger)
    if differences:
        told = f"{count(len(differences), 'difference')} from what is expected"
        told += "" if update_ledger else f"; {folder} is unchanged"
    report = Report(chosen, outcome, differences, told)
    with kept_by(going):
        try:
            if json:
                json_file.write(report, json)
            if junit:
                junit_file.write(report, junit)
            if page:
                markdown.append(report, Path(page))
        finally:  # what was found is told, whatever the disk says
            _tell(report, everything)
    if differences:
        telling.say(hint(specs, results, update_ledger, outcome))
        raise typer.Exit(1)
    for path in outcome.kept:
        path.unlink(missing_ok=True)


def _tell(report: "Report", everything: bool) -> None:
    """The report on stdout, in columns where that is a terminal."""
    from rich.text import Text

    from harness.show import terminal, text

    if not console.is_terminal:
        print_lines(text.lines(report, everything))
        return
    for block in terminal.blocks(report, everything, console.width):
        console.print(block, soft_wrap=isinstance(block, Text))
