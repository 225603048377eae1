"""Theorems against measurements: ``check`` decides inequalities, ``check_sweep`` rates."""

import math
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from harness.foundation.registry import load, theorems
from harness.foundation.validation import choice, instance
from harness.problem.problem import Problem
from harness.verdicts import intervals
from harness.verdicts.quantities import Quantities
from harness.verdicts.quantities_by_draws import DrawnQuantities, quantities_of
from harness.verdicts.rates import FLOOR_SHARE, Trend, local_slopes, trend
from harness.verdicts.theorem import Inequality, Rate, Theorem
from harness.verdicts.verdict import Status, Verdict

SLACK = 1e-9  # relative: rounding of a bound's own formula

TRENDS = {
    Trend.BOUNDED: Status.CONSISTENT,
    Trend.GROWS: Status.INCONSISTENT,
    Trend.OPEN: Status.INCONCLUSIVE,
}

FORM_UNKNOWN = "the form has a part that is not known here"

AXES: Mapping[str, Callable[[Problem, Quantities], float]] = {
    "step": lambda problem, _: 1 / step_size(problem),
    "S": lambda problem, _: float(problem.space.vocabulary),
    "d": lambda problem, _: float(problem.space.length),
    "T": lambda problem, _: problem.grid.start,
    "delta": lambda problem, _: 1 / problem.grid.stop if problem.grid.stop else math.inf,
    "score_error": lambda _, quantities: 1 / max(quantities.score_error, 1e-300),
}
"""The axes of a sweep, each growing in the direction in which a constant must not grow."""

NEUTRAL_AXES = ("coupling",)
"""Axes of the target along which no theorem says how a KL grows: inequalities are checked at each
point, rates and orders are not decided."""


def step_size(problem: Problem) -> float:
    """What "step size" means on this grid: ``κ`` on a geometric one, else the largest step.

    From ``T = inf`` it is the largest step in the probability ``e^{-t}`` that a token is revealed.
    """
    grid = problem.grid
    if math.isinf(grid.start):
        return max(math.exp(-s) - math.exp(-t) for t, s in grid.intervals())
    kappa = dict(grid.recipe).get("kappa")
    if kappa is None:
        return grid.max_step
    return grid.kappa if grid.stop > 0 else kappa  # that of the steps before the last


def all_theorems() -> list[Theorem]:
    """An instance of every registered theorem, by name."""
    load()
    return [theorems[name]() for name in sorted(theorems)]


def check(
    problem: Problem,
    theorems: Iterable[Theorem] | None = None,
    quantities: Quantities | None = None,
) -> list[Verdict]:
    """One verdict a theorem.  A rate is INCONCLUSIVE on a single problem, with its constant."""
    instance("problem", problem, Problem)
    chosen = _instances(theorems)
    quantities = quantities or quantities_of(problem)
    return [_check_one(theorem, problem, quantities) for theorem in chosen]


def check_sweep(
    problems: Sequence[Problem],
    axis: str,
    theorems: Iterable[Theorem] | None = None,
    quantities: Sequence[Quantities] | None = None,
) -> list[Verdict]:
    """One verdict a theorem along ``axis``, of AXES or NEUTRAL_AXES: rates are decided here.

    An inequality holds on a sweep if it holds on every problem; the verdict is its worst case.
    """
    chosen = _instances(theorems)
    choice("axis", axis, (*AXES, *NEUTRAL_AXES))
    if not problems:
        raise ValueError("a sweep needs at least one problem, got none")
    for k, problem in enumerate(problems):
        instance(f"problems[{k}]", problem, Problem)
    quantities = quantities or [quantities_of(problem) for problem in problems]
    cases = list(zip(problems, quantities, strict=True))
    return [
        _rate_along(theorem, axis, cases)
        if isinstance(theorem, Rate)
        else worst([_check_one(theorem, *case) for case in cases])
        for theorem in chosen
    ]


