"""A run as one function of arrays: the loop over its steps is inside, nothing is looked at on it.

``run`` is that function, traceable, for spaces whose step laws are held for all states at once.
``follow`` calls it for a problem: compiled for ``CHUNK`` steps, as often as there are steps, the
last time with steps that do nothing.  So no number of steps is part of what is compiled.  The laws
of a sampler that is no JAX are made beforehand and handed to the same function.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Protocol

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from harness.engines.sequences import by_kind, step_laws
from harness.engines.sequences.accounts import OfPush, accounts_of, check_shapes, judge_run
from harness.engines.sequences.step_laws import law_of_step, traceable
from harness.engines.steps import Run, told_times
from harness.foundation.perturbation import perturbed
from harness.foundation.precision import float64
from harness.foundation.registry import label
from harness.law.step import Varying
from harness.problem.problem import Problem
from harness.process.noise import Noise
from harness.process.score import Score
from harness.process.space import Sequences

CHUNK = 64  # steps in one call of what is compiled
LAWS_ENTRIES = 2**24  # of the laws of a chunk that were made beforehand


class Terms(Protocol):
    """What is added up on the way: hashable, it is part of what is compiled."""

    def begin(self, space: Sequences, truth: Score, start: Any, t: Any) -> Any:
        """What the first step, from ``t``, is handed."""

    def step(
        self, space: Sequences, law: Any, truth: Score, t: Array, s: Array, more: Any
    ) -> tuple[Any, dict[str, Array]]:
        """What the next step is handed, and the numbers of this one."""
        ...


@dataclass(frozen=True)
class Program:
    """What of a run is compiled, beside shapes.

    ``push``: whether the law is pushed through the steps; else there are only ``terms``.
    """

    sampler: Any
    space: Sequences
    terms: Terms | None = None
    push: bool = True


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Given:
    """What is the same in all steps: the ``truth``, the ``score`` that the sampler asks, noise."""

    truth: Score
    score: Any
    noise: Noise


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class State:
    """Where a run is: its law, what was lost and clipped, and what ``Terms`` hand on."""

    law: Any
    lost: Any
    clipped: Any
    more: Any


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Steps:
    """``[N]`` each: from ``t`` to ``s``, told to go to ``told``.

    ``laws``: the law of each step, where it was made beforehand.  Where ``real`` is given and not
    true, nothing is done.
    """

    t: Any
    s: Any
    told: Any
    laws: Any = None
    real: Any = None


def law_and_accounts(program: Program, given: Given, step: Steps) -> tuple[Any, tuple[Any, ...]]:
    """The law of a step from all states, and its accounts; traceable."""
    space, law = program.space, step.laws
    if law is None:
        made = program.sampler, space, space.size, given.score, given.noise, 0, step.t, step.told
        law = law_of_step(*made)
    check_shapes(label(program.sampler), space, law, space.size)
    return law, accounts_of(law, space)


def one_step(program: Program, given: Given, state: State, step: Steps) -> tuple[State, Any]:
    """The state after one step; its accounts and the numbers of ``terms``."""
    space, numbers, more = program.space, {}, state.more
    law, accounts = law_and_accounts(program, given, step)
    if program.push:
        pushed = by_kind.push(law, space, state.law, 0)
        if isinstance(law, Varying):
            accounts = (*accounts, OfPush(pushed.off))
        lost, clipped = state.lost + pushed.lost, state.clipped + pushed.clipped
        state = State(perturbed("run law", pushed.law), lost, clipped, more)
    if program.terms is not None:
        more, numbers = program.terms.step(space, law, given.truth, step.t, step.s, more)
        state = replace(state, more=more)
    return state, (accounts, numbers)


def run(program: Program, given: Given, state: State, steps: Steps) -> tuple[State, Any]:
    """All ``steps``: the state after the last; accounts and numbers, with an axis of steps."""
    return through(partial(one_step, program, given), state, steps)


def through(one: Callable[[Any, Steps], tuple[Any, Any]], state: Any, steps: Steps) -> Any:
    """``one(state, step)`` through all ``steps``; those that are not real tell zeros."""
    if steps.real is None:
        return jax.lax.scan(one, state, steps)
    doing = jax.jit(one)  # traced once, however often it is named

    def next_step(state: Any, step: Steps) -> tuple[Any, Any]:
        found = jax.eval_shape(doing, state, step)[1]
        nothing = jax.tree.map(lambda each: jnp.zeros(each.shape, each.dtype), found)
        return jax.lax.cond(step.real, doing, lambda state, _: (state, nothing), state, step)

    return jax.lax.scan(next_step, state, steps)


_compiled = partial(jax.jit, static_argnums=0)(run)


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


def begin(program: Program, given: Given, start: Any, t: Any) -> State:
    """Before the first step, which is from ``t``, at the law ``start``."""
    more = program.terms.begin(program.space, given.truth, start, t) if program.terms else ()
    return State(start, np.zeros(()), np.zeros(()), more)


def follow(
    problem: Problem, terms: Terms | None = None, push: bool = True
) -> tuple[Run | None, dict[str, np.ndarray], Any]:
    """The run of ``problem``, judged; the numbers ``[N, ..]`` of ``terms``; what these handed on.

    Without ``push`` there is no run.

    Raises FloatingPointError naming the first step that broke.
    """
    program = Program(problem.sampler, problem.chain_space, terms, push)
    with float64(), traceable(problem):
        given, found = given_of(problem), []
        state = begin(program, given, problem.chain_start, problem.grid.start)
        for _, steps in chunks(problem):
            state, told = _compiled(program, given, state, steps)
            found.append(told)
    run, numbers, more = judged(problem, state, *_joined(problem, found))
    return run if push else None, numbers, more


def chunks(problem: Problem) -> Iterator[tuple[int, Steps]]:
    """The steps, as many at a time as are compiled, with the number of the first."""
    size = chunk_of(problem)
    steps = steps_of(problem, size)
    for first in range(0, len(steps.real), size):
        chunk = jax.tree.map(lambda each, k=first: each[k : k + size], steps)
        yield first, with_laws(problem, chunk) if problem.sampler.claims.on_host else chunk


def judge_steps(problem: Problem, accounts: list[Any]) -> None:
    """Raise FloatingPointError naming the first step that has no law; ``accounts`` of chunks."""
    judge_run(problem, _joined(problem, accounts))


def _joined(problem: Problem, found: list[Any]) -> Any:
    """What chunks have told, as arrays of all real steps."""
    steps = problem.grid.steps
    return jax.tree.map(lambda *parts: np.concatenate(parts)[:steps], *jax.device_get(found))


def chunk_of(problem: Problem) -> int:
    """The steps in one call: fewer where their laws are made beforehand and large."""
    space = problem.chain_space
    if not problem.sampler.claims.on_host:
        return CHUNK
    entries = space.size * max(space.slots * space.outcomes, space.size)
    return max(1, min(CHUNK, LAWS_ENTRIES // entries))


def with_laws(problem: Problem, steps: Steps) -> Steps:
    """``steps`` with the laws of a sampler that is no JAX; those that do nothing repeat one."""
    laws: list[Any] = []
    for t, told, real in zip(steps.t, steps.told, steps.real, strict=True):
        law = step_laws.step_law(problem, float(t), float(told)) if real else laws[-1]
        laws.append(jax.tree.map(np.asarray, law))
    return replace(steps, laws=jax.tree.map(lambda *each: np.stack(each), *laws))


def judged(
    problem: Problem, state: State, accounts: Any, numbers: dict[str, np.ndarray]
) -> tuple[Run, dict[str, np.ndarray], Any]:
    """What ``follow`` gives of the run that ended in ``state``."""
    judge_run(problem, accounts)
    law = problem.forgotten(np.asarray(state.law))
    return Run(law, float(state.lost), float(state.clipped)), numbers, state.more
