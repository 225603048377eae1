"""After a theorem's checks: where it is tightest and loosest, and how its constant grows."""

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from harness.regress import theorem_closeness
from harness.regress.cases import Case
from harness.verdicts import checks
from harness.verdicts.axes import along as place
from harness.verdicts.quantities import Quantities
from harness.verdicts.rate import AS_TOLD
from harness.verdicts.theorem import Rate, Theorem
from harness.verdicts.verdict import Verdict


class Tried(NamedTuple):
    """A theorem with one sampler: on ``cases``, a verdict each, or one verdict along ``sweep``."""

    sampler: str
    sweep: str
    axis: str
    verdicts: Sequence[Verdict]
    cases: Sequence[Quantities]


def lines(theorem: Theorem, found: Sequence[Tried]) -> Iterator[str]:
    """How near the problems came; of a rate, the constant that each sweep needs."""
    if isinstance(theorem, Rate):
        yield from _growth(theorem, found)
        return
    yield from theorem_closeness.lines(
        [
            Case(theorem, verdict, problems=[case.problem])
            for tried in found
            for verdict, case in zip(tried.verdicts, tried.cases, strict=False)
        ]
    )


def _growth(theorem: Rate, found: Sequence[Tried]) -> Iterator[str]:
    """A row a sweep: where along its axis, which constant is needed there, and how it grows."""
    rows = [("with", "along", "from", "to", "needed constant", "growth", "verdict")]
    for tried in found:
        (verdict,) = tried.verdicts
        if math.isnan(verdict.constant):
            continue
        needed = sorted(
            (place(tried.axis, case.problem, case), _constant(theorem, case))
            for case in tried.cases
        )
        low, high = (f"{x:.4g}" for x, _ in (needed[0], needed[-1]))
        constants = " ".join(f"{constant:.4g}" for _, constant in needed)
        told = AS_TOLD.get(tried.axis, tried.axis)
        also = tried.sweep.removeprefix(tried.axis.replace("_", " ")).strip()
        growth = "" if math.isnan(verdict.slope) else f"{verdict.slope:+.3f}"
        status = str(verdict.status)
        rows.append((tried.sampler, f"{told} {also}".strip(), low, high, constants, growth, status))
    if len(rows) == 1:
        return
    yield "growth of the needed constant, from the smallest value along the axis to the largest:"
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield f"  {'  '.join(cells)}".rstrip()
    every = [
        (verdict.constant, Case(theorem, verdict, tried.axis, [c.problem for c in tried.cases]))
        for tried in found
        for verdict in tried.verdicts
        if math.isfinite(verdict.constant)
    ]
    every.sort(key=lambda each: each[0])
    ends = (("tightest", every[-1:]), ("loosest", every[:1]))
    for name, ((constant, case),) in ((name, end) for name, end in ends if end):
        yield f"{name}: needs a constant of {constant:.4g}: {case}"


def _constant(theorem: Rate, case: Quantities) -> float:
    """The constant that ``theorem`` needs on one problem."""
    return checks.check(case.problem, [theorem], case)[0].constant
