"""How a rate is decided along a sweep: by the constant that the data need."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from harness.foundation.digits import written
from harness.problem.problem import Problem
from harness.verdicts import intervals
from harness.verdicts.axes import NEUTRAL_AXES
from harness.verdicts.axes import along as place
from harness.verdicts.choice import first_of_largest
from harness.verdicts.quantities import Quantities
from harness.verdicts.quantities_by_draws import DrawnQuantities
from harness.verdicts.right_side import compared_rungs, form_with_floor, unmet
from harness.verdicts.slopes import FLOOR_SHARE, Trend, local_slopes, rounding_of_growth, trend
from harness.verdicts.theorem import Rate, Side
from harness.verdicts.verdict import Status, Verdict, not_applicable, of_theorem

TRENDS = {
    Trend.BOUNDED: Status.CONSISTENT,
    Trend.GROWS: Status.INCONSISTENT,
    Trend.OPEN: Status.INCONCLUSIVE,
}
AS_TOLD = {
    "delta": "1/δ",
    "step": "1/h",
    "score_error": "1/ε_score",
    "log_S": "log S",
    "large_score_error": "ε_score",
}
FORM_UNKNOWN = "the form has a part that is not known here"


def decide_here(
    theorem: Rate,
    problem: Problem,
    quantities: Quantities,
    measured: list[tuple[str, float, float]],
) -> Verdict:
    """What a rate says on one problem: the constant that it needs there."""
    rung, value, floor = measured[0]
    form, off = form_with_floor(theorem, problem, quantities)
    if math.isnan(form):
        return of_theorem(theorem, Status.INCONCLUSIVE, FORM_UNKNOWN)
    rounding = quantities.rung_rounding(rung)
    constant = _needed(value, form)
    moved = _needed(rounding + constant * off, form)
    floors = {"measured": rounding, "bound": off, "constant": moved}
    return of_theorem(
        theorem,
        Status.INCONCLUSIVE,
        f"needs a constant of {written(constant, moved, 4)} here; a rate is decided along a sweep",
        rung=rung,
        measured=value,
        bound=form,
        constant=constant,
        floor=floor,
        floors=floors,
    )


def decide_along(theorem: Rate, axis: str, cases: Sequence[tuple[Problem, Quantities]]) -> Verdict:
    """The verdict along ``axis``: the needed constant must not grow, of a lower bound not fall.

    A two-sided rate has two verdicts, of which the worse is given.
    """
    found = [_from_side(theorem, side, axis, cases) for side in theorem.sides]
    return next((v for v in found if v.status is Status.INCONSISTENT), None) or next(
        (v for v in found if v.status is not Status.CONSISTENT), found[0]
    )


def _from_side(
    theorem: Rate, side: Side, axis: str, cases: Sequence[tuple[Problem, Quantities]]
) -> Verdict:
    missing = sorted({name for problem, _ in cases for name in unmet(theorem, problem)})
    if missing:
        return not_applicable(theorem, missing)
    if axis in NEUTRAL_AXES or not theorem.decided_along(axis):
        return _undecided(theorem, axis, [_here(theorem, *case) for case in cases])
    # A rung is compared where every point has it.
    gaps = {name for name in Quantities.LADDER for _, q in cases if not q.measurable(name)}
    points = sorted(
        (
            (
                place(axis, *case),
                form_with_floor(theorem, *case),
                intervals.of_constant(theorem, *case, compared_rungs(theorem, case[1], gaps, side)),
                case[1],
            )
            for case in cases
        ),
        key=lambda point: point[0],
    )
    if any(not math.isfinite(x) for x, *_ in points):
        return of_theorem(theorem, Status.INCONCLUSIVE, f"{axis} is not finite along the sweep")
    if any(math.isnan(form) for _, (form, _), *_ in points):
        return of_theorem(theorem, Status.INCONCLUSIVE, FORM_UNKNOWN)
    rungs = [name for name, *_ in points[0][2]]
    verdicts = [
        _of_rung(
            theorem,
            side,
            axis,
            rung,
            [x for x, *_ in points],
            [form for _, form, *_ in points],
            [next((v, f) for r, v, f in found if r == rung) for _, _, found, _ in points],
            [quantities.rung_rounding(rung) for *_, quantities in points],
            estimated=any(isinstance(quantities, DrawnQuantities) for _, quantities in cases),
        )
        for rung in rungs
        if all(rung in [r for r, *_ in found] for _, _, found, _ in points)
    ]
    if not verdicts:
        return of_theorem(theorem, Status.INCONCLUSIVE, f"{theorem.bounds_on} is not measured here")
    bad = [verdict for verdict in verdicts if verdict.status is Status.INCONSISTENT]
    return (bad or verdicts)[0]


def _here(theorem: Rate, problem: Problem, quantities: Quantities) -> Verdict:
    measured = compared_rungs(theorem, quantities, side=theorem.sides[0])
    if not measured:
        reason = f"{theorem.bounds_on} is not measured here"
        return of_theorem(theorem, Status.INCONCLUSIVE, reason)
    return decide_here(theorem, problem, quantities, measured)


def _undecided(theorem: Rate, axis: str, found: Sequence[Verdict]) -> Verdict:
    """What a rate says along an axis of which it claims nothing: the largest constant needed."""
    if any(math.isnan(verdict.constant) for verdict in found):
        reason = f"{theorem.bounds_on} is not measured here"
        return of_theorem(theorem, Status.INCONCLUSIVE, reason)
    constants = [verdict.constant for verdict in found]
    largest = found[first_of_largest(constants, [v.floors["constant"] for v in found])]
    if math.isinf(largest.constant):
        reason = f"{largest.rung} is infinite, so no constant will do"
        return replace(largest, status=Status.INCONSISTENT, reason=reason)
    up_to = written(largest.constant, largest.floors["constant"], 4)
    reason = f"{axis} decides no rate; needed constants up to {up_to}"
    return replace(largest, reason=reason)


def _of_rung(
    theorem: Rate,
    side: Side,
    axis: str,
    rung: str,
    x: list[float],
    forms: list[tuple[float, float]],
    values: list[tuple[float, float]],
    roundings: list[float],
    estimated: bool,
) -> Verdict:
    """``forms``, ``values``: each with how far off it may be; ``roundings`` of the values alone."""
    constants = [_needed(value, form) for (value, _), (form, _) in zip(values, forms, strict=True)]
    off = [_needed(c * floor, form) for c, (form, floor) in zip(constants, forms, strict=True)]
    pairs = list(zip(values, roundings, forms, off, strict=True))
    floors = [_needed(floor, form) + of_form for (_, floor), _, (form, _), of_form in pairs]
    rounding = [_needed(moved, form) + of_form for _, moved, (form, _), of_form in pairs]
    largest = first_of_largest(constants, rounding)
    details: dict[str, Any] = {
        "rung": rung,
        "measured": values[-1][0],
        "bound": forms[-1][0],
        "constant": max(constants),
        "floor": values[-1][1],
    }
    details["floors"] = of_numbers = {
        "measured": roundings[-1],
        "bound": forms[-1][1],
        "constant": rounding[largest],
    }
    above = rung not in Quantities.rungs_on(side, theorem.bounds_on)
    if side is Side.LOWER:
        if not all(0 < constant < math.inf for constant in constants):
            reason = f"{rung} is 0 or infinite somewhere, so no constant can be compared"
            status = Status.INCONSISTENT if 0 in constants else Status.INCONCLUSIVE
            return of_theorem(theorem, status, reason, **details)
        # Where the constant falls, its inverse grows: by the same shares, and as surely.
        squares = [constant**2 for constant in constants]
        floors = [floor / square for floor, square in zip(floors, squares, strict=True)]
        rounding = [floor / square for floor, square in zip(rounding, squares, strict=True)]
        constants = [1 / constant for constant in constants]
        largest = first_of_largest(constants, rounding)
    elif any(math.isinf(constant) for constant in constants):
        reason = f"{rung} is infinite, or the form is 0, so no constant will do"
        status = Status.INCONCLUSIVE if above else Status.INCONSISTENT
        return of_theorem(theorem, status, reason, **details)
    share = intervals.SLOPE_ERROR if estimated else FLOOR_SHARE
    slopes = local_slopes(x, constants, floors, share)
    found, growth, why = trend(slopes, estimated)
    name = AS_TOLD.get(axis, axis)
    details["slope"] = growth
    of_numbers["slope"] = rounding_of_growth(slopes, local_slopes(x, constants, rounding, share))
    most = written(max(constants), rounding[largest], 4)
    what = "needed constant" if side is Side.UPPER else "inverse of the allowed constant"
    reason = f"{what} {found} along {name}: {why}, largest {most}"
    if above and found is Trend.GROWS:
        reason += "; the output KL, which the theorem bounds, is below the chain's"
        return of_theorem(theorem, Status.INCONCLUSIVE, reason, **details)
    return of_theorem(theorem, TRENDS[found], reason, **details)


def _needed(value: float, form: float) -> float:
    """``value / form``; a form of 0 serves no value but 0."""
    return value / form if form > 0 else math.inf if value > 0 else 0.0
