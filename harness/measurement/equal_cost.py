"""How the cost of a step of τ-leaping modulo ``S`` grows with its length, and a grid for it.

Steps of equal cost are the best in the limit of many steps.
"""

from collections.abc import Sequence

import numpy as np

from harness.foundation.validation import integer
from harness.measurement.fall_to_uniform import slope
from harness.measurement.path_of_wrap import turned_by_no_shift
from harness.problem.problem import Problem
from harness.process.grids import Grid, equal_cost

POINTS = 65  # at which the curvature is asked for, evenly in the logarithm of the time
LEAST = 1e-24  # of the largest curvature: smaller ones are rounding, and move no step


def curvature(problem: Problem, times: Sequence[float]) -> np.ndarray:
    """``-φ'`` at noise ``times > 0`` of ``problem``: twice the path KL of a short step over ``h²``.

    ``φ(t) = -d/dt KL(q_t‖U)``, ``U`` the uniform law; in nats.  Raises ValueError under noise that
    is not by shifts modulo ``S``.
    """
    if not turned_by_no_shift(problem.symbol_noise, problem.space.tokens):
        raise ValueError(f"the cost of a step needs noise by shifts modulo S, got {problem.noise}")
    return np.array([-slope(problem, t) for t in times])


def best_grid(problem: Problem, steps: int, points: int = POINTS) -> Grid:
    """The grid of ``steps`` equal costs between the ends of the grid of ``problem``.

    The best one as ``steps`` grows, when a step costs the square of its length.

    ``points`` at which the curvature is asked for.  Raises ValueError where the grid ends at 0, or
    where curvature raises it.
    """
    first, last = problem.grid.stop, problem.grid.start
    if first == 0:
        raise ValueError("the best grid has to stop above 0, where a cost may be infinite; got 0")
    times = np.geomspace(first, last, integer("points", points, 2))
    times[[0, -1]] = first, last
    height = curvature(problem, times.tolist())
    return equal_cost(times.tolist(), np.maximum(height, LEAST * height.max()).tolist(), steps)
