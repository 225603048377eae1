"""One sweep of an experiment: its rows of measurements, and a verdict for each theorem."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from harness.measurement.result import Measurement
from harness.measurement.score_calls import score_calls
from harness.problem.problem import Problem
from harness.studies.curve import HALF_WIDTHS
from harness.studies.experiment import Expect, Sweep
from harness.studies.ledger import FLOORS, Row
from harness.verdicts.axes import step_size
from harness.verdicts.checks import check_sweep
from harness.verdicts.complexity import steps_to, theorem_steps, with_steps
from harness.verdicts.quantities import Quantities
from harness.verdicts.quantities_of import of_sweep
from harness.verdicts.rate import TRENDS
from harness.verdicts.right_side import bound_of, compared_rungs, form_with_floor, unmet
from harness.verdicts.slopes import (
    LOGARITHM,
    NEEDED,
    RESOLUTION,
    Slope,
    local_slopes,
    trailing_resolved,
    trend,
)
from harness.verdicts.theorem import Inequality, Rate, Theorem
from harness.verdicts.verdict import Status, Verdict

Known = Mapping[int, Measurement | Exception]
MEASURED = (
    *("kl", "chain_kl", "start_kl", "factorisation_kl", "marginal_kl", "path_kl"),
    *("tv", "reverse_kl", "chi2", "hellinger", "score_error", "idle_kl", "data_tv"),
    *("entropy_fall", "off_support", "lost_mass", "clipped"),
    *("total_correlation", "dual_total_correlation"),
)
"""What a row holds of a measurement."""
ORDER = "order of "
"""What an order that an experiment announces goes by."""
FITTED = " (constant fitted at the largest KL)"  # part of a column's name


ACCURACY = {"kl": "floor", "chain_kl": "chain_floor", "path_kl": "path_floor"}
"""What says how far off a quantity may be for any reason, where that is more than rounding."""


def judge(
    sweep: Sweep, tick: Callable[[], None], known: Known | None = None
) -> tuple[list[Row], list[Verdict]]:
    """Rows and verdicts of ``sweep``; ``tick`` is called after each problem.

    ``known``: what was measured of the problem at a place, or its error.
    """
    if sweep.experiment.axis == "epsilon":
        return _complexity(sweep, tick)
    return _measured(sweep, tick, known or {})


def _measured(
    sweep: Sweep, tick: Callable[[], None], known: Known
) -> tuple[list[Row], list[Verdict]]:
    """Rows and verdicts of a sweep over problems."""
    theorems, rows = sweep.experiment.chosen_theorems, []
    cases = of_sweep(sweep.problems, output_only=sweep.experiment.output_only, known=known)
    for value, problem, quantities in zip(sweep.values, sweep.problems, cases, strict=True):
        rows.append(_row(sweep, value, problem, quantities, theorems))
        tick()
    verdicts = check_sweep(sweep.problems, sweep.experiment.axis, theorems.values(), cases)
    verdicts = [replace(v, theorem=name) for name, v in zip(theorems, verdicts, strict=True)]
    verdicts += [_order(expect, sweep, cases) for expect in sweep.expectations()]
    return rows, verdicts


def _row(
    sweep: Sweep,
    value: float,
    problem: Problem,
    quantities: Quantities,
    theorems: Mapping[str, Theorem],
) -> Row:
    m, grid = quantities.measurement, problem.grid
    numbers = {name: (getattr(m, name), m.floors.get(name, 0.0)) for name in MEASURED}
    numbers["stopping_tv"] = quantities.stopping_tv, quantities.rounding("stopping_tv")
    if m.draws:
        numbers["draws"] = m.draws, 0.0
        for name, column in HALF_WIDTHS.items():
            estimate, floor = numbers[name]
            half_width = math.nan if math.isnan(estimate) else getattr(m, ACCURACY[name])
            numbers[column] = half_width, floor
    for name, theorem in theorems.items():
        if unmet(theorem, problem):
            continue
        column = f"{name}[{theorem.trust}]"
        if isinstance(theorem, Rate):
            numbers[f"form {column}"] = form_with_floor(theorem, problem, quantities)
        elif isinstance(theorem, Inequality):  # nan, and left out, if unmeasured
            numbers[f"bound {column}"] = bound_of(theorem, problem, quantities)
    return {
        **names(sweep),
        "axis": sweep.experiment.axis,
        "value": value,
        "S": problem.space.vocabulary,
        "d": problem.space.length,
        "N": grid.steps,
        "T": grid.start,
        "delta": grid.stop,
        "h": step_size(problem),
        "score_calls": "" if math.isnan(calls := calls_of(problem)) else calls,
        "engine": m.engine,
        **{k: v for k, (v, _) in numbers.items() if not math.isnan(v)},
        FLOORS: {k: floor for k, (_, floor) in numbers.items()},
    }


def calls_of(problem: Problem) -> float:
    """The expected number of score calls; nan where it is not known."""
    try:
        return score_calls(problem).mean
    except ValueError:
        return math.nan


def _order(expect: Expect, sweep: Sweep, cases: Sequence[Quantities]) -> Verdict:
    """Whether a quantity falls (or grows) along the axis with the order that was announced."""
    x = sweep.places
    ms = [case.measurement for case in cases]
    y = [getattr(m, expect.quantity) for m in ms]
    rounding = [m.floors.get(expect.quantity, 0.0) for m in ms]
    accuracy = ACCURACY.get(expect.quantity)
    floor = [getattr(m, accuracy) for m in ms] if accuracy else rounding
    slopes = local_slopes(x, y, floor)
    usable = trailing_resolved(slopes)[-NEEDED:]
    errors = {slope.low: slope.error for slope in local_slopes(x, y, rounding)}
    found = [slope.value for slope in usable]
    if len(found) < NEEDED:
        status, reason = (
            Status.INCONCLUSIVE,
            f"only {len(found)} resolved intervals, {NEEDED} needed",
        )
    else:
        status = Status.CONSISTENT if announced(usable, expect) else Status.INCONSISTENT
        reason = (
            f"slopes {', '.join(map(str, usable))}; "
            f"{expect.order:g} ± {expect.tolerance:g} expected"
        )
    return Verdict(
        f"{ORDER}{expect.quantity}",
        status,
        expect.quantity,
        "N",
        reason,
        measured=y[-1],
        bound=expect.order,
        slope=found[-1] if found else math.nan,
        floor=floor[-1],
        floors={
            "measured": rounding[-1],
            "slope": LOGARITHM + (errors[usable[-1].low] if usable else 0.0),
        },
    )


def announced(slopes: Sequence[Slope], expect: Expect) -> bool:
    """Whether all slopes are what was announced; what their own errors explain is no distance."""
    return all(
        abs(slope.value - expect.order) <= expect.tolerance + slope.error + RESOLUTION
        for slope in slopes
    )


def _complexity(sweep: Sweep, tick: Callable[[], None]) -> tuple[list[Row], list[Verdict]]:
    """The fewest steps that reach each KL against what every theorem promises.

    A rate's constant is the one that the *coarsest* KL needs: from there on the theorem must not
    promise fewer and fewer of the steps that are really needed.
    """
    (problem,), theorems = sweep.problems, sweep.experiment.chosen_theorems
    steps, rows = [], []
    for kl in sweep.values:
        steps.append(steps_to(problem, kl))
        rows.append({**names(sweep), "axis": "epsilon", "value": kl, "N": steps[-1]})
        tick()
    verdicts, known = [], {}
    for name, theorem in theorems.items():
        missing = unmet(theorem, problem)
        if not theorem.promises_kl():
            missing = ["promises no number of steps"]
        if missing:
            told = _verdict(theorem, Status.NOT_APPLICABLE, f"not met: {missing[0]}")
            verdicts.append(replace(told, theorem=name))
            continue
        constant, off, rate = 1.0, 0.0, isinstance(theorem, Rate)
        if isinstance(theorem, Rate):
            coarsest = with_steps(problem, steps[0])
            quantities = Quantities(coarsest)
            rung, value, _ = compared_rungs(theorem, quantities)[-1]
            form, off_form = form_with_floor(theorem, coarsest, quantities)
            constant = value / form
            off = (quantities.rung_rounding(rung) + constant * off_form) / form
        promised = [
            theorem_steps(theorem, problem, kl, constant, known, off) for kl in sweep.values
        ]
        for row, number in zip(rows, promised, strict=True):
            row[f"N {name}[{theorem.trust}]{FITTED if rate else ''}"] = number
        told = _complexity_verdict(theorem, sweep.values, steps, promised, (constant, off))
        verdicts.append(replace(told, theorem=name))
    return rows, verdicts


def _complexity_verdict(
    theorem: Theorem,
    kls: Sequence[float],
    steps: Sequence[int],
    promised: Sequence[int],
    constant: tuple[float, float],
) -> Verdict:
    """``constant``: that of a rate, and how far rounding can move it."""
    details: dict[str, Any] = {"measured": float(steps[-1]), "bound": float(promised[-1])}
    if not isinstance(theorem, Rate):
        broken = [k for k in range(len(kls)) if steps[k] > promised[k]]
        k = broken[0] if broken else len(kls) - 1
        status = Status.VIOLATED if broken else Status.HOLDS
        reason = f"KL {kls[k]:g} needs {steps[k]} steps, the theorem says {promised[k]} suffice"
        return _verdict(theorem, status, reason, **details)
    ratios = [n / m for n, m in zip(steps, promised, strict=True)]
    # A count of steps is right to half a step.
    error = [0.5 / m for m in promised]
    slopes = local_slopes([1 / kl for kl in kls], ratios, error, floor_share=math.inf)
    found, growth, why = trend(slopes)
    reason = (
        f"ratio of measured to promised steps {found} along 1/ε: {why}, "
        f"at KL {kls[-1]:g}: {steps[-1]} / {promised[-1]}"
    )
    details |= {"constant": constant[0], "slope": growth, "floors": {"constant": constant[1]}}
    return _verdict(theorem, TRENDS[found], reason, **details)


def _verdict(theorem: Theorem, status: Status, reason: str, **details: Any) -> Verdict:
    return Verdict(theorem.name, status, "steps to KL", str(theorem.trust), reason, **details)


def names(sweep: Sweep) -> Row:
    return {
        "experiment": sweep.experiment.name,
        "target": sweep.target,
        "sampler": sweep.sampler,
    }
