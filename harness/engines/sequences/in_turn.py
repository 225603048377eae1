"""Steps that are one law after another."""

import operator
from typing import Any

import jax.numpy as jnp
from jax import Array

from harness.engines.sequences import by_kind
from harness.law.step import InTurn
from harness.process.space import Sequences


@by_kind.push.register
def _(law: InTurn, space: Sequences, mass: Array, first: Any) -> by_kind.Pushed:
    run = by_kind.Pushed(mass)
    for stage in law.stages:
        after, *more = by_kind.push(stage, space, run.law, 0)
        run = by_kind.Pushed(after, *map(operator.add, run[1:], more))
    return run


@by_kind.transitions.register
def _(law: InTurn, space: Sequences) -> tuple[Array, Any]:
    reached, lost = by_kind.transitions(law.stages[0], space)
    for stage in law.stages[1:]:
        rows, gone = by_kind.transitions(stage, space)
        lost = lost + reached @ jnp.broadcast_to(gone, reached.shape[1:])
        reached = reached @ rows
    return reached, lost
