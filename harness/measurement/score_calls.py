"""How many score calls a run needs: an exact law, for samplers that reveal need not call always."""

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.stats import poisson

from harness.engines.sequences import step_laws
from harness.engines.sequences.accounts import exits
from harness.engines.steps import told_times
from harness.foundation.precision import float64
from harness.foundation.registry import label
from harness.foundation.validation import instance
from harness.law.claims import Counted
from harness.law.step import Generator, Varying, stages_of
from harness.measurement.by_draws.teacher_forcing import walk_sums
from harness.measurement.reveal_walk import rounds
from harness.problem.problem import Problem
from harness.process.counts import Counts

TAIL = 1e-12  # probability of more calls than a law lists


@dataclass(frozen=True)
class ScoreCalls:
    """``law [m]`` of the number of score calls that one sequence takes: of ``0, 1, ..`` calls.

    None where no more is claimed than its mean, ``claimed``.
    """

    law: np.ndarray | None
    claimed: float = math.nan

    @property
    def mean(self) -> float:
        """The expected number of calls, to a relative 1e-11."""
        return self.claimed if self.law is None else float(self.law @ np.arange(len(self.law)))

    def and_more(self, calls: int) -> "ScoreCalls":
        """The law where ``calls`` more are always needed."""
        if self.law is None:
            return ScoreCalls(None, self.claimed + calls)
        return ScoreCalls(np.concatenate([np.zeros(calls), self.law]))


def score_calls(problem: Problem) -> ScoreCalls:
    """The law of the number of score calls of a run of ``problem``, on a sequence of its own.

    As claimed: so many a step, unless the sampler counts something else.  A chain that jumps
    inside the step is drawn by candidate events at a constant rate ``λ_k``, a bound on the rate out
    of any state: their number is Poisson of mean ``Σ_k λ_k h_k``, whatever the chain does.
    Uniformization asks for the score at each, the frozen score at no more than that.  How many
    rounds a decoder needs depends on what it has drawn; of one that is estimated by draws it is
    told of the data's sequences.  Raises
    ValueError where such a chain runs on counts or is drawn, without tables to find ``λ_k`` from.
    """
    instance("problem", problem, Problem)
    claims, grid = problem.sampler.claims, problem.grid
    if claims.begins_with is not None:
        first = claims.begins_with
        more = (claims.score_calls - first.claims.score_calls) * grid.steps
        return score_calls(replace(problem, sampler=first)).and_more(more)
    if claims.calls is not None:
        found = np.asarray(claims.calls(grid, problem.space.length))
        return ScoreCalls(found) if found.ndim else ScoreCalls(None, float(found))
    if claims.counts is Counted.STEPS_WITH_MASKS:
        return ScoreCalls(None, claims.score_calls * _rounds(problem))
    if claims.counts is Counted.CANDIDATE_EVENTS:
        mean = math.fsum(candidate_events(problem))
        return ScoreCalls(poisson.pmf(np.arange(int(poisson.isf(TAIL, mean)) + 2), mean))
    law = np.zeros(claims.score_calls * grid.steps + 1)
    law[-1] = 1.0
    return ScoreCalls(law)


def _rounds(problem: Problem) -> float:
    """The mean number of steps that begin with a mask; if drawn, in walks along the data."""
    return float(walk_sums(problem).rounds.mean()) if problem.drawn else rounds(problem)


def candidate_events(problem: Problem) -> list[float]:
    """``λ_k h_k``, how many candidate events each step of a chain expects.  Raises ValueError."""
    if problem.drawn or isinstance(problem.space, Counts):
        raise ValueError(
            f"how often {label(problem.sampler)} asks for the score is found from the tables of "
            "engine='enumerated', which this problem has not"
        )
    found = []
    for (t, _), told in zip(problem.grid.intervals(), told_times(problem), strict=True):
        law = step_laws.step_law(problem, t, told)
        with float64():
            found.append(math.fsum(_candidates(problem, stage) for stage in stages_of(law)))
    return found


def _candidates(problem: Problem, law: Any) -> float:
    """How many candidate events a chain expects.  Raises ValueError for what is no chain."""
    match law:
        case Varying():
            return float(law.top) * float(law.begin - law.end)
        case Generator():
            return float(exits(problem.space, law.rates).max()) * float(law.duration)
    raise ValueError(f"{label(problem.sampler)} runs no chain inside a step")
