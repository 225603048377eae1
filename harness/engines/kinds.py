"""What an engine does with each kind of step law: one function a question, one entry a kind.

The law of a step is a table over the states ``first, first + 1, ..`` of a space, ``n`` of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import singledispatch
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from harness.space import Sequences
from harness.step import Generator, InTurn, Mixture, RandomOrder, Tokens, TwoStage

MAX_PAIR_STATES = 1024  # a two-stage law is a table over pairs of states


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Pairs:
    """A ``TwoStage`` written out: ``second`` has a row for each state and each middle state."""

    first: Tokens
    second: Tokens


def written_out(law: Any, space: Sequences, x: Array) -> Any:
    """``law`` as a table, traceable.  Raises TypeError or ValueError for what is none."""
    match law:
        case Tokens() | Generator() | Mixture() | RandomOrder():
            return law
        case InTurn():
            if len(x) < space.size:
                raise ValueError("laws in turn need the table of all states in one block")
            return InTurn(tuple(written_out(stage, space, x) for stage in law.stages))
        case TwoStage():
            if space.size > MAX_PAIR_STATES:
                raise ValueError(
                    f"a two-stage law pairs every state with every other, on up to "
                    f"{MAX_PAIR_STATES:,} states; this space has {space.size:,}"
                )
            states = space.states()
            begin = jnp.repeat(x, len(states), axis=0)
            return Pairs(law.first, law.second(begin, jnp.tile(states, (len(x), 1))))
    raise TypeError(
        "a sampler's step must return Tokens, Generator, Mixture, TwoStage, InTurn or "
        f"RandomOrder, got {law!r}"
    )


@singledispatch
def tables(law: Any) -> Iterator[tuple[Tokens, int]]:
    """The token laws that a step law is made of, and how many rows each has per state."""
    raise TypeError(f"no engine knows a {type(law).__name__}")


@singledispatch
def push(law: Any, space: Sequences, mass: Array, first: Any) -> tuple[Any, Any, Any]:
    """``mass [n]`` after the step, ``[S^d]``; what was lost; the expected probability clipped."""
    raise TypeError(f"the enumerated engine cannot push a {type(law).__name__}")


@singledispatch
def transitions(law: Any, space: Sequences) -> tuple[Array, Any]:
    """``K [n, S^d]``, and the mass ``[n]`` lost from each row."""
    raise TypeError(f"no transition matrix of a {type(law).__name__}")


@singledispatch
def draw(law: Any, space: Sequences, state: Array, key: Array) -> Array:
    """Next state index ``[chains]`` of chains at ``state``; a lost one is and stays -1."""
    raise TypeError(f"the simulator cannot draw from a {type(law).__name__}")
