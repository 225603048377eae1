"""What a run has to say and in which order: the surprising first, what does not apply last."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from harness.studies.experiment import Experiment
from harness.studies.ledger import Row
from harness.studies.runner import Outcome
from harness.verdicts.theorem import comparisons
from harness.verdicts.verdict import Status

DIFFERS = "DIFFERS"  # beside the statuses of verdicts: not what the ledger expects
SURPRISING = (Status.VIOLATED, Status.INCONSISTENT, Status.INCONCLUSIVE)
AGREEING = (Status.HOLDS, Status.CONSISTENT)


@dataclass(frozen=True)
class Finding:
    """One line of a report.  ``status`` is a verdict's or DIFFERS; ``about`` what it speaks of."""

    status: str
    about: str
    where: str
    reason: str


@dataclass(frozen=True)
class ByTheorem:
    """What became of one theorem in all sweeps that it applies to.

    ``counts`` says how many sweeps have each status; ``tightest`` is the verdict that agrees and
    is nearest to the other outcome, if any does.
    """

    theorem: str
    counts: dict[str, int]
    tightest: Finding | None


@dataclass(frozen=True)
class Report:
    """A run: its experiments, what it found, and what of that differs from the ledger.

    ``told`` is what the run comes to, in a line.
    """

    experiments: Sequence[Experiment]
    outcome: Outcome
    differences: Sequence[str]
    told: str

    @property
    def ledger(self) -> Sequence[Row]:
        """The verdicts, as rows of the ledger."""
        return self.outcome.ledger

    @property
    def surprising(self) -> list[Finding]:
        """Differences, then verdicts against a statement, then undecided ones; each in full."""
        found = [Finding(DIFFERS, "", "", line) for line in self.differences]
        for status in SURPRISING:
            found += [finding(row) for row in self.ledger if row["status"] == status]
        return found

    @property
    def theorems(self) -> list[ByTheorem]:
        """A line for each theorem that applies somewhere, by name."""
        rows: dict[str, list[Row]] = {}
        for row in self.ledger:
            if row["status"] != Status.NOT_APPLICABLE:
                rows.setdefault(theorem(row), []).append(row)
        return [_by_theorem(name, rows[name]) for name in sorted(rows)]

    @property
    def not_applicable(self) -> str:
        """How many verdicts say that a theorem does not apply; empty for none."""
        rows = [row for row in self.ledger if row["status"] == Status.NOT_APPLICABLE]
        named = len({row["theorem"] for row in rows})
        what = f"{named} theorem{'s' if named > 1 else ''}"
        return f"{len(rows)} verdicts on {what}: an assumption is not met" if rows else ""


def finding(row: Row) -> Finding:
    """A row of the ledger as a line."""
    where = f"{row['experiment']}: {case(row)}"
    return Finding(row["status"], theorem(row), where, row["reason"])


def theorem(row: Row) -> str:
    """A theorem with how far its statement can be trusted."""
    return f"{row['theorem']} [{row['trust']}]"


def case(row: Row) -> str:
    """The sweep that a row speaks of, within its experiment."""
    return f"{row['target']} with {row['sampler']}"


def tightness(row: Row) -> float:
    """How close a verdict is to the other one.

    Share of the bound, or of the sampler compared with; growth of the constant; distance of a
    slope from the order expected.  To six digits: which sweep is called the tightest does not hang
    on rounding.
    """
    slope, bound = row.get("slope"), row.get("bound", 0.0)
    if slope is None or row["status"] == Status.HOLDS:
        share = row.get("measured", 0.0) / bound if bound else 0.0
    else:
        share = abs(slope - bound) if row["trust"] == "N" else slope
    return float(f"{share:.6g}")


def statuses(rows: Sequence[Row]) -> dict[str, int]:
    """How many rows have each status, in the order of ``Status``; none that no row has."""
    counts = Counter(row["status"] for row in rows)
    return {str(status): counts[status] for status in Status if counts[status]}


def contradicting(rows: Sequence[Row]) -> int:
    """How many verdicts say that something expected or proved is not so."""
    wrong = (Status.VIOLATED, Status.INCONSISTENT)
    return sum(row["status"] in wrong for row in of_theorems(rows))


def of_theorems(rows: Sequence[Row]) -> list[Row]:
    """Those that are no comparison with a theorem about another sampler."""
    apart = comparisons()
    return [row for row in rows if row["theorem"] not in apart]


def compared_only(rows: Sequence[Row]) -> int:
    """How many comparisons with a theorem about another sampler came to a conclusion."""
    apart, open_ = comparisons(), (Status.NOT_APPLICABLE, Status.INCONCLUSIVE)
    return sum(row["theorem"] in apart and row["status"] not in open_ for row in rows)


def _by_theorem(name: str, rows: Sequence[Row]) -> ByTheorem:
    agreeing = [row for row in rows if row["status"] in AGREEING]
    tightest = finding(max(agreeing, key=tightness)) if agreeing else None
    return ByTheorem(name, statuses(rows), tightest)
