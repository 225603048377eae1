"""The most likely cause of a limit that is not the truth: hypotheses tried on the law it leads to.

What is said fits: the truth, changed in this way, is the law found.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy.optimize import minimize_scalar

from harness.numerics.marginals import marginals, product
from harness.problem.problem import Problem

FITS = 0.02  # of the defect, that a hypothesis may leave
EARLIEST = 1e-7  # time at which a run may have stopped


def told(problem: Problem, law: np.ndarray, unsure: float) -> str:
    """What explains ``law [S^d]``, to which runs of ``problem`` lead; empty where nothing does.

    ``unsure``: by which share of a probability the law may be off.
    """
    truth = problem.marginal(problem.grid.stop)
    held = (truth > 0) & (law > 0)
    scale = np.where(held, truth, 1.0)
    defect = float((np.abs(law - truth) / scale)[held].max(initial=0.0))
    for name, other in _hypotheses(problem, truth, law, held):
        left = float((np.abs(law - other) / scale)[held].max(initial=0.0))
        if left <= FITS * defect and unsure <= FITS * defect:
            return name
    return ""


def _hypotheses(
    problem: Problem, truth: np.ndarray, law: np.ndarray, held: np.ndarray
) -> Iterator[tuple[str, np.ndarray]]:
    """What is said of it, and the law that would be."""
    start, stop = problem.grid.start, problem.grid.stop
    if np.isfinite(start):
        time = _nearest_time(problem, law, held)
        if time > 1.001 * stop:
            yield (
                f"equals the truth at t={time:.4g}, where it seems to stop",
                problem.marginal(time),
            )
    parts = {"where the run begins": problem.marginal(start)} if np.isfinite(start) else {}
    apiece = marginals(truth.reshape(problem.space.shape))
    parts["that tokens have if none knows of the others"] = product(apiece).reshape(-1)
    for name, part in parts.items():
        way = part - truth
        if (size := float((way**2).sum())) > 0:
            share = float(((law - truth) * way).sum()) / size
            if share > 0:
                yield f"a share {share:.3g} of it is the law {name}", truth + share * way
    logs = np.log(truth[held])
    if np.ptp(logs) > 0:
        power = float(np.polyfit(logs, np.log(law[held]), 1)[0])
        powers = np.where(truth > 0, truth**power, 0.0)
        yield f"equals the truth to the power {power:.6g}", powers * (law.sum() / powers.sum())


def _nearest_time(problem: Problem, law: np.ndarray, held: np.ndarray) -> float:
    """The time at which the truth is nearest to ``law``."""
    start, stop = problem.grid.start, problem.grid.stop

    def apart(log_time: float) -> float:
        return float(np.abs(law - problem.marginal(float(np.exp(log_time))))[held].sum())

    bounds = np.log(max(stop, EARLIEST)), np.log(start)
    found: Any = minimize_scalar(apart, bounds=bounds, method="bounded")
    return float(np.exp(found.x))
