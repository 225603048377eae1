"""Iteration complexity: the fewest steps that reach a given KL, measured or as a theorem says."""

import dataclasses
import math
from collections.abc import Callable

from harness.foundation.validation import real
from harness.measurement.measure import measure
from harness.problem.problem import Problem
from harness.verdicts.quantities import Quantities
from harness.verdicts.right_side import bound_of, form_with_floor, unmet
from harness.verdicts.theorem import Inequality, Rate, Theorem

MAX_STEPS = 2**14


def steps_to(problem: Problem, kl: float) -> int:
    """The fewest steps ``N`` of the grid of ``problem``, refined, with ``KL(q_δ‖p_out) <= kl``.

    A KL that is above ``kl`` by no more than its floor reaches it.  ``N`` is found by doubling and
    halving, for a KL that falls with ``N``; the step count before the answer is checked to miss.
    Raises ValueError for a grid that cannot be refined, and where the KL is still larger at 16,384
    steps (a start error or a score error stays).
    """

    def least(problem: Problem) -> float:
        found = measure(problem, output_only=True)
        return found.kl - found.floors["kl"]

    return fewest_steps(problem, least, real("kl", kl, above=0))


def theorem_steps(
    theorem: Theorem,
    problem: Problem,
    kl: float,
    constant: float = 1.0,
    quantities: dict[int, Quantities] | None = None,
    constant_floor: float = 0.0,
) -> int:
    """The fewest steps at which ``theorem`` promises ``kl``; a rate with the given ``constant``.

    For ``problem`` on grids of its kind.  A promise that is above ``kl`` by no more than rounding
    can do to it, and to the constant by ``constant_floor``, counts.  A theorem promises nothing on
    a grid that does not meet its assumptions.  ``quantities``, by number of steps, are filled and
    used again by further calls on the same problem.
    """
    known = {} if quantities is None else quantities

    def least(problem: Problem) -> float:
        if unmet(theorem, problem):
            return math.inf
        here = known.setdefault(problem.grid.steps, Quantities(problem))
        if isinstance(theorem, Inequality):
            bound, off = bound_of(theorem, here.problem, here)
            return bound - off
        assert isinstance(theorem, Rate)
        form, off = form_with_floor(theorem, here.problem, here)
        return constant * form - constant * off - constant_floor * form

    return fewest_steps(problem, least, real("kl", kl, above=0))


def fewest_steps(problem: Problem, value: Callable[[Problem], float], target: float) -> int:
    """The fewest ``N`` with ``value(problem with N steps) <= target``.  Raises ValueError."""

    def reached(steps: int) -> bool:
        return value(with_steps(problem, steps)) <= target

    high = 1
    while not reached(high):
        high *= 2
        if high > MAX_STEPS:
            raise ValueError(f"{target:g} nats are not reached with {MAX_STEPS:,} steps")
    low = high // 2  # known to miss, or 0
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if reached(middle) else (middle, high)
    return high


def with_steps(problem: Problem, steps: int) -> Problem:
    """``problem`` on the same kind of grid with another number of ``steps``."""
    return dataclasses.replace(problem, grid=problem.grid.with_steps(steps))