def worst(verdicts: Sequence[Verdict]) -> Verdict:
    """The verdict that a whole sweep deserves: the worst, with the tightest margin among equals.

    Its reason says at how many points another status was found, so that none is passed over.
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
    chosen = min(verdicts, key=lambda v: (order.index(v.status), _or_inf(v.margin)))
    counts = Counter(str(verdict.status) for verdict in verdicts)
    points = ", ".join(f"{n} {status}" for status, n in sorted(counts.items()))
    if len(counts) == 1:
        return replace(chosen, points=points)
    return replace(chosen, points=points, reason=f"{chosen.reason} (at {points})")


def unmet(theorem: Theorem, problem: Problem) -> list[str]:
    """The assumptions of ``theorem`` that ``problem`` does not meet."""
    return [name for name, met in theorem.assumptions(problem).items() if not met]


def compared_rungs(
    theorem: Theorem, quantities: Quantities, left_out: Collection[str] = ()
) -> list[tuple[str, float, float]]:
    """``(rung, value, floor)`` of the theorem's rung and of every measured rung below it.

    By draws neither may be known; then the chain KL above an output KL, if that helps.
    """
    names = Quantities.LADDER.get(theorem.bounds_on, (theorem.bounds_on,))
    values = [(name, *quantities.rung(name)) for name in names if name not in left_out]
    found = [row for row in values if not math.isnan(row[1])]
    if not found and isinstance(quantities, DrawnQuantities):
        return intervals.above_output(theorem, quantities)
    return found


def terms_of(theorem: Inequality, problem: Problem, quantities: Quantities) -> dict[str, float]:
    """The terms of an inequality, computed once for each ``quantities``."""
    if theorem not in quantities.evaluated:
        quantities.evaluated[theorem] = dict(theorem.terms(problem, quantities))
    return quantities.evaluated[theorem]


def form_of(theorem: Rate, problem: Problem, quantities: Quantities) -> float:
    """The form of a rate, computed once for each ``quantities``.  Raises ValueError unless > 0.

    By draws it is ``nan`` where it has a part that no draw shows.
    """
    if theorem not in quantities.evaluated:
        form = float(theorem.form(problem, quantities))
        unknown = isinstance(quantities, DrawnQuantities) and math.isnan(form)
        if not unknown and not (math.isfinite(form) and form > 0):
            raise ValueError(f"form of {theorem.name} must be positive and finite, got {form}")
        quantities.evaluated[theorem] = form
    return quantities.evaluated[theorem]


def _check_one(theorem: Theorem, problem: Problem, quantities: Quantities) -> Verdict:
    missing = unmet(theorem, problem)
    if missing:
        return not_applicable(theorem, missing)
    measured = compared_rungs(theorem, quantities)
    if not measured:
        return _verdict(theorem, Status.INCONCLUSIVE, f"{theorem.bounds_on} is not measured here")
    if isinstance(theorem, Rate):
        rung, value, floor = measured[0]
        form = form_of(theorem, problem, quantities)
        if math.isnan(form):
            return _verdict(theorem, Status.INCONCLUSIVE, FORM_UNKNOWN)
        return _verdict(
            theorem,
            Status.INCONCLUSIVE,
            f"needs a constant of {_needed(value, form):.4g} here; a rate is decided along a sweep",
            rung=rung,
            measured=value,
            bound=form,
            constant=_needed(value, form),
            floor=floor,
        )
    if not isinstance(theorem, Inequality):
        raise TypeError(f"a theorem must be an Inequality or a Rate, got {theorem!r}")
    return _inequality(theorem, problem, quantities, measured)


def _inequality(
    theorem: Inequality,
    problem: Problem,
    quantities: Quantities,
    measured: list[tuple[str, float, float]],
) -> Verdict:
    terms = terms_of(theorem, problem, quantities)
    bound = math.fsum(terms.values())
    if math.isnan(bound):
        missing = ", ".join(name for name, value in terms.items() if math.isnan(value))
        return _verdict(theorem, Status.INCONCLUSIVE, f"not measured here: {missing}")
    details: dict[str, Any] = {"bound": bound, "terms": terms}
    if isinstance(quantities, DrawnQuantities):
        rung, value, floor = measured[0]
        if rung in terms and rung != theorem.bounds_on:
            reason = f"{theorem.bounds_on} is not measured here"
            return _verdict(theorem, Status.INCONCLUSIVE, reason)
        status, reason = intervals.inequality(theorem, problem, quantities, rung, bound)
        details |= {"rung": rung, "measured": value, "floor": floor}
        return _verdict(theorem, status, reason, **details)
    # The bound is rounded too: like the theorem's own rung, whose quantities it is written in.
    rounding = max(floor for *_, floor in measured)
    # A rung is above the ones below it, so the highest that is broken says most.
    for rung, value, floor in measured:
        if value > bound * (1 + SLACK) + rounding:
            reason = f"{rung} {value:.6g} > bound {bound:.6g}"
            return _verdict(
                theorem, Status.VIOLATED, reason, rung=rung, measured=value, floor=floor, **details
            )
    rung, value, floor = measured[0]
    details |= {"rung": rung, "measured": value, "floor": floor}
    for name, larger in theorem.looser(problem, quantities).items():
        if bound > larger * (1 + SLACK) + floor:
            reason = f"bound {bound:.6g} > its own simplification {name} = {larger:.6g}"
            return _verdict(theorem, Status.VIOLATED, reason, **details)
    idle = quantities.idle(rung)
    if bound >= idle:
        reason = f"bound {bound:.6g} >= {idle:.6g}, which doing nothing gives"
        return _verdict(theorem, Status.VACUOUS, reason, **details)
    share = value / bound if bound > 0 else 0.0
    reason = f"{value:.6g} <= {bound:.6g}, {share:.2%} of the bound"
    return _verdict(theorem, Status.HOLDS, reason, **details)


def _rate_along(theorem: Rate, axis: str, cases: Sequence[tuple[Problem, Quantities]]) -> Verdict:
    missing = sorted({name for problem, _ in cases for name in unmet(theorem, problem)})
    if missing:
        return not_applicable(theorem, missing)
    if axis in NEUTRAL_AXES:
        return _rate_undecided(theorem, axis, [_check_one(theorem, *case) for case in cases])
    # A rung is compared where every point has it.
    gaps = {name for name in Quantities.LADDER for _, q in cases if not q.measurable(name)}
    points = sorted(
        (
            (
                AXES[axis](*case),
                form_of(theorem, *case),
                intervals.of_constant(theorem, *case, compared_rungs(theorem, case[1], gaps)),
            )
            for case in cases
        ),
        key=lambda point: point[0],
    )
    if any(not math.isfinite(x) for x, *_ in points):
        return _verdict(theorem, Status.INCONCLUSIVE, f"{axis} is not finite along the sweep")
    if any(math.isnan(form) for _, form, _ in points):
        return _verdict(theorem, Status.INCONCLUSIVE, FORM_UNKNOWN)
    rungs = [name for name, *_ in points[0][2]]
    verdicts = [
        _rate_of_rung(
            theorem,
            axis,
            rung,
            [x for x, *_ in points],
            [form for _, form, _ in points],
            [dict((r, (v, f)) for r, v, f in found)[rung] for *_, found in points],
            estimated=any(isinstance(quantities, DrawnQuantities) for _, quantities in cases),
        )
        for rung in rungs
        if all(rung in [r for r, *_ in found] for *_, found in points)
    ]
    if not verdicts:
        return _verdict(theorem, Status.INCONCLUSIVE, f"{theorem.bounds_on} is not measured here")
    bad = [verdict for verdict in verdicts if verdict.status is Status.INCONSISTENT]
    return (bad or verdicts)[0]


def _rate_undecided(theorem: Rate, axis: str, found: Sequence[Verdict]) -> Verdict:
    """What a rate says along an axis of which it claims nothing: the largest constant needed."""
    if any(math.isnan(verdict.constant) for verdict in found):
        return _verdict(theorem, Status.INCONCLUSIVE, f"{theorem.bounds_on} is not measured here")
    largest = max(found, key=lambda verdict: verdict.constant)
    if math.isinf(largest.constant):
        reason = f"{largest.rung} is infinite, so no constant will do"
        return replace(largest, status=Status.INCONSISTENT, reason=reason)
    reason = f"{axis} decides no rate; needed constants up to {largest.constant:.4g}"
    return replace(largest, reason=reason)


def _rate_of_rung(
    theorem: Rate,
    axis: str,
    rung: str,
    x: list[float],
    forms: list[float],
    values: list[tuple[float, float]],
    estimated: bool,
) -> Verdict:
    constants = [_needed(value, form) for (value, _), form in zip(values, forms, strict=True)]
    floors = [_needed(floor, form) for (_, floor), form in zip(values, forms, strict=True)]
    details: dict[str, Any] = {
        "rung": rung,
        "measured": values[-1][0],
        "bound": forms[-1],
        "constant": max(constants),
        "floor": values[-1][1],
    }
    above = rung not in Quantities.LADDER.get(theorem.bounds_on, (theorem.bounds_on,))
    if any(math.isinf(constant) for constant in constants):
        reason = f"{rung} is infinite, or the form is 0, so no constant will do"
        status = Status.INCONCLUSIVE if above else Status.INCONSISTENT
        return _verdict(theorem, status, reason, **details)
    share = intervals.SLOPE_ERROR if estimated else FLOOR_SHARE
    found, growth, why = trend(local_slopes(x, constants, floors, share), estimated)
    name = {"delta": "1/δ", "step": "1/h", "score_error": "1/ε_score"}.get(axis, axis)
    details["slope"] = growth
    reason = f"needed constant {found} along {name}: {why}, largest {max(constants):.4g}"
    if above and found is Trend.GROWS:
        reason += "; the output KL, which the theorem bounds, is below the chain's"
        return _verdict(theorem, Status.INCONCLUSIVE, reason, **details)
    return _verdict(theorem, TRENDS[found], reason, **details)


def _instances(chosen: Iterable[Theorem] | None) -> list[Theorem]:
    found = all_theorems() if chosen is None else list(chosen)
    for theorem in found:
        if not isinstance(theorem, Theorem):
            raise TypeError(f"a theorem must be an Inequality or a Rate instance, got {theorem!r}")
    return found


def not_applicable(theorem: Theorem, missing: Sequence[str]) -> Verdict:
    """The verdict that names the assumptions that are not met."""
    return _verdict(theorem, Status.NOT_APPLICABLE, f"not met: {'; '.join(missing)}")


def _verdict(theorem: Theorem, status: Status, reason: str, **details: Any) -> Verdict:
    details.setdefault("rung", theorem.bounds_on)
    return Verdict(theorem.name, status, trust=str(theorem.trust), reason=reason, **details)


def _needed(value: float, form: float) -> float:
    """``value / form``; a form of 0 serves no value but 0."""
    return value / form if form > 0 else math.inf if value > 0 else 0.0


def _or_inf(value: float) -> float:
    return math.inf if math.isnan(value) else value
