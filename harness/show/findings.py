"""What a run has to say and in which order: the surprising first, what does not apply last."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from harness.show.words import count
from harness.studies.comparison import BELOW
from harness.studies.experiment import Experiment
from harness.studies.judge import ORDER
from harness.studies.ledger import FLOORS, Row
from harness.studies.runner import Outcome
from harness.verdicts.choice import first_of_largest
from harness.verdicts.theorem import Trust, comparisons
from harness.verdicts.verdict import Status

DIFFERS = "DIFFERS"  # beside the statuses of verdicts: not what the ledger expects
SURPRISING = (Status.VIOLATED, Status.INCONSISTENT, Status.INCONCLUSIVE)
SURPRISES = ("verdict", "theorem", "where", "why")
TITLES = ("theorem", "sweeps", "tightest where", "why")
"""Titles of the columns of what is surprising, and of a line a theorem."""
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
        rows = [row for row in of_theorems(self.ledger) if row["status"] == Status.NOT_APPLICABLE]
        what = count(len({row["theorem"] for row in rows}), "theorem")
        return f"{count(len(rows), 'verdict')} on {what}: an assumption is not met" if rows else ""


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


def tightest(rows: Sequence[Row]) -> Row:
    """The row that is nearest to the other outcome; of those that rounding could make so the first.

    By what was compared: the share of the bound, or of the sampler compared with; the growth of a
    rate's constant; the distance of a slope from the order announced.
    """
    pairs = [_tightness(row) for row in rows]
    return rows[first_of_largest([value for value, _ in pairs], [floor for _, floor in pairs])]


def _tightness(row: Row) -> tuple[float, float]:
    """``(tightness, how far rounding can move it)``."""
    floors, bound = row.get(FLOORS, {}), row.get("bound", 0.0)
    by_slope = "slope" in row and row["status"] != Status.HOLDS and BELOW not in row["theorem"]
    if by_slope:
        distance = abs(row["slope"] - bound) if is_order(row) else row["slope"]
        return distance, floors.get("slope", 0.0)
    if not bound or not math.isfinite(bound):
        return 0.0, 0.0
    share = row.get("measured", 0.0) / bound
    moved = floors.get("measured", 0.0) + share * floors.get("bound", 0.0)
    return share, abs(moved / bound)


def is_order(row: Row) -> bool:
    """Whether a row speaks of an order that an experiment announces."""
    return row["theorem"].startswith(ORDER)


def is_announced(row: Row) -> bool:
    """Whether a row speaks of what an experiment announces: an order, or the better sampler."""
    return is_order(row) or BELOW in row["theorem"]


def statuses(rows: Sequence[Row]) -> dict[str, int]:
    """How many rows have each status, in the order of ``Status``; none that no row has."""
    counts = Counter(row["status"] for row in rows)
    return {str(status): counts[status] for status in Status if counts[status]}


def contradicting(rows: Sequence[Row]) -> int:
    """How many verdicts say that something announced or proved is not so."""
    wrong = (Status.VIOLATED, Status.INCONSISTENT)
    return sum(row["status"] in wrong for row in [*of_theorems(rows), *announced(rows)])


def of_theorems(rows: Sequence[Row]) -> list[Row]:
    """Verdicts on theorems: no comparison with one about another sampler, nothing announced."""
    return [row for row in rows if not (_is_comparison(row) or is_announced(row))]


def announced(rows: Sequence[Row]) -> list[Row]:
    """Verdicts on what experiments announce, which is nobody's theorem."""
    return [row for row in rows if is_announced(row)]


def compared_only(rows: Sequence[Row]) -> int:
    """How many comparisons with a theorem about another sampler came to a conclusion."""
    open_ = Status.NOT_APPLICABLE, Status.INCONCLUSIVE
    return sum(_is_comparison(row) and row["status"] not in open_ for row in rows)


def _is_comparison(row: Row) -> bool:
    """Whether a row speaks of what is nobody's theorem, registered or from outside."""
    seen = row.get("trust") == Trust.SEEN and not is_announced(row)
    return seen or row["theorem"] in comparisons()


def _by_theorem(name: str, rows: Sequence[Row]) -> ByTheorem:
    agreeing = [row for row in rows if row["status"] in AGREEING]
    return ByTheorem(name, statuses(rows), finding(tightest(agreeing)) if agreeing else None)
