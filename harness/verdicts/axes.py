"""The axes of a sweep, and what "step size" means on a grid."""

import math
from collections.abc import Callable, Mapping

from harness.problem.problem import Problem
from harness.verdicts.quantities import Quantities

AXES: Mapping[str, Callable[[Problem, Quantities], float]] = {
    "step": lambda problem, _: 1 / step_size(problem),
    "S": lambda problem, _: float(problem.space.vocabulary),
    "d": lambda problem, _: float(problem.space.length),
    "T": lambda problem, _: problem.grid.start,
    "delta": lambda problem, _: 1 / problem.grid.stop if problem.grid.stop else math.inf,
    "score_error": lambda _, quantities: 1 / max(quantities.score_error, 1e-300),
}
"""The axes of a sweep, each growing in the direction in which a constant must not grow."""

DERIVED_AXES: Mapping[str, tuple[str, Callable[[float], float]]] = {
    "log_S": ("S", math.log),
    "large_score_error": ("score_error", lambda x: 1 / x),
}
"""Further axes of ``check_sweep``, each a function of one.  Along ``log S`` a logarithm is a power,
whose absence shows as growth that does not die out; a score error may grow as well as fall."""


def base_axis(axis: str) -> str:
    """The axis of an experiment along which ``axis`` changes."""
    return DERIVED_AXES[axis][0] if axis in DERIVED_AXES else axis


def along(axis: str, problem: Problem, quantities: Quantities) -> float:
    """Where ``problem`` is along ``axis``, one of AXES or DERIVED_AXES."""
    x = AXES[base_axis(axis)](problem, quantities)
    return DERIVED_AXES[axis][1](x) if axis in DERIVED_AXES else x


NEUTRAL_AXES = ("coupling", "knob")
"""Axes along which no theorem says how a KL grows, of the target or of each sampler: inequalities
are checked at each point, rates and orders are not decided."""


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
