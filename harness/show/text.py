"""What a run found, as lines of text: agreement in brief, everything else in full."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from harness.studies.experiment import Experiment
from harness.studies.ledger import Row
from harness.verdicts.verdict import Status

BRIEF = (Status.HOLDS, Status.CONSISTENT)


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


def summary(ledger: Sequence[Row]) -> str:
    """How many verdicts of each status."""
    counts = {status: sum(row["status"] == status for row in ledger) for status in Status}
    return ", ".join(f"{count} {status}" for status, count in counts.items() if count)


def contradicted(ledger: Sequence[Row]) -> str:
    """How many verdicts say that something expected or proved is not so; empty for none."""
    bad = sum(row["status"] in (Status.VIOLATED, Status.INCONSISTENT) for row in ledger)
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
