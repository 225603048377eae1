"""A theorem on problems: the assumptions they meet, its terms, and the constants it leaves."""

from collections.abc import Iterator, Sequence

from harness.foundation.digits import written
from harness.measurement.assumption_constants import assumption_constants
from harness.problem.problem import Problem
from harness.studies.points import Points
from harness.verdicts.checks import check
from harness.verdicts.quantities_of import quantities_of
from harness.verdicts.right_side import form_with_floor, terms_of
from harness.verdicts.theorem import Inequality, Rate, Theorem


def lines(theorem: Theorem, points: Points) -> Iterator[str]:
    """All of ``theorem`` on ``points``: of the last problem, and the constants along them all."""
    yield f"on {points.label}"
    yield from _on_problem(theorem, points.problems[-1])
    yield from _constants(points)


def _on_problem(theorem: Theorem, problem: Problem) -> Iterator[str]:
    met = theorem.assumptions(problem)
    for name, is_met in met.items():
        yield f"  {'met' if is_met else 'NOT MET'}  {name}"
    if not all(met.values()):
        return
    quantities = quantities_of(problem)
    if isinstance(theorem, Inequality):
        for name, value in terms_of(theorem, problem, quantities).items():
            yield f"  term  {name} = {written(value, 0.0, 6)} nats"
    elif isinstance(theorem, Rate):
        yield f"  form  {written(*form_with_floor(theorem, problem, quantities), 6)} nats"
    (verdict,) = check(problem, [theorem], quantities)
    yield f"  {verdict.status} on {verdict.rung}: {verdict.reason}"


def _constants(points: Points) -> Iterator[str]:
    """A row for each constant that is known of any problem, a column for each problem."""
    found = [dict(assumption_constants(problem).rows()) for problem in points.problems]
    names = list(dict.fromkeys(name for each in found for name in each))
    rows = [[f"constants, along {points.axis}", *(f"{at:.6g}" for at in points.at)]]
    rows += [[name, *(each.get(name, "-") for each in found)] for name in names]
    if len(points.problems) == 1:
        rows[0] = ["constants", ""]
    yield from _table(rows)


def _table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        told = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(told).rstrip()
