"""What an engine does with each kind of step law: one function a question, one entry a kind.

The law of a step is a table over the states ``first, first + 1, ..`` of a space, ``n`` of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial, singledispatch
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from harness.foundation.perturbation import perturbed
from harness.law.step import (
    Chosen,
    Generator,
    InTurn,
    Kernel,
    Mixture,
    RandomOrder,
    Tokens,
    TwoStage,
    Varying,
)
from harness.process.space import Sequences

SMALLEST = 30.0  # by how much a log-weight of a choice can be below the largest
MAX_PAIR_STATES = 1024  # a two-stage law is a table over pairs of states


class NoTable(ValueError):
    """A step law that is not written out on a space, which is too large for it."""


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Pairs:
    """A ``TwoStage`` written out: ``second`` has a row for each state and each middle state."""

    first: Tokens
    second: Tokens


@partial(
    jax.tree_util.register_dataclass, data_fields=["proposal", "weights"], meta_fields=["count"]
)
@dataclass(frozen=True)
class Choice:
    """A ``Chosen`` written out: ``weights [S^d]`` of all states, the largest 1."""

    proposal: Tokens
    weights: Array
    count: int


def _refuse_many_pairs(what: str, space: Sequences) -> None:
    if space.size > MAX_PAIR_STATES:
        raise NoTable(f"{what}, on up to {MAX_PAIR_STATES:,} states; this space has {space.size:,}")


def written_out(law: Any, space: Sequences, x: Array) -> Any:
    """``law`` as a table, traceable.  Raises TypeError or ValueError for what is none."""
    if space.class_sizes and isinstance(law, TwoStage | Chosen):
        raise ValueError(f"the table of a {type(law).__name__} pairs sequences of single tokens")
    match law:
        case Tokens():
            return _filled(law, space)
        case RandomOrder():
            chance = jnp.asarray(law.chance, jnp.float64)
            stays = 1.0 - chance if law.stays is None else jnp.asarray(law.stays, jnp.float64)
            return RandomOrder(_filled(law.moves, space), law.waits, chance, stays)
        case Generator():
            return Generator(law.rates, jnp.asarray(law.duration, jnp.float64))
        case Varying() | Mixture():
            return law
        case Kernel():
            rows = law.p.shape[:1]
            lost, clipped = (jnp.broadcast_to(each, rows) for each in (law.lost, law.clipped))
            return Kernel(jnp.asarray(law.p), lost, clipped)
        case InTurn():
            if len(x) < space.size:
                raise ValueError("laws in turn need the table of all states in one block")
            return InTurn(tuple(written_out(stage, space, x) for stage in law.stages))
        case TwoStage():
            _refuse_many_pairs("a two-stage law pairs every state with every other", space)
            states = space.states()
            remembered = x if law.memory is None else law.memory
            remembered = jax.tree.map(
                lambda each: jnp.repeat(each, len(states), axis=0), remembered
            )
            second = law.second(remembered, jnp.tile(states, (len(x), 1)))
            pairs = Pairs(_filled(law.first, space), _filled(second, space))
            if law.signed:
                return Kernel.positive_part(*transitions(pairs, space))
            return pairs
        case Chosen():
            _refuse_many_pairs("a choice among proposals is a table over pairs of states", space)
            value = law.log_value(space.states())
            top = jnp.max(value)  # -inf where the state cannot be
            weights = jnp.exp(jnp.maximum(value - top, -SMALLEST))
            return Choice(_filled(law.proposal, space), weights, law.count)
    raise TypeError(
        "a sampler's step must return Tokens, Generator, Varying, Mixture, TwoStage, InTurn, "
        f"Chosen, RandomOrder or Kernel, got {law!r}"
    )


def _filled(law: Tokens, space: Sequences) -> Tokens:
    """``law`` with a row of everything for every state: all of them have the same arrays."""
    shape = law.p.shape[:2]
    parts = (jnp.asarray(part, law.p.dtype) for part in (law.lost, law.clipped))
    return Tokens(law.p, *(space.spread_out(jnp.broadcast_to(part, shape)) for part in parts))


@singledispatch
def tables(law: Any) -> Iterator[tuple[Tokens, int]]:
    """The token laws that a step law is made of, and how many rows each has per state."""
    raise TypeError(f"no engine knows a {type(law).__name__}")


class Pushed(NamedTuple):
    """``law [S^d]`` after a step; what was lost; the expected probability clipped.

    ``off``: how far the law may be off, where it is not exact to rounding.
    """

    law: Any
    lost: Any = 0.0
    clipped: Any = 0.0
    off: Any = 0.0


@singledispatch
def push(law: Any, space: Sequences, mass: Array, first: Any) -> Pushed:
    """``mass [n]`` after the step."""
    raise TypeError(f"the enumerated engine cannot push a {type(law).__name__}")


def settled(law: Any) -> Any:
    """The law of a run after a step, with the errors that are made on purpose."""
    return perturbed("run law", law)


@singledispatch
def transitions(law: Any, space: Sequences) -> tuple[Array, Any]:
    """``K [n, S^d]``, and the mass ``[n]`` lost from each row."""
    raise TypeError(f"no transition matrix of a {type(law).__name__}")


@singledispatch
def draw(law: Any, space: Sequences, state: Array, key: Array) -> Array:
    """Next state index ``[chains]`` of chains at ``state``; a lost one is and stays -1."""
    raise TypeError(f"the simulator cannot draw from a {type(law).__name__}")
