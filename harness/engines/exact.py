"""The exact law of a run, by the engine of its space."""

import dataclasses
from collections import deque
from collections.abc import Iterator
from typing import Any

import numpy as np

from harness.engines.counts import push as on_counts
from harness.engines.sequences import in_chunks, one_run
from harness.engines.sequences import push as on_sequences
from harness.engines.steps import Run, Step, told_times
from harness.foundation.validation import instance
from harness.problem import programs
from harness.problem.problem import Problem
from harness.process.counts import Counts
from harness.process.space import Sequences


def is_one_function(problem: Problem) -> bool:
    """Whether the run of ``problem`` is one function: each law is of all sequences at once."""
    return isinstance(problem.space, Sequences) and len(problem.chain_space.blocks()) == 1


def follow(
    problem: Problem, terms: one_run.Terms | None = None, push: bool = True
) -> tuple[Run | None, dict[str, np.ndarray], Any]:
    """``in_chunks.follow``, taken note of."""
    _refuse_drawn(problem)
    found = in_chunks.follow(problem, terms, push)
    programs.run_by(problem)
    return found


def _refuse_drawn(problem: Problem) -> None:
    if problem.drawn:
        raise ValueError(
            "engine=MonteCarlo makes no output law: measure gives the chain KL, simulate draws"
        )


def steps(problem: Problem, push: bool = True) -> Iterator[Step | Run]:
    """Every ``Step`` of the sampler by the engine of ``problem.space``, then the ``Run``.

    Without ``push`` only the step laws, which say all of the chain KL.  Raises ValueError for
    ``engine=MonteCarlo``, which makes no law on all states.
    """
    _refuse_drawn(problem)
    engine = on_counts if isinstance(problem.space, Counts) else on_sequences
    if push:
        yield from engine.steps(problem)
    else:
        for (t, s), told in zip(problem.grid.intervals(), told_times(problem), strict=True):
            yield Step(t, s, engine.StepLaws(problem, t, told))
    programs.run_by(problem)


def run(problem: Problem) -> Run:
    """The output law of ``problem.sampler``, with what was lost and clipped on the way."""
    if not problem.drawn and is_one_function(problem):
        whole: Any = follow(problem)[0]
        return whole
    last: Any = deque(steps(problem), maxlen=1).pop()
    return last


def output_law(problem: Problem, engine: str | None = None) -> np.ndarray:
    """Exact law of the sampler's output on ``problem.space``: ``[S]*d``, or one axis for counts.

    Float64; it sums to one less the lost mass.  ``engine``, if given, overrides the problem's:
    ``"enumerated"`` (all sequences), ``"counts"`` (an exchangeable target by its token counts) or
    ``"auto"``.
    """
    instance("problem", problem, Problem)
    if engine is not None:
        problem = dataclasses.replace(problem, engine=engine)
    return run(problem).law.reshape(problem.space.shape)
