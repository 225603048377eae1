"""The command line.  Exit codes: 0 as expected, 1 a verdict or a check differs, 2 bad input."""

import inspect
import os
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from harness.foundation import compilation, registry
from harness.foundation.validation import choice
from harness.show import explanation, json_file, junit_file, markdown, progress, terminal, text
from harness.show.figure_command import figure
from harness.show.findings import Report
from harness.show.table_command import table
from harness.show.words import count
from harness.studies import experiment as experiments
from harness.studies import other_machines, runner
from harness.verdicts.checks import all_theorems

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Compute, exactly, whether a sampler of discrete diffusion does what the theorems say.",
)
console = Console(highlight=False, soft_wrap=True)
EXPERIMENTS, RESULTS = Path("experiments"), Path("results")
KINDS = ("samplers", "targets", "bounds", "experiments")
app.command()(figure)
app.command()(table)


@app.command()
def check(
    specs: Annotated[
        list[Path] | None, typer.Argument(help="experiment files; all by default")
    ] = None,
    update_ledger: Annotated[
        bool, typer.Option("--update-ledger", help="accept what was found as the expected verdicts")
    ] = False,
    results: Annotated[Path, typer.Option(help="where rows and the ledger are kept")] = RESULTS,
    jobs: Annotated[int, typer.Option(min=1, help="experiments run at a time")] = os.cpu_count()
    or 1,
    everything: Annotated[
        bool, typer.Option("--all", help="also each experiment in full, with what does not apply")
    ] = False,
    json: Annotated[
        Path | None, typer.Option(help="write verdicts, rows and timings there")
    ] = None,
    junit: Annotated[Path | None, typer.Option(help="write a test case a verdict there")] = None,
) -> None:
    """Run experiments and compare every verdict and number with the ledger.

    Where GITHUB_STEP_SUMMARY is set, the report is added to that file as Markdown.
    """
    chosen = [experiments.read(path) for path in specs or default_specs()]
    names = [experiment.name for experiment in chosen]
    if len(set(names)) < len(names):
        raise ValueError(f"experiments must have different file names, got {', '.join(names)}")

    def keep(name: str, outcome: runner.Outcome) -> None:
        """A long run that is cut off has saved what it had accepted so far."""
        if update_ledger:
            runner.save(outcome, results, [name], update_ledger=True)

    with progress.shown(Console(stderr=True, highlight=False, soft_wrap=True), names) as tick:
        outcome = runner.run(chosen, tick, jobs, keep)
    differences = list(outcome.failures)
    if not specs:
        differences += runner.undecided_theorems(outcome)
    if not update_ledger:
        differences += runner.compare(outcome, results, names, whole=not specs)
    if not (differences or update_ledger):
        runner.save(outcome, results, names, update_ledger=False)
    told = "the ledger is updated" if update_ledger else "all as the ledger expects"
    told += text.contradicted(outcome.ledger)
    if differences:
        told = f"{count(len(differences), 'difference')} from what is expected"
        told += "" if update_ledger else f"; {results} is unchanged"
    report = Report(chosen, outcome, differences, told)
    if json:
        json_file.write(report, json)
    if junit:
        junit_file.write(report, junit)
    if page := os.environ.get("GITHUB_STEP_SUMMARY"):
        markdown.append(report, Path(page))
    _tell(report, everything)
    if differences:
        raise typer.Exit(1)


@app.command("check-rounding")
def check_rounding(
    specs: Annotated[
        list[Path] | None, typer.Argument(help="experiment files; all by default")
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, help="how many runs with errors")] = 3,
    results: Annotated[Path, typer.Option(help="where rows and the ledger are kept")] = RESULTS,
) -> None:
    """Run experiments with rounding errors in every law, kernel and score: the ledger must stand.

    Nor may a floor be wider than the errors account for; and by all experiments together errors
    must be made in every place where the source calls for them.
    """
    chosen, whole = specs or default_specs(), not specs
    _tell_variations(other_machines.errors(chosen, results, range(1, seeds + 1), whole))


@app.command("check-kernels")
def check_kernels(
    specs: Annotated[
        list[Path] | None, typer.Argument(help="experiment files; all by default")
    ] = None,
    results: Annotated[Path, typer.Option(help="where rows and the ledger are kept")] = RESULTS,
) -> None:
    """Run experiments under other kernels, instructions and threads: the ledger must stand."""
    _tell_variations(other_machines.kernels(specs or default_specs(), results))


def _tell_variations(found: Iterable[str]) -> None:
    number = 0
    for line in found:
        number += 1
        _print([line])
    _print([count(number, "finding") if number else "the ledger stands"])
    if number:
        raise typer.Exit(1)


@app.command()
def plot(
    results: Annotated[Path, typer.Option(help="where rows are kept")] = RESULTS,
    out: Annotated[Path | None, typer.Option(help="folder for figures")] = None,
    jobs: Annotated[int, typer.Option(min=1, help="figures drawn at a time")] = os.cpu_count() or 1,
) -> None:
    """Draw what changed of every figure that the committed rows allow, as SVG and PNG."""
    from harness.show import plots

    with progress.drawing(Console(stderr=True, highlight=False, soft_wrap=True)) as tick:
        written = plots.draw_all(results, out or results / "figures", jobs, tick)
    _print([f"wrote {path}" for path in written] or ["all figures are as their rows are"])


