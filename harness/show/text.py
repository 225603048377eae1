"""A run as plain lines, to be searched and diffed: the surprising first, then a line a theorem."""

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from harness.foundation.digits import written
from harness.show.findings import (
    AGREEING,
    ByTheorem,
    Finding,
    Report,
    announced,
    case,
    compared_only,
    contradicting,
    of_theorems,
    statuses,
    theorem,
    tightest,
)
from harness.show.words import count, counted
from harness.studies.experiment import Experiment
from harness.studies.ledger import FLOORS, Row
from harness.verdicts.choice import first_of_largest
from harness.verdicts.verdict import Status

SEE_ALL = "--all shows them"
OFF_SUPPORT = "off support"  # how a line about it begins


def lines(report: Report, everything: bool = False) -> Iterator[str]:
    """All lines of a report; with ``everything`` each experiment in full, as ``of_experiment``."""
    surprising = report.surprising
    yield from map(of_finding, surprising)
    if surprising:
        yield ""
    yield from map(of_theorem, report.theorems)
    if everything:
        for experiment in report.experiments:
            yield ""
            yield from of_experiment(experiment, report.ledger)
            rows = report.outcome.rows
            yield from forbidden([r for r in rows if r["experiment"] == experiment.name], True)
        yield ""
    else:
        yield from forbidden(report.outcome.rows)
    if report.not_applicable and not everything:
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
            row = tightest(found)
            yield f"{name} on {count(len(found), 'sweep')}; tightest {case(row)}: {row['reason']}"
        elif status == Status.NOT_APPLICABLE:
            reasons = sorted({row["reason"] for row in found})
            yield f"{name} to {count(len(found), 'sweep')}; {' / '.join(reasons)}"
        else:
            yield from (f"{name} {case(row)}: {row['reason']}" for row in found)


def forbidden(rows: Iterable[Row], everything: bool = False) -> Iterator[str]:
    """What KL hides where the data rule sequences out: the last row of each sweep that gets there.

    KL both ways, of which the reverse may be infinite, and the output's mass on such sequences.
    Of each experiment the sweep with most of it, or with ``everything`` all.
    """
    seen = [row for row in rows if row.get("off_support", 0.0) > 2 * _floor(row, "off_support")]
    found = {(row["experiment"], row["target"], row["sampler"]): row for row in seen}.values()
    for _, of_one in groupby(found, key=lambda row: row["experiment"]):
        of_one = list(of_one)
        yield from map(_off_support, of_one if everything else [_most(of_one)])


def _most(rows: Sequence[Row]) -> Row:
    """The row with most mass off the support; of those that rounding could make so the first."""
    masses = [row["off_support"] for row in rows]
    return rows[first_of_largest(masses, [_floor(row, "off_support") for row in rows])]


def _off_support(row: Row) -> str:
    stopping = _number(row, "stopping_tv")
    of_truth = f"; stopping at δ costs {stopping} in TV" if stopping not in ("0", "nan") else ""
    return (
        f"{OFF_SUPPORT:<14} {row['experiment']}: {case(row)} at {row['axis']} {row['value']:g}: KL "
        f"{_number(row, 'kl')}, reverse KL {_number(row, 'reverse_kl')}, "
        f"{_number(row, 'off_support')} of the output where the data law is 0{of_truth}"
    )


def _number(row: Row, column: str) -> str:
    return written(row.get(column, math.nan), _floor(row, column), 4)


def _floor(row: Row, column: str) -> float:
    return row.get(FLOORS, {}).get(column, 0.0)


def summary(ledger: Sequence[Row]) -> str:
    """How many verdicts on theorems have each status; what is nobody's theorem is told apart."""
    told = [counted(statuses(of_theorems(ledger)))]
    ours, compared = counted(statuses(announced(ledger))), compared_only(ledger)
    told += [f"announced by experiments: {ours}"] if ours else []
    told += [f"compared with no theorem's word: {compared}"] if compared else []
    return "; ".join(each for each in told if each)


def contradicted(ledger: Sequence[Row]) -> str:
    """How many verdicts say that something expected or proved is not so; empty for none."""
    bad = contradicting(ledger)
    return f", {bad} that contradict{'s' if bad == 1 else ''} a statement included" if bad else ""


def of_finding(found: Finding) -> str:
    """A finding as a line: its status, what it is about and where, and why."""
    if not found.about:
        return f"{found.status:<14} {found.reason}"
    return f"{found.status:<14} {found.about} in {found.where}: {found.reason}"


def of_theorem(found: ByTheorem) -> str:
    """What became of one theorem, as a line."""
    told = f"{found.theorem}: {counted(found.counts)}"
    if found.tightest is None:
        return told
    return f"{told}; tightest in {found.tightest.where}: {found.tightest.reason}"
