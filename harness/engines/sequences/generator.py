"""Steps that are a continuous-time chain with fixed rates: uniformization."""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from harness.engines.sequences import by_kind
from harness.law.step import Generator
from harness.process.space import Sequences

TAIL = 1e-17  # uniformization stops when the Poisson tail is below this


@partial(jax.jit, static_argnames=("space", "jumps"))
def push_generator(space: Sequences, law: Array, step: Generator, jumps: int = 0) -> Array:
    """``law expm(duration G)``; no path of up to ``jumps`` jumps is left out."""
    rates = step.rates[..., : space.tokens]  # moves within a class change no class
    leave = rates.sum((-1, -2))
    return uniformized(law, leave, step.duration, lambda law: arrivals(space, law, rates), jumps)


@by_kind.push.register
def _(law: Generator, space: Sequences, mass: Array, first: Any) -> by_kind.Pushed:
    return by_kind.Pushed(push_generator(space, mass, law))


@by_kind.transitions.register
@partial(jax.jit, static_argnames=("space",))
def _transitions_of_generator(law: Generator, space: Sequences) -> tuple[Array, Any]:
    # Every token may have to go through every symbol to get there, however short the step.
    jumps = space.length * (space.tokens - 1)

    def reach(point: Array) -> Array:
        return push_generator(space, point, law, jumps)

    return jax.lax.map(reach, jnp.eye(space.size), batch_size=64), 0.0


def uniformized(
    law: Array, leave: Array, duration: Array, arrivals: Callable[[Array], Array], jumps: int = 0
) -> Array:
    """``law expm(duration G)`` by uniformization: positive terms, Poisson tail below 1e-17.

    ``leave`` is the rate out of each state, ``arrivals(law)`` the flow into each.  Long durations
    are cut in pieces with at most 32 expected events, so that no weight underflows.  At least the
    terms of up to ``jumps`` events are summed: a state that far away is rare, but not impossible.
    """
    top = jnp.maximum(leave.max(), 1e-300)
    pieces = jnp.maximum(jnp.ceil(top * duration / 32), 1)
    mean = top * duration / pieces

    def event(law: Array) -> Array:
        return law * (1.0 - leave / top) + arrivals(law) / top

    def piece(_: Array, law: Array) -> Array:
        def unfinished(state: tuple[Array, ...]) -> Array:
            order, weight, *_ = state
            return (order <= jnp.maximum(mean, jumps)) | (weight > TAIL)

        def term(state: tuple[Array, ...]) -> tuple[Array, ...]:
            order, weight, moved, total = state
            moved = event(moved)
            weight = weight * mean / (order + 1)
            return order + 1, weight, moved, total + weight * moved

        first = jnp.exp(-mean)
        begin = (jnp.zeros(()), first, law, first * law)
        return jax.lax.while_loop(unfinished, term, begin)[-1]

    return jax.lax.fori_loop(0, pieces.astype(jnp.int32), piece, law)


def arrivals(space: Sequences, law: Array, rates: Array) -> Array:
    """``[S^d]`` probability flow into every state: ``Σ_i Σ_a (law rate)(y with token i = a)``."""
    flow, total = law[:, None, None] * rates, jnp.zeros_like(law)
    for i in range(space.length):
        outer, inner = space.tokens**i, space.tokens ** (space.length - 1 - i)
        by_axis = flow[:, i].reshape(outer, space.tokens, inner, space.tokens).sum(1)
        total = total + by_axis.swapaxes(1, 2).reshape(-1)
    return total
