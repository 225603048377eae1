"""Theorems against measurements: ``check`` decides inequalities, ``check_sweep`` rates."""

from collections.abc import Iterable, Sequence

from harness.foundation.shown_list import ShownList
from harness.foundation.validation import choice, instance
from harness.problem.problem import Problem
from harness.verdicts.axes import AXES as AXES
from harness.verdicts.axes import DERIVED_AXES as DERIVED_AXES
from harness.verdicts.axes import NEUTRAL_AXES as NEUTRAL_AXES
from harness.verdicts.axes import step_size as step_size
from harness.verdicts.chosen import named
from harness.verdicts.inequality import decide
from harness.verdicts.inequality import worst as worst
from harness.verdicts.quantities import Quantities
from harness.verdicts.quantities_of import of_sweep, quantities_of
from harness.verdicts.rate import decide_along, decide_here
from harness.verdicts.right_side import compared_rungs
from harness.verdicts.right_side import unmet as unmet
from harness.verdicts.theorem import Inequality, Rate, Theorem
from harness.verdicts.verdict import Status, Verdict, of_theorem
from harness.verdicts.verdict import not_applicable as not_applicable


def all_theorems() -> list[Theorem]:
    """An instance of every registered theorem, by name."""
    return list(named(None).values())


def check(
    problem: Problem,
    theorems: Iterable[Theorem] | None = None,
    quantities: Quantities | None = None,
) -> list[Verdict]:
    """One verdict a theorem on ``problem``.

    A rate is INCONCLUSIVE on a single problem, with its constant.  ``theorems``: all that are
    registered by default.  ``quantities`` of the problem are computed
    once where they are given to several calls.
    """
    instance("problem", problem, Problem)
    chosen = _instances(theorems)
    quantities = quantities or quantities_of(problem)
    return ShownList(_on_problem(theorem, problem, quantities) for theorem in chosen)


def check_sweep(
    problems: Sequence[Problem],
    axis: str,
    theorems: Iterable[Theorem] | None = None,
    quantities: Sequence[Quantities] | None = None,
) -> list[Verdict]:
    """One verdict a theorem along ``axis``: rates are decided here.

    ``axis``: one of AXES, DERIVED_AXES or NEUTRAL_AXES.

    ``problems`` in the order of the axis; ``theorems`` and ``quantities``, one a problem, as in
    ``check``.  An inequality holds on a sweep if it holds on every problem; the verdict is its
    worst case.  Raises ValueError for another axis.
    """
    chosen = _instances(theorems)
    choice("axis", axis, (*AXES, *DERIVED_AXES, *NEUTRAL_AXES))
    if not problems:
        raise ValueError("a sweep needs at least one problem, got none")
    for k, problem in enumerate(problems):
        instance(f"problems[{k}]", problem, Problem)
    quantities = quantities or of_sweep(problems)
    cases = list(zip(problems, quantities, strict=True))
    return ShownList(
        decide_along(theorem, axis, cases)
        if isinstance(theorem, Rate)
        else worst([_on_problem(theorem, *case) for case in cases])
        for theorem in chosen
    )


def _on_problem(theorem: Theorem, problem: Problem, quantities: Quantities) -> Verdict:
    missing = unmet(theorem, problem)
    if missing:
        return not_applicable(theorem, missing)
    measured = compared_rungs(theorem, quantities, side=theorem.sides[0])
    if not measured:
        reason = f"{theorem.bounds_on} is not measured here"
        return of_theorem(theorem, Status.INCONCLUSIVE, reason)
    if isinstance(theorem, Rate):
        return decide_here(theorem, problem, quantities, measured)
    if not isinstance(theorem, Inequality):
        raise TypeError(f"a theorem must be an Inequality or a Rate, got {theorem!r}")
    return decide(theorem, problem, quantities, measured)


def _instances(chosen: Iterable[Theorem] | None) -> list[Theorem]:
    found = all_theorems() if chosen is None else list(chosen)
    for theorem in found:
        if not isinstance(theorem, Theorem):
            raise TypeError(f"a theorem must be an Inequality or a Rate instance, got {theorem!r}")
    return found
