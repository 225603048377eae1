"""What a check found, and one line for the verdicts of a theorem on many problems."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from harness.problem.problem import Problem
from harness.regress.cases import ONE, Case
from harness.regress.theorem_closeness import share
from harness.verdicts import checks
from harness.verdicts.theorem import Theorem
from harness.verdicts.verdict import Status, Verdict


class Found(NamedTuple):
    """``passed`` is None where nothing could be decided; ``reason`` then says why.

    ``case``: the problems behind a verdict, where it is one on a theorem.
    """

    passed: bool | None
    number: str
    reason: str = ""
    case: Case | None = None


@dataclass(frozen=True)
class Check:
    """One line of the report.  ``passed`` is None where the check does not apply.

    ``raised``: whether it failed by an error of its own; ``again``: where it was not decided for
    the fault of another check, the name of that.
    """

    name: str
    passed: bool | None
    number: str
    reason: str = ""
    case: Case | None = field(default=None, compare=False, repr=False)
    raised: bool = field(default=False, compare=False, repr=False)
    again: str = ""

    def __str__(self) -> str:
        mark = {True: "PASS", False: "FAIL", None: "n/a "}[self.passed]
        return f"{mark}  {self.name}: {self.number}{f' ({self.why})' if self.why else ''}"

    @property
    def why(self) -> str:
        """Why it did not pass, with the problem behind a verdict; empty where it did."""
        if self.again:
            return f"for the fault of {self.again!r}"
        if self.passed:
            return ""
        behind = str(self.case) if self.case and self.passed is False else ""
        return "; ".join(told for told in (self.reason, behind) if told)


def worse(off: float, worst: float) -> bool:
    """Whether ``off`` is a larger error than ``worst``; none is larger than one that is no number.

    So a nan stays, whatever comes after it.
    """
    return off > worst or (math.isnan(off) and not math.isnan(worst))


@dataclass
class Errors:
    """Errors of cases that come in turn, the small ones first: at most ``allowed`` is none.

    ``worst`` of them; ``case``: the first, and so the smallest, that is none of rounding, or the
    worst while there is none.
    """

    allowed: float
    worst: float = 0.0
    case: str = ""

    @property
    def passed(self) -> bool:
        """Whether none was too large."""
        return self.worst <= self.allowed

    def see(self, off: float, case: str) -> None:
        """One more."""
        if worse(off, self.worst):
            self.case = case if self.passed else self.case
            self.worst = float(off)

    def found(self, number: str) -> Found:
        """With ``number`` in words, and where it fails."""
        where = self.case if self.passed else f"smallest case {self.case}"
        return Found(self.passed, number, where)


KEEPS_ERROR = Found(None, "it claims an error that no step removes")


def on_each(theorem: Theorem, problems: Sequence[Problem], verdicts: Sequence[Verdict]) -> Found:
    """One line for a theorem on many problems, a verdict each.

    The case is that of the worst or, where the theorem fails, the smallest on which it does.  Of
    those that are the worst by rounding alone, one that is more than rounding.
    """
    order = sorted(range(len(verdicts)), key=lambda k: math.isnan(share(verdicts[k])))
    problems, verdicts = [problems[k] for k in order], [verdicts[k] for k in order]
    worst, told = checks.worst(verdicts), summary(verdicts)
    alike = [k for k, verdict in enumerate(verdicts) if verdict.status is worst.status]
    found = next(k for k in alike if worst.reason.startswith(verdicts[k].reason))
    if told.passed is False:
        smallest = min(alike, key=lambda k: (problems[k].space.size, problems[k].grid.steps))
        if verdicts[smallest].reason != verdicts[found].reason:
            told = told._replace(reason=f"{verdicts[smallest].reason}; worst: {told.reason}")
        found = smallest
    return told._replace(case=Case(theorem, verdicts[found], problems=[problems[found]]))


def along(theorem: Theorem, axis: str, problems: Sequence[Problem], verdict: Verdict) -> Found:
    """One line for a theorem along a sweep."""
    return summary([verdict])._replace(case=Case(theorem, verdict, axis or ONE, problems))


def summary(verdicts: Sequence[Verdict]) -> Found:
    """One line for a theorem on many problems: nothing broken, something decided."""
    worst = checks.worst(verdicts)
    match worst.status:
        case Status.VIOLATED | Status.INCONSISTENT:
            return Found(False, str(worst.status), worst.reason)
        case Status.HOLDS | Status.CONSISTENT:
            return Found(True, f"{worst.status}, {worst.reason}")
        case Status.NOT_APPLICABLE:  # for the reason that its own example, the last, does not hide
            return Found(None, verdicts[-1].reason)
    return Found(None, f"{worst.status}, {worst.reason}")
