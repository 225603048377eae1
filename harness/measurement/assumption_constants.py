"""The constants that theorems assume or leave open, as they are on one problem."""

import math
from dataclasses import dataclass, fields
from typing import ClassVar

import numpy as np

from harness.foundation.digits import written
from harness.foundation.precision import float64
from harness.problem.problem import Problem
from harness.process.score import Score
from harness.process.space import Sequences

MAX_ENTRIES = 2**22  # of a table of scores over states, tokens and symbols
RELATIVE = 1e-12  # rounding of a ratio of probabilities


@dataclass(frozen=True)
class AssumptionConstants:
    """What is bounded on a problem, and by how much; ``nan`` where it is not known.

    ``L``: the largest ratio of the probabilities of two sequences of the data that differ in one
    token, inf without full support.  ``M``: the largest true score ``s_t(x)_{i,b} = q_t(x^{i←b}) /
    q_t(x)``, ``b`` a token other than ``x_i``, at the grid times above 0; ``M_estimate`` the same
    of the sampler's estimate. ``C_1``: the smallest ``C`` with ``s_t(x)_{i,b} <= C (1 + 1/t)`` at
    those times.  ``forward_exit``: the largest rate at which a token leaves its value under the
    noise; ``reverse_exit``: the largest total rate out of a sequence in reverse, at those times.
    ``kappa_least``, ``kappa_most``: of ``κ_k = h_k / min(1, s_k)``, ``s_k`` the end of step ``k``,
    inf for a step to 0.  Ratios are numbers, rates are per unit of noise time.
    """

    WORDS: ClassVar[dict[str, str]] = {
        "L": "L, largest ratio of the data, one token changed",
        "M": "M, largest true score at the grid times",
        "M_estimate": "M of the estimate",
        "C_1": "C_1(δ), least C with score <= C (1 + 1/t)",
        "forward_exit": "largest rate of a token under the noise",
        "reverse_exit": "largest rate out of a sequence in reverse",
        "kappa_least": "least κ_k = h_k / min(1, s_k)",
        "kappa_most": "largest κ_k",
    }
    L: float
    M: float
    M_estimate: float
    C_1: float
    forward_exit: float
    reverse_exit: float
    kappa_least: float
    kappa_most: float

    def rows(self) -> list[tuple[str, str]]:
        """What each is, and its value; those that are not known are left out."""
        pairs = [(self.WORDS[each.name], getattr(self, each.name)) for each in fields(self)]
        return [(told, written(v, RELATIVE * abs(v), 6)) for told, v in pairs if not math.isnan(v)]


def assumption_constants(problem: Problem) -> AssumptionConstants:
    """The constants of ``problem``.

    All but ``κ`` is nan on spaces of counts, of classes and of more than MAX_ENTRIES entries
    (states x tokens x symbols), and for a problem that is only drawn.
    """
    space = problem.space
    kappas = [(t - s) / min(1.0, s) if s > 0 else math.inf for t, s in problem.grid.intervals()]
    found = math.nan, math.nan, math.nan, math.nan, math.nan, math.nan
    by_token = isinstance(space, Sequences) and not space.class_sizes
    if by_token and not problem.drawn and space.size * space.slots * space.tokens <= MAX_ENTRIES:
        found = _on_states(problem)
    return AssumptionConstants(*found, min(kappas), max(kappas))


def _on_states(problem: Problem) -> tuple[float, float, float, float, float, float]:
    """All that is asked of states, in the order of the fields."""
    times = [t for t in problem.grid.times if 0 < t < math.inf]
    exact = problem.score_model.log_error is None
    true = estimate = growth = reverse = 0.0
    for t in times:
        law = np.asarray(problem.marginal(t)).reshape(-1)
        now, rates = _largest(problem, problem.exact_score, t, law > 0)
        true, reverse = max(true, now), max(reverse, rates)
        growth = max(growth, now / (1 + 1 / t))
        own = now if exact else _largest(problem, problem.score_model, t, law > 0)[0]
        estimate = max(estimate, own)
    with float64():
        rates = np.asarray(problem.noise.rate_matrix(problem.space.tokens))
    return _of_data(problem), true, estimate, growth, float(-np.diag(rates).min()), reverse


def _largest(problem: Problem, score: Score, t: float, possible: np.ndarray) -> tuple[float, float]:
    """The largest score of another token at ``t`` and exit rate, of possible states."""
    with float64():
        x = problem.sequences.states()
        ratios = score(t, x)
        rates = np.asarray(problem.noise.reverse_rates(ratios, x))
        moves = np.asarray(ratios)
    symbols = np.arange(moves.shape[-1])
    other = symbols != np.asarray(x)[..., None]
    if problem.space.masked:  # the data hold no mask, and no score asks for one
        other &= (symbols < problem.space.tokens - 1) & (rates > 0)
    asked = other & possible[:, None, None]
    total = rates.sum(axis=(1, 2))
    return float(moves[asked].max(initial=0.0)), float(total[possible].max(initial=0.0))


def _of_data(problem: Problem) -> float:
    """The largest ratio of two entries of the data law along one axis."""
    space = problem.space
    tokens = space.tokens - space.masked
    law = np.asarray(problem.data_law).reshape(space.shape)[(slice(tokens),) * space.length]
    largest = 1.0
    for axis in range(space.length):
        each = np.moveaxis(law, axis, -1)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratios = each.max(axis=-1) / each.min(axis=-1)
        largest = max(largest, float(np.nan_to_num(ratios, nan=1.0, posinf=np.inf).max()))
    return largest
