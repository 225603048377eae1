"""The command line.  Exit codes: 0 as expected, 1 a verdict or a check differs, 2 bad input."""

import inspect
import math
import os
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from harness.foundation import registry
from harness.foundation.validation import choice
from harness.law.claims import Claims, Trait
from harness.show import text
from harness.studies import experiment as experiments
from harness.studies import runner
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
) -> None:
    """Run experiments and compare every verdict and number with the ledger."""
    chosen = [experiments.read(path) for path in specs or default_specs()]
    names = [experiment.name for experiment in chosen]
    if len(set(names)) < len(names):
        raise ValueError(f"experiments must have different file names, got {', '.join(names)}")
    with _progress() as progress:
        task = progress.add_task("starting", total=None)

        def tick(name: str, done: int, total: int) -> None:
            place = f"[{names.index(name) + 1}/{len(names)}] {name}"
            progress.update(task, description=place, completed=done, total=total)
            if not console.is_terminal and (done == total or done % max(total // 20, 1) == 0):
                left = progress.tasks[0].time_remaining
                wait = "?" if left is None else f"{left:.0f} s"
                console.print(f"{place}: problem {done} of {total}, about {wait} left")

        def keep(name: str, outcome: runner.Outcome) -> None:
            """A long run that is cut off has saved what it had accepted so far."""
            if update_ledger:
                runner.save(outcome, results, [name], update_ledger=True)

        outcome = runner.run(chosen, tick, jobs, keep)
    differences = list(outcome.failures)
    if not specs:
        differences += runner.undecided_theorems(outcome)
    if not update_ledger:
        differences += runner.compare(outcome, results, names, whole=not specs)
    if not (differences or update_ledger):
        runner.save(outcome, results, names, update_ledger=False)
    for experiment in chosen:
        _print(text.lines(experiment, outcome.ledger))
        _print(text.forbidden(r for r in outcome.rows if r["experiment"] == experiment.name))
    _print([text.summary(outcome.ledger), *(f"DIFFERS  {line}" for line in differences)])
    if differences:
        _print([f"{len(differences)} differences from what is expected; {results} is unchanged"])
        raise typer.Exit(1)
    told = "the ledger is updated" if update_ledger else "all as the ledger expects"
    _print([told + text.contradicted(outcome.ledger)])


@app.command()
def plot(
    results: Annotated[Path, typer.Option(help="where rows are kept")] = RESULTS,
    out: Annotated[Path | None, typer.Option(help="folder for figures")] = None,
) -> None:
    """Draw every figure that the committed rows allow, as SVG and PNG."""
    from harness.show import figures

    written = figures.draw_all(results, out or results / "figures")
    _print([f"wrote {path}" for path in written])


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
        typer.Option("--long", help="also the largest spaces: about 15 minutes on 2 idle cores"),
    ] = False,
) -> None:
    """Measure the promised speeds as ratios in this run; exit code 1 if one is missed."""
    from harness.bench import reach
    from harness.bench import speeds as speeds

    missed = 0
    for what, measured, wanted, unit in speeds.run():
        slow = measured < wanted
        missed += slow
        goal = f", {'MISSED' if slow else 'wanted'} {wanted:g}" if wanted else ""
        _print([f"{what}: {measured:.3g} {unit}{goal}"])
    for row in reach.run() if long else ():
        missed += row.missed
        _print([str(row)])
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
        cls: Any = kind[name]
        console.print(f"{name}, {kind.kind}\n", style="bold")
        console.print(inspect.cleandoc(cls.__doc__ or ""), markup=False)
        if kind is registry.theorems:
            _explain_theorem(cls)
        if kind is registry.samplers:
            _explain_claims(cls().claims)


def _explain_claims(claims: Claims) -> None:
    told = {math.inf: "no error", 0: "an error that no step removes"}
    orders = (
        f"output KL falls at least like h^{claims.output_order:g}, chain KL like "
        f"h^{claims.chain_order:g}"
    )
    calls = f"{claims.score_calls} score call(s) a step"
    if {Trait.FROZEN_RATES, Trait.EXACT_TIME} & claims.traits or claims.calls is not None:
        calls = "a random number of score calls, whose law harness.measurement.score_calls gives"
    tilted = "; on a tilted target an error is kept" if claims.tilted_order == 0 else ""
    console.print(
        f"\nclaims: {told.get(claims.output_order, orders)} (full support, exact score and "
        f"start{tilted}); {calls}"
    )
    console.print(f"traits: {', '.join(sorted(claims.traits))}\n")


def _explain_theorem(cls: type) -> None:
    from harness.verdicts import bibliography

    exponents = getattr(cls, "exponents", None)
    trusts = {
        "T": "the statement was read in full",
        "O": "only the order is known: this is not the paper's own display",
        "D": "derived here; the proof is above",
        "N": "seen on exact laws; nobody's theorem, and never counted as one",
    }
    console.print(f"\nstatement: {cls.statement}", markup=False)
    console.print(f"bounds: {cls.bounds_on}, and every rung below it")
    console.print(f"trust: [{cls.trust}] {trusts[cls.trust]}", markup=False)
    if exponents:
        console.print(f"exponents: {', '.join(f'{k}^{v}' for k, v in exponents.items())}")
    console.print(f"source: {cls.source}", markup=False)
    if cls.bibtex:
        console.print(bibliography.entry(cls.bibtex), markup=False)
    problem = cls.example()
    console.print("assumptions: " + "; ".join(cls().assumptions(problem) or ["none"]))
    if hasattr(cls, "terms"):
        from harness.verdicts.quantities import Quantities

        terms = cls().terms(problem, Quantities(problem))
        console.print("terms: " + ", ".join(terms))


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


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        disable=False,
        transient=True,
    )


def main() -> None:
    """Entry point: one line on stderr, not a traceback, with exit code 2 for bad input.

    A step law that is none is a check that failed: exit code 1.
    """
    sys.path.insert(0, str(Path.cwd()))  # a module of the current folder, as with python -m
    try:
        app()
    except (ValueError, TypeError, FloatingPointError, FileNotFoundError) as error:
        print(f"leapcheck: {error}", file=sys.stderr)
        sys.exit(1 if isinstance(error, FloatingPointError) else 2)


if __name__ == "__main__":
    main()
