"""A run as plain lines, to be searched and diffed: the surprising first, then a line a theorem."""

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from harness.show.findings import (
    AGREEING,
    ByTheorem,
    Finding,
    Report,
    case,
    compared_only,
    contradicting,
    of_theorems,
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
            row = max(found, key=tightness)
            yield f"{name} on {_count(len(found))}; tightest {case(row)}: {row['reason']}"
        elif status == Status.NOT_APPLICABLE:
            reasons = sorted({row["reason"] for row in found})
            yield f"{name} to {_count(len(found))}; {' / '.join(reasons)}"
        else:
            yield from (f"{name} {case(row)}: {row['reason']}" for row in found)


def forbidden(rows: Iterable[Row], everything: bool = False) -> Iterator[str]:
    """What KL hides where the data rule sequences out: the last row of each sweep that gets there.

    KL both ways, of which the reverse may be infinite, and the output's mass on such sequences.
    Of each experiment the sweep with most of it, or with ``everything`` all.
    """
    seen = [row for row in rows if row.get("off_support", 0.0) > 0]
    found = {(row["experiment"], row["target"], row["sampler"]): row for row in seen}.values()
    for _, of_one in groupby(found, key=lambda row: row["experiment"]):
        of_one = list(of_one)
        yield from map(_off_support, of_one if everything else [max(of_one, key=_mass)])


def _mass(row: Row) -> float:
    return float(f"{row['off_support']:.6g}")  # sweeps that tie stay in their order


def _off_support(row: Row) -> str:
    kl, reverse, stopping = (row.get(k, math.nan) for k in ("kl", "reverse_kl", "stopping_tv"))
    of_truth = f"; stopping at δ costs {stopping:.4g} in TV" if stopping > 0 else ""
    return (
        f"off support    {row['experiment']}: {case(row)} at {row['axis']} {row['value']:g}: KL "
        f"{kl:.4g}, reverse KL {reverse:.4g}, {row['off_support']:.4g} of the output where the "
        f"data law is 0{of_truth}"
    )


def summary(ledger: Sequence[Row]) -> str:
    """How many verdicts of each status; comparisons with a theorem about others are told apart."""
    told, compared = counted(statuses(of_theorems(ledger))), compared_only(ledger)
    return told + (f"; compared with no theorem's word: {compared}" if compared else "")


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
