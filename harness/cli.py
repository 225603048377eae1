"""The command line.  What its exit codes mean is said in ``commands/exit_codes.py``."""

import sys
from pathlib import Path
from typing import Annotated

import typer

import harness
from harness.commands import exit_codes
from harness.commands.check import check
from harness.commands.check_elsewhere import check_kernels, check_rounding
from harness.commands.explain import explain
from harness.commands.figure import figure
from harness.commands.ladder import ladder
from harness.commands.new import new
from harness.commands.plan import plan
from harness.commands.printing import print_lines as _print
from harness.commands.real import real
from harness.commands.regress import regress
from harness.commands.report import report
from harness.commands.store import store
from harness.commands.stored import MayNameStore
from harness.commands.table import table
from harness.foundation import compilation, telling, whole_files
from harness.foundation.machine import cores
from harness.studies import shelf

app = typer.Typer(cls=exit_codes.Commands, no_args_is_help=True, pretty_exceptions_enable=False)
RESULTS = shelf.HERE.results

app.command(cls=MayNameStore)(check)
app.command(cls=MayNameStore)(plan)
app.command()(check_rounding)
app.command()(check_kernels)
app.add_typer(store, name="store")


def _version(wanted: bool) -> None:
    if wanted:
        _print([f"leapcheck {harness.__version__}"])
        raise typer.Exit


@app.callback()
def leapcheck(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_version, help="say which this is")
    ] = False,
) -> None:
    """Compute, exactly, whether a sampler of discrete diffusion does what the theorems say."""


@app.command()
def plot(
    results: Annotated[
        Path | None,
        typer.Option(help="where rows are kept", show_default="results, or what is installed"),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="folder", show_default="figures within the current results")
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, help="figures drawn at a time")] = cores(),
) -> None:
    """Draw what changed of every figure that the committed rows allow, as SVG and PNG."""
    from harness.show import plots, progress

    rows = results or next((each for each in shelf.read_from() if plots.kept(each)), RESULTS)
    out = out or (results or RESULTS) / "figures"
    written = plots.draw_all(rows, out, jobs, progress.of_drawing)
    _print([f"wrote {path}" for path in written] or ["all figures are as their rows are"])


app.command()(figure)
app.command()(table)
app.command()(ladder)
app.command()(regress)
app.command()(real)
app.command()(new)


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

    if keep:
        whole_files.check_file(keep)
    if long:
        telling.beforehand("the largest spaces", reach.expected())
    missed, rows = 0, []
    telling.tell("measuring speeds")
    for what, measured, wanted, unit in speeds.run():
        slow = measured < wanted
        missed += slow
        goal = f", {'MISSED' if slow else 'wanted'} {wanted:g}" if wanted else ""
        _print([f"{what}: {measured:.3g} {unit}{goal}"])
        telling.tell(f"measuring speeds, after {what}")
        rows.append(kept.Row(what, measured, f"at least {wanted:g}" if wanted else "", unit))
    for what, measured, most, unit in runs.run():
        slow = measured > most
        missed += slow
        _print([f"{what}: {measured:.3g} {unit}, {'MISSED' if slow else 'at most'} {most:.3g}"])
        telling.tell(f"measuring speeds, after {what}")
        rows.append(kept.Row(what, measured, f"at most {most:.3g}", unit))
    for row in reach.run() if long else ():
        missed += row.missed
        _print([str(row)])
        telling.tell(f"measuring the largest spaces, after {row.goal}")
    if keep:
        kept.add(keep, rows)
    raise typer.Exit(int(missed > 0))


app.command()(report)


@app.command("list")
def list_(
    kind: Annotated[
        str | None,
        typer.Argument(
            help="samplers, targets, noises, grids, scores, bounds, experiments; or a module:Class"
        ),
    ] = None,
) -> None:
    """List what there is to run and to check, that of installed packages too."""
    from harness.show import catalogue

    ours = list(shelf.current().files().values())
    for heading, entries in catalogue.listed(kind, lambda: ours):
        width = max(len(name) for name, _ in entries)
        _print([heading, *(f"  {name:<{width}}  {what}" for name, what in entries)])


app.command()(explain)


def main() -> None:
    """Entry point: where it cannot go on, one line on stderr and an exit code, no traceback."""
    compilation.quickly()
    sys.path.insert(0, str(Path.cwd()))  # a module of the current folder, as with python -m
    exit_codes.run(lambda: app(prog_name="leapcheck"))


if __name__ == "__main__":
    main()
