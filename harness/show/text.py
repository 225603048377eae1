"""A run as plain lines, to be searched and diffed: the surprising first, then a line a theorem."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from harness.show.findings import (
    AGREEING,
    ByTheorem,
    Finding,
    Report,
    case,
    contradicting,
    statuses,
    theorem,
    tightness,
)
from harness.studies.experiment import Experiment
from harness.studies.ledger import Row
from harness.verdicts.verdict import Status

SEE_ALL = "--all shows them"


def lines(report: Report, everything: bool = False) -> Iterator[str]:
    """All lines of a report; with ``everything`` each experiment in full, as ``of_experiment``."""
    surprising = report.surprising
    yield from map(_of_finding, surprising)
    if surprising:
        yield ""
    yield from map(_of_theorem, report.theorems)
    if everything:
        for experiment in report.experiments:
            yield ""
            yield from of_experiment(experiment, report.ledger)
        yield ""
    elif report.not_applicable:
        yield f"{Status.NOT_APPLICABLE:<14} {report.not_applicable}; {SEE_ALL}"
    yield summary(report.ledger)
    yield report.told


def of_experiment(experiment: Experiment, ledger: Iterable[Row]) -> Iterator[str]:
    """The verdicts of one experiment: a line for each theorem and status, the worst case shown."""
    rows = [row for row in ledger if row["experiment"] == experiment.name]
    yield f"{experiment.name}: {experiment.question}"

    def kind(row: Row) -> tuple[str, str]:
        return row["theorem"], row["status"]

    for (_, status), group in groupby(sorted(rows, key=kind), key=kind):
        found = list(group)
        name = f"  {status:<14} {theorem(found[0])}"
        if status in AGREEING:
            row = max(found, key=tightness)
            yield f"{name} on {_count(len(found))}; tightest {case(row)}: {row['reason']}"
        elif status == Status.NOT_APPLICABLE:
            reasons = sorted({row["reason"] for row in found})
            yield f"{name} to {_count(len(found))}; {' / '.join(reasons)}"
        else:
            yield from (f"{name} {case(row)}: {row['reason']}" for row in found)


def summary(ledger: Sequence[Row]) -> str:
    """How many verdicts of each status."""
    return counted(statuses(ledger))


def counted(counts: dict[str, int]) -> str:
    """``{status: how many}`` in words."""
    return ", ".join(f"{count} {status}" for status, count in counts.items())


def contradicted(ledger: Sequence[Row]) -> str:
    """How many verdicts say that something expected or proved is not so; empty for none."""
    bad = contradicting(ledger)
    return f", {bad} that contradict{'s' if bad == 1 else ''} a statement included" if bad else ""


def _of_finding(found: Finding) -> str:
    if not found.about:
        return f"{found.status:<14} {found.reason}"
    return f"{found.status:<14} {found.about} in {found.where}: {found.reason}"


def _of_theorem(found: ByTheorem) -> str:
    told = f"{found.theorem}: {counted(found.counts)}"
    if found.tightest is None:
        return told
    return f"{told}; tightest in {found.tightest.where}: {found.tightest.reason}"


def _count(sweeps: int) -> str:
    return f"{sweeps} sweep{'s' if sweeps > 1 else ''}"
