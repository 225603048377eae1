"""The score error at every time: ``∫_δ^T L_SE(u) du``, not at the times of a grid.

``L_SE(u) = E_{q_u} Σ_i Σ_{b≠x_i} R(b, x_i) D(s, ŝ)``.  By Gauss-Legendre rules on panels of time
that halve towards 0, where laws change fastest.
"""

import math

import numpy as np

from harness.foundation.precision import float64
from harness.measurement import own_score_error
from harness.measurement.measure import distance
from harness.numerics.divergence import kl_floor
from harness.problem.problem import Problem
from harness.process.own_score import ScoreFunction

NODES = (12, 8)  # of a panel, and of a coarser rule that says how far off the first may be
HALVINGS = 40  # at most, down to δ or 0


def score_error_in_time(problem: Problem) -> tuple[float, float]:
    """``(value, floor)`` of the integral in nats; ``nan`` from ``T = inf`` for a wrong score."""
    if problem.score_model.log_error is None:
        return 0.0, 0.0
    if math.isinf(problem.grid.start):
        return math.nan, 0.0
    panels, found = _panels(problem.grid.start, problem.grid.stop), []
    for count in NODES:
        nodes, weights = np.polynomial.legendre.leggauss(count)
        found.append(
            math.fsum(
                (a - b) / 2 * weight * loss(problem, b + (a - b) * (node + 1) / 2)
                for a, b in panels
                for node, weight in zip(nodes.tolist(), weights.tolist(), strict=True)
            )
        )
    return found[0], abs(found[0] - found[1]) + kl_floor(found[0])


def loss(problem: Problem, u: float) -> float:
    """``L_SE(u)``."""
    if isinstance(problem.score, ScoreFunction):
        return own_score_error.loss(problem, u)
    error = problem.score_model.log_error
    with float64():
        return math.fsum(
            float(distance(flow, error[rows]))
            for rows, flow in problem.reverse_flow(problem.marginal(u))
        )


def _panels(start: float, stop: float) -> list[tuple[float, float]]:
    """From ``start`` down to ``stop``, each no longer than half of what is left to 0."""
    ends = [start]
    while ends[-1] > 2 * stop and len(ends) < HALVINGS:
        ends.append(ends[-1] / 2)
    return list(zip(ends, [*ends[1:], stop], strict=True))
