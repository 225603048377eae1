"""How an inequality is decided on a problem, and what stands for a whole sweep."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from harness.numerics.divergence import ENTRY_ERROR
from harness.problem.problem import Problem
from harness.verdicts import intervals, reasons
from harness.verdicts.choice import first_of_intervals
from harness.verdicts.quantities import Quantities
from harness.verdicts.quantities_by_draws import DrawnQuantities
from harness.verdicts.right_side import bound_of, compared_rungs, terms_of
from harness.verdicts.theorem import Equality, Inequality, Side
from harness.verdicts.vacuous import SLACK, vacuous
from harness.verdicts.verdict import Status, Verdict, of_theorem


def worst(verdicts: Sequence[Verdict]) -> Verdict:
    """The verdict that a whole sweep deserves: the worst, with the tightest margin among equals.

    Of margins that are equal but for rounding the first is taken.  Its reason says at how many
    points another status was found, so that none is passed over.
    """
    order = [
        Status.VIOLATED,
        Status.INCONSISTENT,
        Status.HOLDS,
        Status.CONSISTENT,
        Status.VACUOUS,
        Status.INCONCLUSIVE,
        Status.NOT_APPLICABLE,
    ]
    worst = min(order.index(verdict.status) for verdict in verdicts)
    equals = [verdict for verdict in verdicts if order.index(verdict.status) == worst]
    chosen = equals[first_of_intervals([_margin(verdict) for verdict in equals])]
    counts = Counter(str(verdict.status) for verdict in verdicts)
    points = ", ".join(f"{n} {status}" for status, n in sorted(counts.items()))
    if len(counts) == 1:
        return replace(chosen, points=points)
    return replace(chosen, points=points, reason=f"{chosen.reason} (at {points})")


def _margin(verdict: Verdict) -> tuple[float, float]:
    """Between which numbers ``bound / measured`` is, whatever rounding does to both."""
    of_measured, of_bound = (verdict.floors.get(name, 0.0) for name in ("measured", "bound"))
    least, most = verdict.measured - of_measured, verdict.measured + of_measured
    if not (most > 0 and math.isfinite(verdict.bound) and math.isfinite(most)):
        return math.inf, math.inf  # nothing was compared, or nothing that has a margin
    low = (verdict.bound - of_bound) / most
    return low, (verdict.bound + of_bound) / least if least > 0 else math.inf


def decide(
    theorem: Inequality,
    problem: Problem,
    quantities: Quantities,
    measured: list[tuple[str, float, float]],
) -> Verdict:
    """The verdict on one problem; ``measured``: ``compared_rungs``, the theorem's own first.

    A lower bound is compared with the rungs above its own, an equality with those on both sides.
    """
    terms = terms_of(theorem, problem, quantities)
    bound, off = bound_of(theorem, problem, quantities)
    if math.isnan(bound):
        missing = ", ".join(name for name, value in terms.items() if math.isnan(value))
        return of_theorem(theorem, Status.INCONCLUSIVE, f"not measured here: {missing}")
    details: dict[str, Any] = {"bound": bound, "terms": terms}
    if isinstance(quantities, DrawnQuantities):
        if theorem.side != Side.UPPER and not isinstance(theorem, Equality):
            reason = "by draws only upper bounds and equalities are decided"
            return of_theorem(theorem, Status.INCONCLUSIVE, reason)
        rung, value, floor = measured[0]
        if rung in terms and rung != theorem.bounds_on:
            reason = f"{theorem.bounds_on} is not measured here"
            return of_theorem(theorem, Status.INCONCLUSIVE, reason)
        status, reason = intervals.inequality(theorem, problem, quantities, rung, (bound, off))
        details |= _of_rung(quantities, rung, value, floor, off)
        return of_theorem(theorem, status, reason, **details)
    undone = _undoing_noise(problem)
    # From above, the highest rung that is broken says most: a rung is above the ones below it.
    for side in theorem.sides:
        for rung, value, floor in compared_rungs(theorem, quantities, side=side):
            slack = 0.0 if isinstance(theorem, Equality) and rung == theorem.bounds_on else SLACK
            if _beyond(side, value, bound, floor + off + undone, slack):
                own = (value, quantities.rung_rounding(rung))
                told = reasons.violated if side is Side.UPPER else reasons.below
                details |= _of_rung(quantities, rung, value, floor, off)
                reason = told(rung, own, (bound, off))
                return of_theorem(theorem, Status.VIOLATED, reason, **details)
    rung, value, floor = measured[0]
    details |= _of_rung(quantities, rung, value, floor, off)
    for name, further in theorem.looser(problem, quantities).items():
        if _beyond(theorem.sides[0], bound, further, floor + off):
            first, second = reasons.number(bound, off), reasons.number(further, off)
            sign = ">" if theorem.sides[0] is Side.UPPER else "<"
            reason = f"bound {first} {sign} its own simplification {name} = {second}"
            return of_theorem(theorem, Status.VIOLATED, reason, **details)
    own = (value, quantities.rung_rounding(rung))
    status, reason = _kept(theorem, quantities, (rung, own), (bound, off))
    return of_theorem(theorem, status, reason, **details)


def _kept(
    theorem: Inequality,
    quantities: Quantities,
    measured: tuple[str, tuple[float, float]],
    bound: tuple[float, float],
) -> tuple[Status, str]:
    """``(status, reason)`` of a theorem that no rung breaks; both sides with their rounding."""
    rung, value = measured
    match Side(theorem.side):
        case Side.TWO_SIDED:
            if rung != theorem.bounds_on:
                return Status.INCONCLUSIVE, f"{theorem.bounds_on} is not measured here"
            if math.isinf(bound[0]):
                return Status.VACUOUS, "both sides are infinite"
            return Status.HOLDS, reasons.equal(value, bound)
        case Side.LOWER:
            if bound[0] <= bound[1]:
                told = f"lower bound {reasons.number(*bound)} <= 0, which all is above"
                return Status.VACUOUS, told
            return Status.HOLDS, reasons.above(value, bound)
    if says_nothing := vacuous(quantities, rung, *bound):
        return Status.VACUOUS, says_nothing
    return Status.HOLDS, reasons.holds(value, bound)


def _undoing_noise(problem: Problem) -> float:
    """Nats that undoing the noise down to ``δ`` may leave of a KL that is 0.

    Chances of another token, about ``δ/S`` each, are differences of larger numbers, and off by
    ``ε`` as those are: ``d S`` of them cost ``ε²/(2 δ/S)`` each.
    """
    space, stop = problem.space, problem.grid.stop
    if not 0 < stop < 1:
        return 0.0
    return ENTRY_ERROR**2 * space.length * float(space.tokens) ** 2 / (2 * stop)


def _beyond(side: Side, value: float, bound: float, off: float, slack: float = SLACK) -> bool:
    """Whether ``value`` is on the wrong side of ``bound``, by more than rounding explains.

    ``off``: what rounding explains; ``slack``: that part of the bound besides.
    """
    if side is Side.UPPER:
        return value > bound * (1 + slack) + off
    return value < bound * (1 - slack) - off


def _of_rung(
    quantities: Quantities, rung: str, value: float, floor: float, off: float
) -> dict[str, Any]:
    """What a verdict says of the rung that it compares."""
    floors = {"measured": quantities.rung_rounding(rung), "bound": off}
    return {"rung": rung, "measured": value, "floor": floor, "floors": floors}