@app.command()
def regress(
    path: Annotated[
        str, typer.Argument(help="a sampler or a theorem: package.module:Class, or a listed name")
    ],
) -> None:
    """Put a sampler or a theorem of your own through all that the built-in ones have to pass."""
    from harness.regress import stream

    counts: Counter[bool | None] = Counter()
    for found in stream(path):
        counts[found.passed] += 1
        _print([str(found)])
    _print([f"{counts[True]} passed, {counts[False]} failed, {counts[None]} not applicable"])
    if counts[False]:
        raise typer.Exit(1)


@app.command()
def bench(
    long: Annotated[
        bool,
        typer.Option(
            "--long", help="also the largest spaces: about 15 minutes on 2 cores at 67 Gflop/s"
        ),
    ] = False,
    keep: Annotated[
        Path | None, typer.Option(help="add rows, with date and machine, to this CSV file")
    ] = None,
) -> None:
    """Measure the promised speeds as ratios in this run; exit code 1 if one is missed."""
    from harness.bench import kept, reach, runs
    from harness.bench import speeds as speeds

    missed, rows = 0, []
    for what, measured, wanted, unit in speeds.run():
        slow = measured < wanted
        missed += slow
        goal = f", {'MISSED' if slow else 'wanted'} {wanted:g}" if wanted else ""
        _print([f"{what}: {measured:.3g} {unit}{goal}"])
        rows.append(kept.Row(what, measured, f"at least {wanted:g}" if wanted else "", unit))
    for what, measured, most, unit in runs.run():
        slow = measured > most
        missed += slow
        _print([f"{what}: {measured:.3g} {unit}, {'MISSED' if slow else 'at most'} {most:.3g}"])
        rows.append(kept.Row(what, measured, f"at most {most:.3g}", unit))
    for row in reach.run() if long else ():
        missed += row.missed
        _print([str(row)])
    if keep:
        kept.add(keep, rows)
    raise typer.Exit(int(missed > 0))


@app.command("list")
def list_(
    kind: Annotated[
        str | None, typer.Argument(help="samplers, targets, bounds, experiments")
    ] = None,
) -> None:
    """List what there is to run and to check."""
    registry.load()
    if kind is not None:
        choice("kind", kind, KINDS)
    # Experiments are files of the project, not part of what is installed.
    here = [k for k in KINDS if k != "experiments" or any(EXPERIMENTS.glob("*.toml"))]
    for wanted in [kind] if kind else here:
        entries = _entries(wanted)
        width = max(len(name) for name, _ in entries)
        _print([wanted, *(f"  {name:<{width}}  {what}" for name, what in entries)])


@app.command()
def explain(name: str) -> None:
    """Say all about a theorem, a sampler, a target, a noise, a score or an experiment."""
    registry.load()
    kinds = (
        registry.theorems,
        registry.samplers,
        registry.targets,
        registry.noises,
        registry.scores,
    )
    known = {n for kind in kinds for n in kind}
    ours = {path.stem: path for path in EXPERIMENTS.glob("*.toml")}
    choice("theorem, sampler, target, noise, score or experiment", name, known | ours.keys())
    if name not in known:
        console.print(f"{name}, experiment\n", style="bold")
        console.print(ours[name].read_text(), markup=False)
        return
    for kind in kinds:
        if name not in kind:
            continue
        console.print(f"{name}, {kind.kind}\n", style="bold")
        _print(explanation.lines(kind, name))


def default_specs() -> list[Path]:
    """Every experiment that ``make check-bounds`` runs."""
    found = sorted(EXPERIMENTS.glob("*.toml"))
    if not found:
        raise ValueError(f"no experiments in {EXPERIMENTS.resolve()}; run from the project's root")
    return found


def _entries(kind: str) -> list[tuple[str, str]]:
    """``(name, one line)`` of everything of a kind."""
    if kind == "experiments":
        return [(path.stem, experiments.read(path).question) for path in default_specs()]
    if kind == "bounds":
        return [
            (theorem.name, f"[{theorem.trust}] {theorem.statement}") for theorem in all_theorems()
        ]
    table = registry.samplers if kind == "samplers" else registry.targets
    return [(n, inspect.cleandoc(table[n].__doc__ or "").split("\n")[0]) for n in sorted(table)]


def _print(lines: Iterable[str]) -> None:
    """Plain lines: no markup, no wrapping, so that output can be searched and diffed."""
    for line in lines:
        console.print(line, markup=False)


def _tell(report: Report, everything: bool) -> None:
    """The report on stdout, in columns where that is a terminal."""
    if not console.is_terminal:
        _print(text.lines(report, everything))
        return
    for block in terminal.blocks(report, everything, console.width):
        console.print(block, soft_wrap=isinstance(block, Text))


def main() -> None:
    """Entry point: one line on stderr, not a traceback, with exit code 2 for bad input.

    A step law that is none is a check that failed: exit code 1.
    """
    compilation.quickly()
    sys.path.insert(0, str(Path.cwd()))  # a module of the current folder, as with python -m
    try:
        app()
    except (ValueError, TypeError, FloatingPointError, FileNotFoundError) as error:
        print(f"leapcheck: {error}", file=sys.stderr)
        sys.exit(1 if isinstance(error, FloatingPointError) else 2)


if __name__ == "__main__":
    main()
