"""The exact law of a sampler on all sequences, in float64: pushed through the laws of its steps."""

import operator
from collections.abc import Iterable, Iterator
from typing import Any

import jax
import numpy as np

from harness.engines.sequences import by_kind
from harness.engines.sequences.accounts import OfPush, judge
from harness.engines.sequences.step_laws import StepLaws, joined
from harness.engines.steps import Run, Step, told_times
from harness.foundation.precision import float64
from harness.law.step import Generator, RandomOrder, StepLaw, Varying
from harness.problem.problem import Problem
from harness.process.space import Sequences


def steps(problem: Problem) -> Iterator[Step | Run]:
    """Every ``Step`` of the sampler, then the ``Run``."""
    law, lost, clipped = problem.chain_start, 0.0, 0.0
    for (t, s), told in zip(problem.grid.intervals(), told_times(problem), strict=True):
        laws = StepLaws(problem, t, told)
        after, gone, moved, off = push(problem.chain_space, law, laws)
        judge(problem, t, (OfPush(off),))
        yield Step(t, s, laws)
        law, lost, clipped = by_kind.settled(after), lost + gone, clipped + moved
    yield Run(problem.forgotten(law), lost, clipped)


def push(
    space: Sequences, law: np.ndarray, laws: Iterable[tuple[slice, StepLaw]]
) -> by_kind.Pushed:
    """``law`` after the step, and what was lost and clipped in it."""
    found: Any = None
    whole: list[Any] = []
    with float64():
        for rows, step in laws:
            # Paths visit states of other blocks.
            if isinstance(step, Generator | Varying | RandomOrder):
                whole.append(step)
                continue
            pushed = by_kind.push(step, space, space.spread_out(law[rows]), rows.start)
            found = pushed if found is None else jax.tree.map(operator.add, found, pushed)
        after = by_kind.push(joined(whole), space, law, 0) if whole else found
        return by_kind.Pushed(np.asarray(after.law), *map(float, after[1:]))
