"""What a run found, as lines of text: agreement in brief, everything else in full."""

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from harness.studies.experiment import Experiment
from harness.studies.ledger import Row
from harness.verdicts.theorem import comparisons
from harness.verdicts.verdict import Status

BRIEF = (Status.HOLDS, Status.CONSISTENT)
DECIDED = (*BRIEF, Status.VIOLATED, Status.INCONSISTENT, Status.VACUOUS)


def lines(experiment: Experiment, ledger: Iterable[Row]) -> Iterator[str]:
    """The verdicts of one experiment: a line for each theorem and status, the worst case shown."""
    rows = [row for row in ledger if row["experiment"] == experiment.name]
    yield f"{experiment.name}: {experiment.question}"

    def kind(row: Row) -> tuple[str, str]:
        return row["theorem"], row["status"]

    for (theorem, status), group in groupby(sorted(rows, key=kind), key=kind):
        found = list(group)
        name = f"  {status:<14} {theorem} [{found[0]['trust']}]"
        if status in BRIEF:
            row = max(found, key=_tightness)
            yield f"{name} on {_count(found)}; tightest {_case(row)}: {row['reason']}"
        elif status == Status.NOT_APPLICABLE:
            reasons = sorted({row["reason"] for row in found})
            yield f"{name} to {_count(found)}; {' / '.join(reasons)}"
        else:
            yield from (f"{name} {_case(row)}: {row['reason']}" for row in found)


def forbidden(rows: Iterable[Row]) -> Iterator[str]:
    """What KL hides where the data rule sequences out: the last row of each sweep that gets there.

    KL both ways, of which the reverse may be infinite, and the output's mass on such sequences.
    """
    last = {(row["experiment"], row["target"], row["sampler"]): row for row in rows}
    for row in last.values():
        shown = "off_support", "kl", "reverse_kl", "stopping_tv"
        mass, kl, reverse, stopping = (row.get(name, math.nan) for name in shown)
        if mass > 0:
            of_truth = f"; stopping at δ costs {stopping:.4g} in TV" if stopping > 0 else ""
            yield (
                f"  off support    {_case(row)} at {row['axis']} {row['value']:g}: KL {kl:.4g}, "
                f"reverse KL {reverse:.4g}, {mass:.4g} of the output where the data law is 0"
                f"{of_truth}"
            )


def summary(ledger: Sequence[Row]) -> str:
    """How many verdicts of each status; comparisons with a theorem about others are told apart."""
    apart = comparisons()
    counts = {
        status: sum(row["status"] == status and row["theorem"] not in apart for row in ledger)
        for status in Status
    }
    told = ", ".join(f"{count} {status}" for status, count in counts.items() if count)
    compared = sum(row["theorem"] in apart and row["status"] in DECIDED for row in ledger)
    return told + (f"; compared with no theorem's word: {compared}" if compared else "")


def contradicted(ledger: Sequence[Row]) -> str:
    """How many verdicts say that something expected or proved is not so; empty for none."""
    apart, wrong = comparisons(), (Status.VIOLATED, Status.INCONSISTENT)
    bad = sum(row["status"] in wrong and row["theorem"] not in apart for row in ledger)
    return f", {bad} that contradict{'s' if bad == 1 else ''} a statement included" if bad else ""


def _case(row: Row) -> str:
    return f"{row['target']} with {row['sampler']}"


def _count(rows: Sequence[Row]) -> str:
    return f"{len(rows)} sweep{'s' if len(rows) > 1 else ''}"


def _tightness(row: Row) -> float:
    """How close a verdict is to the other one: share of the bound, or growth of the constant."""
    if row["status"] == Status.HOLDS:
        return row["measured"] / row["bound"] if row["bound"] else 0.0
    return row.get("slope", 0.0)
