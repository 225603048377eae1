"""Theorems in words, with how far each statement can be trusted and where it is from."""

import inspect
from dataclasses import dataclass
from typing import Any

from harness.foundation.registry import load, theorems
from harness.show.explanation import TRUSTS, bounded
from harness.show.findings import ByTheorem, Report, is_announced
from harness.verdicts import bibliography
from harness.verdicts.theorem import Theorem
from harness.verdicts.verdict import Status

MEANINGS = {
    Status.VIOLATED: "what was measured is above the bound, by more than rounding can do",
    Status.INCONSISTENT: "the constant that a rate needs grows, or an order announced is not seen",
    Status.INCONCLUSIVE: "something was compared, and nothing can be said yet",
    Status.VACUOUS: "the bound is no smaller than what doing nothing gives",
    Status.CONSISTENT: "the constant that a rate needs does not grow, or an order is seen",
    Status.HOLDS: "every constant is known, and what was measured is at most the bound",
    Status.NOT_APPLICABLE: "an assumption of the theorem is not met",
}
"""What each verdict says, the surprising first."""


@dataclass(frozen=True)
class Statement:
    """A theorem as the page tells of it.

    ``found`` is what became of it, or None where it applies nowhere.  ``assumptions`` are those of
    its own example; ``parts`` says what its right side is made of: ``terms`` or a ``form``.
    """

    name: str
    statement: str
    bounded: str
    trust: str
    trusted: str
    source: str
    bibtex: str
    assumptions: tuple[str, ...]
    exponents: str
    text: str
    found: ByTheorem | None


def of_report(report: Report) -> list[Statement]:
    """The theorems that a report has verdicts on, by name; none that an experiment announces."""
    load()
    names = sorted({row["theorem"] for row in report.ledger if not is_announced(row)})
    found = {each.theorem.split(" [")[0]: each for each in report.theorems}
    return [_of(theorems[name], found.get(name)) for name in names if name in theorems]


def _of(cls: Any, found: ByTheorem | None) -> Statement:
    theorem: Theorem = cls()
    exponents = getattr(cls, "exponents", {})
    return Statement(
        name=cls.name,
        statement=cls.statement,
        bounded=bounded(cls),
        trust=str(cls.trust),
        trusted=TRUSTS[cls.trust],
        source=cls.source,
        bibtex=bibliography.entry(cls.bibtex) if cls.bibtex else "",
        assumptions=tuple(theorem.assumptions(cls.example())),
        exponents=", ".join(f"{axis}^{power}" for axis, power in exponents.items()),
        text=inspect.cleandoc(cls.__doc__ or ""),
        found=found,
    )
