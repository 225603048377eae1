"""The quantities of a problem, or of many that are measured together: exact, or by draws."""

from collections.abc import Mapping, Sequence
from functools import partial

from harness.measurement.many import Together
from harness.measurement.result import Measurement
from harness.problem.problem import Problem
from harness.verdicts.quantities import Quantities
from harness.verdicts.quantities_by_draws import DrawnQuantities
from harness.verdicts.quantities_by_walks import WalkedQuantities


def quantities_of(problem: Problem, *, output_only: bool = False) -> Quantities:
    """The quantities of ``problem``: exact, or estimated where its engine draws."""
    if problem.drawn:
        return _by_draws(problem)
    return Quantities(problem, output_only=output_only)


def of_sweep(
    problems: Sequence[Problem],
    *,
    output_only: bool = False,
    known: Mapping[int, Measurement | Exception] | None = None,
) -> list[Quantities]:
    """The quantities of each of ``problems``, which are measured together where shapes allow.

    ``known``: what was measured, or the error, of places whose problems are not measured again;
    what is drawn is always drawn here.
    """
    together = Together(problems, output_only=output_only, known=known)
    return [
        _by_draws(problem)
        if problem.drawn
        else Quantities(problem, output_only=output_only, measured=partial(together.measurement, k))
        for k, problem in enumerate(problems)
    ]


def _by_draws(problem: Problem) -> DrawnQuantities:
    return (WalkedQuantities if problem.space.masked else DrawnQuantities)(problem)
