"""Score calls are counted: those of a step where it is traced, those of a run from its law."""

import dataclasses
import math
from collections.abc import Callable, Iterator
from typing import Any

import jax
import numpy as np

from harness.engines.sequences import step_laws
from harness.engines.sequences.by_kind import Choice
from harness.foundation.registry import label
from harness.law.claims import Counted
from harness.law.step import Generator, InTurn, RandomOrder, Varying, stages_of
from harness.measurement.score_calls import score_calls
from harness.problem.problem import Problem
from harness.process import grids
from harness.process.score import Perturbed
from harness.regress import bank
from harness.regress.cases import size
from harness.regress.check_outcome import Found
from harness.regress.step_matrix import dense, laws_apart, states
from harness.regress.traced_step import states_asked
from toy_targets import RandomTable

SAME = 1e-9  # of a probability, or of a mean
CHAINS = Generator, Varying
OTHERS = f"name what is counted: {', '.join(f'Counted.{each.name}' for each in Counted)}"


class CallChecks:
    """The checks of what one sampler claims of its score calls."""

    def __init__(self, sampler: Any) -> None:
        self.sampler = sampler
        self.claims = sampler.claims

    def all(self) -> Iterator[tuple[str, Callable[[], Found]]]:
        """``(name, check)``."""
        yield "calls the score as often as claimed", self.as_claimed

    def as_claimed(self) -> Found:
        """In a step, by the sampler that it begins with, and in a run."""
        told = []
        for part in (self.states, self.begins, self.of_a_run):
            found = part()
            unseen = part == self.states and found.passed is None
            if found.passed is False or (unseen and self._rests_on_states):
                return found
            told.append(found.number)
        return Found(True, "; ".join(number for number in told if number))

    @property
    def _rests_on_states(self) -> bool:
        """Whether a run is counted by what a step is claimed to ask, and nothing else."""
        return self.claims.counts is Counted.STEPS and self.claims.calls is None

    def states(self) -> Found:
        """One chain asks for the score of ``score_calls`` states in a step."""
        claimed = self.claims.score_calls
        if self.claims.counts is Counted.STEPS and self.claims.calls is not None:
            return Found(None, "as many a step as claims.calls says for the length")
        targets = (bank.ONE_WAY, MANY_TOKENS, LONG) if self._rests_on_states else TARGETS
        for target in targets:
            try:
                problem = bank.problem(self.sampler, target, bank.UNEVEN)
                found = states_asked(problem)
            except (ValueError, NotImplementedError):  # it may not take so many
                if target not in (MANY_TOKENS, LONG):
                    raise
                continue
            if math.isnan(found):
                return Found(None, "a later stage asks in a loop whose length is not known")
            if found != claimed:
                why = "a call costs the states that it holds; claims.score_calls says how many"
                return Found(
                    False, f"{found:g} states a step, claimed {claimed} ({size(problem)})", why
                )
        return Found(True, f"{claimed} a step")

    def begins(self) -> Found:
        """The first stage of a step is that sampler's, from every state."""
        if self.claims.begins_with is None:
            return Found(None, "")
        name, worst = label(self.claims.begins_with), 0.0
        for problem in bank.step_problems(self.sampler):
            off, kinds = self._begins(problem)
            if not off <= SAME:
                under = f"{size(problem)}, {type(problem.noise).__name__} noise"
                return Found(False, f"begins with {name}, off by {off:.2g}", f"{kinds}; {under}")
            worst = max(worst, off)
        return Found(True, f"begins with {name}, off by {worst:.2g}")

    def _begins(self, problem: Problem) -> tuple[float, str]:
        """How far the first stage of a step is from the law of the sampler that is named."""
        t, s = problem.grid.intervals()[0]
        law = step_laws.step_law(problem, t, s)
        said = dataclasses.replace(problem, sampler=self.claims.begins_with)
        first = law.stages[0] if isinstance(law, InTurn) else law
        first = law.proposal if isinstance(law, Choice) else first
        wanted = step_laws.step_law(said, t, s)
        wanted = wanted.stages[0] if isinstance(wanted, InTurn) and first is law else wanted
        alike = jax.tree.structure(first) == jax.tree.structure(wanted)
        kinds = f"a {type(first).__name__} where that makes a {type(wanted).__name__}"
        return laws_apart(first, wanted) if alike else math.inf, kinds

    def of_a_run(self) -> Found:
        """The number of calls has the law, or the mean, of what the claim says it counts."""
        counts, worst = self.claims.counts, 0.0
        if self.claims.begins_with is not None:
            return Found(None, "")
        for problem in self.runs():
            told = unlike(counts, problem)
            if told:
                return Found(False, f"counts {counts}", told)
            claimed, wanted = score_calls(problem), number_of_calls(problem, counts)
            off, how = apart(claimed, wanted)
            if not off <= SAME:
                why = f"{counts} are counted; {size(problem)}, {problem.grid.steps} steps"
                return Found(False, how, why)
            worst = max(worst, off)
        return Found(True, f"in a run {counts} are counted, off by {worst:.2g}")

    def runs(self) -> list[Problem]:
        """Few steps and several; from all masked, where it can."""
        found = [
            bank.problem(self.sampler, bank.ONE_WAY, grid)
            for grid in (bank.UNEVEN, grids.even(1.7, 0.13, 5))
        ]
        if self.claims.starts_masked:
            found.append(bank.masked_start(self.sampler, bank.ONE_WAY, 4))
        # ``calls`` may say another number at another length; with memory there are 4^5 states.
        if self.claims.calls is not None and self.claims.memory == 1:
            found.append(bank.problem(self.sampler, LONGER, bank.UNEVEN))
        return found


