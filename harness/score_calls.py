"""How many score calls a run needs: an exact law, since samplers that reveal need not call always.

A token moves in one step of the grid, or in none, independently of the others; in which, with the
probability ``e^{-s} - e^{-t}`` that the forward process made it noise there.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import binom, poisson

from harness.claims import Trait
from harness.engines import enumerated, step_laws
from harness.grids import Grid
from harness.precision import float64
from harness.problem import Problem
from harness.registry import label
from harness.space import Counts
from harness.step import Generator, Varying
from harness.validation import instance

TAIL = 1e-12  # probability of more calls than a law lists


@dataclass(frozen=True)
class ScoreCalls:
    """``law [m]`` of the number of score calls that one sequence takes: of ``0, 1, ..`` calls."""

    law: np.ndarray

    @property
    def mean(self) -> float:
        """The expected number of calls, to a relative 1e-11."""
        return float(self.law @ np.arange(len(self.law)))


def score_calls(problem: Problem) -> ScoreCalls:
    """The law of the number of score calls of a run of ``problem``, on a sequence of its own.

    As claimed: so many a step, unless the sampler says which steps need none.  A chain that jumps
    inside the step is drawn by candidate events at a constant rate ``λ_k``, a bound on the rate out
    of any state: their number is Poisson of mean ``Σ_k λ_k h_k``, whatever the chain does.
    Uniformization asks for the score at each, the frozen score at no more than that.  Raises
    ValueError where such a chain runs on counts or is drawn, without tables to find ``λ_k`` from.
    """
    instance("problem", problem, Problem)
    claims, grid = problem.sampler.claims, problem.grid
    if claims.begins_with is not None:
        first = claims.begins_with
        more = (claims.score_calls - first.claims.score_calls) * grid.steps
        law = score_calls(replace(problem, sampler=first)).law
        return ScoreCalls(np.concatenate([np.zeros(more), law]))
    if claims.calls is not None:
        return ScoreCalls(claims.calls(grid, problem.space.length))
    if {Trait.FROZEN_RATES, Trait.EXACT_TIME} & claims.traits:
        mean = math.fsum(candidate_events(problem))
        return ScoreCalls(poisson.pmf(np.arange(int(poisson.isf(TAIL, mean)) + 2), mean))
    law = np.zeros(claims.score_calls * grid.steps + 1)
    law[-1] = 1.0
    return ScoreCalls(law)


def candidate_events(problem: Problem) -> list[float]:
    """``λ_k h_k``, how many candidate events each step of a chain expects.  Raises ValueError."""
    if problem.drawn or isinstance(problem.space, Counts):
        raise ValueError(
            f"how often {label(problem.sampler)} asks for the score is found from the tables of "
            "engine='enumerated', which this problem has not"
        )
    found = []
    for (t, _), told in zip(problem.grid.intervals(), enumerated.told_times(problem), strict=True):
        law = step_laws.step_law(problem, t, told)
        with float64():
            match law:
                case Varying():
                    found.append(float(law.top) * float(law.begin - law.end))
                case Generator():
                    top = float(step_laws.exits(problem.space, law.rates).max())
                    found.append(top * float(law.duration))
                case _:
                    raise ValueError(f"{label(problem.sampler)} runs no chain inside a step")
    return found


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
