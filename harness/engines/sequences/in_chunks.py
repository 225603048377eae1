"""The run of a problem, a chunk of its steps at a time: what is compiled, and how it is called.

Chunks have one length, the last one with steps that do nothing, so no number of steps is part of
what is compiled.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import jax
import numpy as np

from harness.engines.sequences import step_laws
from harness.engines.sequences.accounts import judge_run
from harness.engines.sequences.one_run import (
    Given,
    State,
    Steps,
    Task,
    Terms,
    advance,
    begin,
    law_and_accounts,
    laws_of,
)
from harness.engines.sequences.step_laws import traceable
from harness.engines.steps import Run, told_times
from harness.foundation.precision import float64
from harness.foundation.registry import label
from harness.law.numeric_fields import filled, parted
from harness.problem.problem import Problem
from harness.process.space import Sequences

CHUNK = 64  # steps in one call of what is compiled
LAWS_ENTRIES = 2**22  # of the laws of a chunk
AT_ONCE = 2**18  # entries of laws up to which all of a chunk are made at once

_laws = partial(jax.jit, static_argnums=(0, 1, 2))(laws_of)
_advance = partial(jax.jit, static_argnums=0)(advance)


def given_of(problem: Problem) -> Given:
    """What the run of ``problem`` is given."""
    return Given(problem.exact_score, problem.score_model, problem.symbol_noise)


def steps_of(problem: Problem, count: int = 0) -> Steps:
    """Those of the grid, and as many more that do nothing as make a multiple of ``count``."""
    times = np.array(problem.grid.times)
    real = np.ones(len(times) - 1, bool)
    found = Steps(times[:-1], times[1:], np.array(told_times(problem)), real=real)
    missing = -len(real) % count if count else 0
    if not missing:
        return found
    # The last step once more: nothing that is computed for it and left out can be without a value.
    padded = jax.tree.map(lambda each: np.pad(each, (0, missing), "edge"), found)
    padded.real[len(real) :] = False
    return padded


def follow(
    problem: Problem, terms: Terms | None = None, push: bool = True
) -> tuple[Run | None, dict[str, np.ndarray], Any]:
    """The run of ``problem``, judged; the numbers ``[N, ..]`` of ``terms``; what these handed on.

    Without ``push`` there is no run.

    Raises FloatingPointError naming the first step that broke.
    """
    with float64(), traceable(problem):
        given, found = given_of(problem), []
        tasks = tasks_of(problem.chain_space, terms, push)
        start = problem.chain_start, problem.grid.start
        state = begin(Task(problem.chain_space, terms), given, *start)
        for _, steps, accounts in chunks(problem, given):
            numbers = {}
            for task in tasks:
                state, (more, told) = _advance(task, given.truth, state, steps)
                accounts, numbers = (*accounts, *more), {**numbers, **told}
            found.append((accounts, numbers))
    run, numbers, more = judged(problem, state, *joined(problem, found))
    return run if push else None, numbers, more


def tasks_of(space: Sequences, terms: Terms | None, push: bool) -> list[Task]:
    """What is compiled for a run: its push, and apart from it its ``terms``.

    So what is compiled for one of them serves whether the other is asked for or not.
    """
    return [Task(space)] * push + [Task(space, terms, push=False)] * (terms is not None)


def chunks(problem: Problem, given: Given) -> Iterator[tuple[int, Steps, Any]]:
    """The steps with their laws, as many at a time as are compiled.

    Also the number of the first, and the accounts of the laws.
    """
    size, at_once = chunk_of(problem)
    steps = steps_of(problem, size)
    for first in range(0, len(steps.real), size):
        chunk = jax.tree.map(lambda each, k=first: each[k : k + size], steps)
        if problem.sampler.claims.on_host:
            yield first, with_laws(problem, chunk), ()
        else:
            form, numbers = form_and_numbers(problem)
            laws, accounts = _laws(form, problem.chain_space, at_once, numbers, given, chunk)
            yield first, replace(chunk, laws=laws), accounts


def joined(problem: Problem, found: list[Any]) -> Any:
    """What chunks have told, as arrays of all real steps."""
    steps = problem.grid.steps
    return jax.tree.map(lambda *parts: np.concatenate(parts)[:steps], *jax.device_get(found))


def chunk_of(problem: Problem) -> tuple[int, bool]:
    """The steps in one call, by the size of their laws; whether these are made at once."""
    entries = entries_of(problem)
    return max(1, min(CHUNK, LAWS_ENTRIES // entries)), CHUNK * entries <= AT_ONCE


_known: dict[Any, tuple[int, bool]] = {}  # entries, and whether numbers can be arguments


def entries_of(problem: Problem) -> int:
    """Numbers in the law of a step; the same for all problems of a shape."""
    return _traced(problem)[0]


def form_and_numbers(problem: Problem) -> tuple[Any, tuple[float, ...]]:
    """The sampler as a constant and as arguments of what is compiled (``numeric_fields``).

    It stays a constant as a whole if its step does not take what its claims say it takes.
    """
    return parted(problem.sampler) if _traced(problem)[1] else (problem.sampler, ())


def _traced(problem: Problem) -> tuple[int, bool]:
    """What a step of ``problem`` shows when it is traced, once for each form, space and noise."""
    (form, numbers), space = parted(problem.sampler), problem.chain_space
    if problem.sampler.claims.on_host:
        return space.size * max(space.slots * space.outcomes, space.size), False
    key = form, space, type(problem.symbol_noise)
    if key not in _known:
        try:
            _known[key] = _entries(problem, form, numbers), True
        except Exception:
            if not numbers:
                raise
            _known[key] = _entries(problem, problem.sampler, ()), False
    return _known[key]


def _entries(problem: Problem, form: Any, numbers: tuple[float, ...]) -> int:
    def law_of(numbers: Any, given: Given, step: Steps) -> Any:
        return law_and_accounts(filled(form, numbers), problem.chain_space, given, step)[0]

    with float64(), traceable(problem):
        law = jax.eval_shape(law_of, numbers, given_of(problem), Steps(1.0, 0.5, 0.5))
    return sum(each.size for each in jax.tree.leaves(law))


def with_laws(problem: Problem, steps: Steps) -> Steps:
    """``steps`` with the laws of a sampler that is no JAX; those that do nothing repeat one."""
    laws: list[Any] = []
    for t, told, real in zip(steps.t, steps.told, steps.real, strict=True):
        law = step_laws.step_law(problem, float(t), float(told)) if real else laws[-1]
        laws.append(jax.tree.map(np.asarray, law))
        if jax.tree.structure(laws[-1]) != jax.tree.structure(laws[0]):
            raise ValueError(
                f"the law of {label(problem.sampler)} must be of one kind in all steps of a run; "
                f"at t={t:g} it is a {type(law).__name__}, before a {type(laws[0]).__name__}"
            )
    return replace(steps, laws=jax.tree.map(lambda *each: np.stack(each), *laws))


def judged(
    problem: Problem, state: State, accounts: Any, numbers: dict[str, np.ndarray]
) -> tuple[Run, dict[str, np.ndarray], Any]:
    """What ``follow`` gives of the run that ended in ``state``."""
    judge_run(problem, accounts)
    law = problem.forgotten(np.asarray(state.law))
    return Run(law, float(state.lost), float(state.clipped)), numbers, state.more