TARGETS = bank.ONE_WAY, bank.PARITY
LONGER = RandomTable(2, 5, seed=7)
MANY_TOKENS, LONG = RandomTable(17, 2, seed=7), RandomTable(2, 9, seed=7)
"""On which a step is traced, not run: more of each than an author may think of at a time."""


def unlike(counts: Counted, problem: Problem) -> str:
    """Why the step law cannot have the calls that are counted; empty where it can."""
    t, s = problem.grid.intervals()[0]
    law = step_laws.step_law(problem, t, s)
    stages = stages_of(law)
    if any(isinstance(stage, CHAINS) for stage in stages):
        if counts is not Counted.CANDIDATE_EVENTS:
            why = "a chain that jumps inside a step asks at each of its candidate events"
            return f"{why}; {_claim(Counted.CANDIDATE_EVENTS)}"
    elif counts is Counted.CANDIDATE_EVENTS:
        return f"a {type(law).__name__} has no candidate events; leave out counted, or {OTHERS}"
    if (
        any(isinstance(stage, RandomOrder) for stage in stages)
        and counts is not Counted.TOKENS_MOVED
    ):
        why = "tokens that move one at a time, each seeing those before, need a call each"
        return f"{why}; {_claim(Counted.TOKENS_MOVED)}, and calls the law of their number"
    if counts in (Counted.STEPS, Counted.STEPS_WITH_MASKS, Counted.CANDIDATE_EVENTS):
        return ""
    if problem.sampler.claims.calls is None:
        return "claims.calls must give the law of their number, calls(grid, d) -> [m]"
    other = dataclasses.replace(problem, score=Perturbed(1.0))
    shares = [
        np.stack([(rows * (moved == k)).sum(1) for k in range(moved.max() + 1)])
        for rows, moved in (moves(each, counts, t, s) for each in (problem, other))
    ]
    if (off := float(np.abs(shares[0] - shares[1]).max())) > SAME:
        return (
            f"whether something moves is not known before the score is: it is {off:.2g} "
            "more likely under another one; leave out counted and calls: every step asks"
        )
    return ""


def _claim(counts: Counted) -> str:
    return f"claim counted=Counted.{counts.name}"


def moves(problem: Problem, counts: Counted, t: float, s: float) -> tuple[Any, Any]:
    """``K [n, n]`` of a step, and how often what is counted happens on the way, ``[n, n]``."""
    x = states(problem)
    moved = (x[:, None] != x).sum(-1)
    if counts is Counted.STEPS_WITH_MOVES:
        moved = np.minimum(moved, 1)
    return dense(problem, step_laws.step_law(problem, t, s)), moved


def number_of_calls(problem: Problem, counts: Counted) -> np.ndarray | float:
    """The law ``[m]`` of the number of calls, from the law of the run; of candidates the mean."""
    each = problem.sampler.claims.score_calls
    if counts is Counted.STEPS:
        if problem.sampler.claims.calls is not None:
            each = round(states_asked(problem))
        return np.eye(each * problem.grid.steps + 1)[-1]
    if counts is Counted.CANDIDATE_EVENTS:
        return math.fsum(candidates(problem, t, s) for t, s in problem.grid.intervals())
    if counts is Counted.STEPS_WITH_MASKS:
        return each * _steps_with_masks(problem)
    most = problem.space.length if counts is Counted.TOKENS_MOVED else 1
    law = np.zeros((problem.grid.steps * most + 1, problem.chain_space.size))
    law[0] = problem.chain_start
    for t, s in problem.grid.intervals():
        rows, moved = moves(problem, counts, t, s)
        after = np.zeros_like(law)
        for k in range(most + 1):
            after[k:] += (law @ (rows * (moved == k)))[: len(law) - k]
        law = after
    return np.kron(law.sum(1), np.eye(max(each, 1))[0])


def _steps_with_masks(problem: Problem) -> float:
    """The mean number of steps that begin with a mask, from the law of the run."""
    law, found = problem.chain_start, 0.0
    masked = (states(problem) == problem.chain_space.tokens - 1).any(-1)
    for t, s in problem.grid.intervals():
        found += float(law[masked].sum())
        law = law @ dense(problem, step_laws.step_law(problem, t, s))
    return found


def candidates(problem: Problem, t: float, s: float) -> float:
    """How many candidate events the chains of a step expect."""
    law = step_laws.step_law(problem, t, s)
    found = 0.0
    for stage in stages_of(law):
        if isinstance(stage, Generator):
            found += float(np.asarray(stage.rates).sum((1, 2)).max()) * float(stage.duration)
        elif isinstance(stage, Varying):
            found += float(stage.top) * float(stage.begin - stage.end)
    return found


def apart(claimed: Any, wanted: np.ndarray | float) -> tuple[float, str]:
    """How far a claim is from the number of calls, and both in words."""
    law = np.asarray(wanted)
    if not law.ndim or claimed.law is None:
        mean = float(law @ np.arange(len(law))) if law.ndim else float(law)
        off = abs(claimed.mean - mean) / max(mean, 1.0)
        return off, f"{claimed.mean:.4g} calls in the mean claimed, {mean:.4g} needed"
    length = max(len(claimed.law), len(law))
    a, b = (np.pad(law, (0, length - len(law))) for law in (claimed.law, law))
    k = int(np.abs(a - b).argmax())
    means = [float(law @ np.arange(length)) for law in (a, b)]
    told = f"{k} calls have probability {a[k]:.3g} as claimed, {b[k]:.3g} in the run"
    return float(np.abs(a - b).max()), f"{told}; means {means[0]:.4g} and {means[1]:.4g}"
