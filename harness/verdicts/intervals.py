"""Verdicts on what is estimated by draws: nothing is decided that an interval leaves open."""

import math

import numpy as np

from harness.measurement.by_draws import measurement
from harness.problem.monte_carlo import Estimate
from harness.problem.problem import Problem
from harness.verdicts import reasons
from harness.verdicts.quantities import Quantities
from harness.verdicts.quantities_by_draws import DrawnQuantities
from harness.verdicts.theorem import Equality, Inequality, Rate, Theorem
from harness.verdicts.vacuous import SLACK, vacuous
from harness.verdicts.verdict import Status

Rung = tuple[str, float, float]  # name, value, floor
NARROW = 0.01  # of an equality: half of the interval of the difference, beside the right side
CHANCE = 1e-6  # with which draws alone may contradict an equality that is true
SLOPE_ERROR = 1.0  # beyond this a slope by draws says nothing


def above_output(theorem: Theorem, quantities: DrawnQuantities) -> list[Rung]:
    """The chain KL, as ``compared_rungs`` gives it, for a theorem on the output KL below it.

    The output KL is not known by draws.  A chain KL that obeys the theorem shows that the output
    does; one that breaks it shows nothing.
    """
    if theorem.bounds_on not in ("output", "differential"):
        return []
    value, floor = quantities.rung("chain")
    return [] if math.isnan(value) else [("chain", value, floor)]


def inequality(
    theorem: Inequality,
    problem: Problem,
    quantities: DrawnQuantities,
    rung: str,
    right: tuple[float, float],
) -> tuple[Status, str]:
    """``(status, reason)`` by the interval of ``rung - bound``, both sides from the same paths.

    ``right``: the bound, and how far rounding can move it.
    HOLDS where all of it is at most 0, VIOLATED where none of it is, else INCONCLUSIVE; an equality
    HOLDS where 0 is in it and it is narrow (``NARROW``).  It has no slack, so that of hundreds that
    are true some miss 0 at 99 %: it is VIOLATED where 0 is not even in the interval that misses
    with probability CHANCE, and a side is so large that draws show it: one that is less than
    ``log(1/CHANCE)/n`` nats may be carried by sequences that ``n`` draws have not among them.
    """
    gaps = [
        part.rung(rung)[0] - math.fsum(theorem.terms(problem, part).values())
        for part in quantities.parts
    ]
    gap, wide = (
        Estimate.of(np.array(gaps), each)
        for each in (quantities.confidence, max(quantities.confidence, 1 - CHANCE))
    )
    (bound, off), own = right, measurement.rounding(problem)
    least = SLACK * abs(bound) + own + off
    left = quantities.rung(rung)[0], own
    below = rung not in quantities.LADDER.get(theorem.bounds_on, (theorem.bounds_on,))
    sure = f"{quantities.confidence:.4g} confidence, {len(quantities.sums.start):,} draws"
    low, high = (reasons.number(end, own + off) for end in (gap.low, gap.high))
    apart = f"{rung} - bound in [{low}, {high}] with {sure}"
    if isinstance(theorem, Equality) and rung == theorem.bounds_on:
        shown = max(abs(left[0]), abs(bound)) > -math.log(CHANCE) / len(quantities.sums.start)
        if max(wide.low, -wide.high) > own + off and shown:
            return Status.VIOLATED, f"{rung} {reasons.apart(left, right)}: {apart}"
        if math.isinf(left[0]) and left[0] == bound:
            return Status.VACUOUS, "both sides are infinite"
        met = max(gap.low, -gap.high) <= own + off
        if met and max(gap.high, -gap.low) <= NARROW * abs(bound) + own + off:
            return Status.HOLDS, f"{reasons.equal(left, right)}: {apart}"
        return Status.INCONCLUSIVE, apart
    if isinstance(theorem, Equality):
        return Status.INCONCLUSIVE, f"{theorem.bounds_on} is not measured here"
    if gap.high > least:
        if gap.low > least and not below:
            return Status.VIOLATED, f"{reasons.violated(rung, left, right)}: {apart}"
        why = ", and the output KL is below the chain's" if below and gap.low > least else ""
        return Status.INCONCLUSIVE, f"{apart}{why}"
    if says_nothing := vacuous(quantities, rung, bound, off):
        return Status.VACUOUS, says_nothing
    return Status.HOLDS, f"{reasons.holds(left, right)}: {apart}"


def of_constant(
    theorem: Rate, problem: Problem, quantities: Quantities, found: list[Rung]
) -> list[Rung]:
    """``found``, by draws with floors such that ``floor / form`` is half the constant's interval.

    The needed constant is ``rung / form``, both from the same paths.
    """
    if not isinstance(quantities, DrawnQuantities):
        return found
    forms = [theorem.form(problem, part) for part in quantities.parts]
    form, rungs = theorem.form(problem, quantities), []
    for rung, value, _ in found:
        parts = zip(quantities.parts, forms, strict=True)
        needed = np.array([part.rung(rung)[0] / of_part for part, of_part in parts])
        rungs.append((rung, value, Estimate.of(needed, quantities.confidence).half_width * form))
    return rungs
