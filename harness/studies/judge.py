"""One sweep of an experiment: its rows of measurements, and a verdict for each theorem."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from harness.measurement.by_draws import measurement
from harness.measurement.score_calls import score_calls
from harness.problem.problem import Problem
from harness.studies.experiment import Compare, Expect, Sweep
from harness.studies.ledger import FLOORS, Row
from harness.verdicts.checks import (
    TRENDS,
    check_sweep,
    compared_rungs,
    form_of,
    step_size,
    terms_of,
    unmet,
)
from harness.verdicts.complexity import steps_to, theorem_steps, with_steps
from harness.verdicts.quantities import Quantities
from harness.verdicts.quantities_by_draws import quantities_of
from harness.verdicts.rates import NEEDED, local_slopes, trailing_resolved, trend
from harness.verdicts.theorem import Inequality, Rate, Theorem
from harness.verdicts.verdict import Status, Verdict

FITTED = " (constant fitted at the largest KL)"  # part of a column's name


def judge(sweep: Sweep, tick: Callable[[], None]) -> tuple[list[Row], list[Verdict]]:
    """Rows and verdicts of ``sweep``; ``tick`` is called after each problem."""
    return (_complexity if sweep.experiment.axis == "epsilon" else _measured)(sweep, tick)


def _measured(sweep: Sweep, tick: Callable[[], None]) -> tuple[list[Row], list[Verdict]]:
    """Rows and verdicts of a sweep over problems."""
    theorems = sweep.experiment.chosen_theorems
    cases, rows = [], []
    for value, problem in zip(sweep.values, sweep.problems, strict=True):
        quantities = quantities_of(problem, output_only=sweep.experiment.output_only)
        rows.append(_row(sweep, value, problem, quantities, theorems))
        cases.append(quantities)
        tick()
    verdicts = check_sweep(sweep.problems, sweep.experiment.axis, theorems, cases)
    verdicts += [_order(expect, sweep, cases) for expect in sweep.expectations()]
    return rows, verdicts


def _row(
    sweep: Sweep,
    value: float,
    problem: Problem,
    quantities: Quantities,
    theorems: Sequence[Theorem],
) -> Row:
    m, grid = quantities.measurement, problem.grid
    # Equal seeds draw equal paths: rounding moves an estimate, not its interval.
    chain = measurement.rounding(problem) if m.draws else m.chain_floor
    numbers: dict[str, tuple[float, float]] = {
        "kl": (m.kl, m.floor),
        "chain_kl": (m.chain_kl, chain),
        "start_kl": (m.start_kl, m.floor),
        "factorisation_kl": (m.factorisation_kl, chain),
        "marginal_kl": (m.marginal_kl, chain),
        "path_kl": (m.path_kl, m.path_floor),
        "tv": (m.tv, 1e-14),
        "reverse_kl": (m.reverse_kl, 1e-13),
        "chi2": (m.chi2, 1e-13),
        "hellinger": (m.hellinger, 1e-13),
        "score_error": (m.score_error, 1e-14),
        "idle_kl": (m.idle_kl, 1e-14),
        "data_tv": (m.data_tv, 1e-14),
        "entropy_fall": (m.entropy_fall, _entropy_floor(problem)),
        "stopping_tv": (quantities.stopping_tv, 1e-14),
        "off_support": (m.off_support, 1e-13),
        "lost_mass": (m.lost_mass, 1e-13),
        "clipped": (m.clipped, 1e-13),
        "total_correlation": (m.total_correlation, 1e-13),
        "dual_total_correlation": (m.dual_total_correlation, 1e-13),
    }
    if m.draws:
        numbers |= {"draws": (m.draws, 0.0), "chain_half_width": (m.chain_floor, chain)}
    for theorem in theorems:
        if unmet(theorem, problem):
            continue
        column = f"{theorem.name}[{theorem.trust}]"
        if isinstance(theorem, Rate):
            numbers[f"form {column}"] = form_of(theorem, problem, quantities), 1e-13
        elif isinstance(theorem, Inequality):
            bound = math.fsum(terms_of(theorem, problem, quantities).values())
            numbers[f"bound {column}"] = bound, chain + 1e-13  # nan, and left out, if unmeasured
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
        "score_calls": _calls(problem),
        "engine": m.engine,
        **{k: v for k, (v, _) in numbers.items() if not math.isnan(v)},
        FLOORS: {k: floor for k, (_, floor) in numbers.items()},
    }


def _entropy_floor(problem: Problem) -> float:
    """How far rounding can move a difference of entropies of the output."""
    return 1e-13 + measurement.rounding(problem)


def _calls(problem: Problem) -> float | str:
    """The expected number of score calls; nothing where it is not known."""
    try:
        return score_calls(problem).mean
    except ValueError:
        return ""


def comparison(compare: Compare, target: str, rows: Sequence[Row]) -> Verdict:
    """Whether one sampler's quantity is below the other's on ``target``, at equal score calls."""
    lower, higher = (
        {row["value"]: row for row in rows if (row["target"], row["sampler"]) == (target, name)}
        for name in (compare.lower, compare.higher)
    )
    column, pairs = compare.quantity, [(lower[value], higher[value]) for value in lower]
    calls = [row["score_calls"] for row, _ in pairs]
    wanted = f"{column} below that of {compare.higher}"
    if "" in calls or any(row["score_calls"] != other["score_calls"] for row, other in pairs):
        reason = "the two are not known to take as many score calls"
        return Verdict(wanted, Status.INCONCLUSIVE, column, "N", reason)
    if not all(column in row and column in other for row, other in pairs):
        return Verdict(wanted, Status.INCONCLUSIVE, column, "N", f"{column} is not measured here")
    signs = {_sign(row, other, column) for row, other in pairs}
    status = Status.CONSISTENT if signs == {-1} else Status.INCONSISTENT
    if 0 in signs and 1 not in signs:
        status = Status.INCONCLUSIVE
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = [np.divide(row[column], other[column]) for row, other in pairs]
    shown = ", ".join(f"{ratio:.3g}" for ratio in ratios)
    return Verdict(
        wanted,
        status,
        column,
        "N",
        f"{shown} times as much at {', '.join(f'{each:g}' for each in calls)} score calls"
        + (", equal up to rounding somewhere" if 0 in signs else ""),
        measured=pairs[-1][0][column],
        bound=pairs[-1][1][column],
    )


def _sign(row: Row, other: Row, column: str) -> int:
    """-1 where ``row`` has less, 1 where it has more, 0 where rounding could decide."""
    less, more = row[column], other[column]
    if less == more or abs(less - more) <= row[FLOORS][column] + other[FLOORS][column]:
        return 0
    return -1 if less < more else 1


def _order(expect: Expect, sweep: Sweep, cases: Sequence[Quantities]) -> Verdict:
    """Whether a quantity falls (or grows) along the axis with the order that was announced."""
    problems = sweep.problems
    x = {
        "step": [step_size(problem) for problem in problems],
        "delta": [problem.grid.stop for problem in problems],
    }.get(sweep.experiment.axis, list(sweep.values))
    floors = {"kl": "floor", "path_kl": "path_floor", "tv": "floor"}
    ms = [case.measurement for case in cases]
    y = [getattr(m, expect.quantity) for m in ms]
    floor = [getattr(m, floors.get(expect.quantity, "chain_floor")) for m in ms]
    if expect.quantity == "entropy_fall":
        floor = [_entropy_floor(problem) for problem in problems]
    usable = trailing_resolved(local_slopes(x, y, floor))[-NEEDED:]
    found = [slope.value for slope in usable]
    if len(found) < NEEDED:
        status, reason = (
            Status.INCONCLUSIVE,
            f"only {len(found)} resolved intervals, {NEEDED} needed",
        )
    else:
        off = max(found, key=lambda value: abs(value - expect.order))
        right = abs(off - expect.order) <= expect.tolerance
        status = Status.CONSISTENT if right else Status.INCONSISTENT
        reason = (
            f"slopes {', '.join(map(str, usable))}; "
            f"{expect.order:g} ± {expect.tolerance:g} expected"
        )
    return Verdict(
        f"order of {expect.quantity}",
        status,
        expect.quantity,
        "N",
        reason,
        measured=y[-1],
        bound=expect.order,
        slope=found[-1] if found else math.nan,
        floor=floor[-1],
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
    for theorem in theorems:
        missing = unmet(theorem, problem)
        if not theorem.promises_kl():
            missing = ["promises no number of steps"]
        if missing:
            verdicts.append(_verdict(theorem, Status.NOT_APPLICABLE, f"not met: {missing[0]}"))
            continue
        constant, rate = 1.0, isinstance(theorem, Rate)
        if isinstance(theorem, Rate):
            coarsest = with_steps(problem, steps[0])
            quantities = Quantities(coarsest)
            _, value, _ = compared_rungs(theorem, quantities)[-1]
            constant = value / form_of(theorem, coarsest, quantities)
        promised = [theorem_steps(theorem, problem, kl, constant, known) for kl in sweep.values]
        for row, number in zip(rows, promised, strict=True):
            row[f"N {theorem.name}[{theorem.trust}]{FITTED if rate else ''}"] = number
        verdicts.append(_complexity_verdict(theorem, sweep.values, steps, promised, constant))
    return rows, verdicts


def _complexity_verdict(
    theorem: Theorem,
    kls: Sequence[float],
    steps: Sequence[int],
    promised: Sequence[int],
    constant: float,
) -> Verdict:
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
    details |= {"constant": constant, "slope": growth}
    return _verdict(theorem, TRENDS[found], reason, **details)


def _verdict(theorem: Theorem, status: Status, reason: str, **details: Any) -> Verdict:
    return Verdict(theorem.name, status, "steps to KL", str(theorem.trust), reason, **details)


def names(sweep: Sweep) -> Row:
    return {
        "experiment": sweep.experiment.name,
        "target": sweep.target,
        "sampler": sweep.sampler,
    }
