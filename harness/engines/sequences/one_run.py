"""A run as one function of arrays: the loop over its steps is inside, nothing is looked at on it.

``run`` is that function, traceable, for spaces whose step laws are held for all states at once.
It has two parts, of which ``in_chunks`` makes what is compiled: ``laws_of`` makes the laws of some
steps, the only part that knows the sampler; ``advance`` takes any laws of their kind through them,
those of a sampler that is no JAX too.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Protocol

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from harness.engines.sequences import by_kind
from harness.engines.sequences.accounts import (
    OfPush,
    accounts_of,
    check_shapes,
    ended,
)
from harness.engines.sequences.step_laws import law_of_step
from harness.law.numeric_fields import filled
from harness.process.noise import Noise
from harness.process.score import Score
from harness.process.space import Sequences


class Terms(Protocol):
    """What is added up on the way: hashable, it is part of what is compiled."""

    def begin(self, space: Sequences, truth: Score, t: Any) -> Any:
        """What the first step, from ``t``, is handed."""

    def step(
        self, space: Sequences, law: Any, truth: Score, t: Array, s: Array, more: Any
    ) -> tuple[Any, dict[str, Array]]:
        """What the next step is handed, and the numbers of this one."""
        ...


@dataclass(frozen=True)
class Task:
    """What is done with the laws of steps: part of what is compiled.

    ``push``: whether a law is pushed through them; else there are only ``terms``.
    """

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


def law_and_accounts(
    sampler: Any, space: Sequences, given: Given, step: Steps
) -> tuple[Any, tuple[Any, ...]]:
    """The law of a step from all states, and its accounts; traceable."""
    made = sampler, space, space.size, given.score, given.noise, 0, step.t, step.told
    law = law_of_step(*made)
    check_shapes(sampler, space, law, space.size)
    accounts = accounts_of(law, space)
    return ended(law, accounts), accounts


def with_law(task: Task, truth: Score, state: State, step: Steps) -> tuple[State, Any]:
    """The state after a step whose law is known; its accounts and the numbers of ``terms``."""
    space, law, accounts, numbers = task.space, step.laws, (), {}
    if task.push:
        pushed = by_kind.push(law, space, state.law, 0)
        accounts = (OfPush(jnp.asarray(pushed.off, jnp.float64)),)
        lost, clipped = state.lost + pushed.lost, state.clipped + pushed.clipped
        state = State(by_kind.settled(pushed.law), lost, clipped, state.more)
    if task.terms is not None:
        more, numbers = task.terms.step(space, law, truth, step.t, step.s, state.more)
        state = replace(state, more=more)
    return state, (accounts, numbers)


def run(sampler: Any, task: Task, given: Given, state: State, steps: Steps) -> tuple[State, Any]:
    """All ``steps``: the state after the last; accounts and numbers, with an axis of steps."""

    def one(state: State, step: Steps) -> tuple[State, Any]:
        law, accounts = law_and_accounts(sampler, task.space, given, step)
        state, (more, numbers) = with_law(task, given.truth, state, replace(step, laws=law))
        return state, ((*accounts, *more), numbers)

    return through(one, state, steps)


def laws_of(
    form: Any, space: Sequences, at_once: bool, numbers: Any, given: Given, steps: Steps
) -> tuple[Any, tuple[Any, ...]]:
    """The laws of ``steps`` and their accounts; one after the other if not ``at_once``.

    The sampler is the one of this ``form`` and these ``numbers``.
    """
    sampler = filled(form, numbers)

    def one(_: tuple[()], step: Steps) -> tuple[tuple[()], Any]:
        return (), law_and_accounts(sampler, space, given, step)

    if at_once:
        return jax.vmap(lambda step: one((), step)[1])(replace(steps, real=None))
    return through(one, (), steps)[1]


def advance(task: Task, truth: Score, state: State, steps: Steps) -> tuple[State, Any]:
    """Through ``steps`` whose laws are known: what ``run`` gives, less the accounts of the laws."""
    return through(partial(with_law, task, truth), state, steps)


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


def begin(task: Task, given: Given, start: Any, t: Any) -> State:
    """Before the first step, which is from ``t``, at the law ``start``."""
    more = task.terms.begin(task.space, given.truth, t) if task.terms else ()
    return State(start, np.zeros(()), np.zeros(()), more)
