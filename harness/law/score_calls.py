"""Laws of the number of score calls of samplers that reveal, which need not call in every step.

A token moves in one step of the grid, or in none, independently of the others; in which, with the
probability ``e^{-s} - e^{-t}`` that the forward process made it noise there.
"""

import math
from collections.abc import Sequence

import numpy as np
from scipy.stats import binom

from harness.process.grids import Grid


def masks_at_start(grid: Grid, length: int) -> np.ndarray:
    """``[d + 1]`` law of the number of masks where the grid starts, surrogate or not."""
    return _binomial(length, -math.expm1(-grid.start))


def tokens_moved(grid: Grid, length: int) -> np.ndarray:
    """``[d + 1]`` law of the number of masks revealed: the calls of one for each token."""
    return _binomial(length, math.exp(-grid.stop) - math.exp(-grid.start))


def tokens_written(grid: Grid, length: int) -> np.ndarray:
    """``[d + 1]`` law of the number of tokens that move, where all of them do so below ``T``."""
    late = math.exp(-grid.stop) - math.exp(-grid.start)
    return _binomial(length, late / -math.expm1(-grid.start))


def steps_with_moves(grid: Grid, length: int) -> np.ndarray:
    """``[N + 1]`` law of the number of steps in which a mask is revealed."""
    return occupied([math.exp(-s) - math.exp(-t) for t, s in grid.intervals()], length)


def steps_with_transitions(grid: Grid, length: int) -> np.ndarray:
    """``[N + 1]`` law of the number of steps with a move, where all tokens move below ``T``."""
    below = -math.expm1(-grid.start)
    return occupied([(math.exp(-s) - math.exp(-t)) / below for t, s in grid.intervals()], length)


def occupied(shares: Sequence[float], balls: int) -> np.ndarray:
    """``[len(shares) + 1]`` law of the number of cells that ``balls`` independent balls hit.

    A ball falls in cell ``k`` with probability ``shares[k]``, in none with what is left of 1.
    Cell by cell: of those not yet placed a binomial number falls in this one.
    """
    law = np.zeros((balls + 1, len(shares) + 1))  # balls not yet placed, cells hit
    law[balls, 0] = 1.0
    rest = 1.0
    numbers = np.arange(balls + 1)
    for share in shares:
        here = min(1.0, share / rest) if rest > 0 else 0.0
        left = binom.pmf(numbers[:, None] - numbers, numbers[:, None], here)  # from n to n' <= n
        missed = np.diag(left)
        hit = (left - np.diag(missed)).T @ law
        law = missed[:, None] * law
        law[:, 1:] += hit[:, :-1]
        rest -= share
    return law.sum(0)


def _binomial(number: int, chance: float) -> np.ndarray:
    return binom.pmf(np.arange(number + 1), number, chance)
