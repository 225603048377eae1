"""The exact law of a sampler on all sequences, in float64.

A product step is one matrix product: with the tokens in two halves and the column-wise (Khatri-Rao)
products ``A [S^{d/2}, S^d]`` and ``B`` of their token laws, ``p' = (A * p) Bᵀ``, a block of states
at a time.
"""

import operator
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from harness.engines.sequences import by_kind
from harness.engines.sequences.step_laws import StepLaws, joined
from harness.foundation.precision import float64
from harness.law.step import Generator, RandomOrder, StepLaw, Tokens, Varying
from harness.problem.problem import Problem
from harness.process.noise import own_token
from harness.process.space import Sequences, Space

TAIL = 1e-17  # uniformization stops when the Poisson tail is below this


@dataclass(frozen=True)
class Step:
    """One step: its times and the laws of it from every state."""

    t: float
    s: float
    laws: Any  # blocks (rows, step law), to be gone through as often as needed


@dataclass(frozen=True)
class Run:
    """``law [S^d]`` after the last step; mass ``lost`` and expected probability ``clipped``."""

    law: np.ndarray
    lost: float
    clipped: float


def steps(problem: Problem) -> Iterator[Step | Run]:
    """Every ``Step`` of the sampler, then the ``Run``."""
    law, lost, clipped = problem.chain_start, 0.0, 0.0
    for (t, s), told in zip(problem.grid.intervals(), told_times(problem), strict=True):
        laws = StepLaws(problem, t, told)
        after, gone, moved = push(problem.chain_space, law, laws)
        yield Step(t, s, laws)
        law, lost, clipped = after, lost + gone, clipped + moved
    yield Run(problem.forgotten(law), lost, clipped)


def push(
    space: Sequences, law: np.ndarray, laws: Iterable[tuple[slice, StepLaw]]
) -> tuple[np.ndarray, float, float]:
    """``law`` after the step, the mass lost in it, the expected probability clipped in it."""
    found: Any = None
    whole: list[Any] = []
    with float64():
        for rows, step in laws:
            # Paths visit states of other blocks.
            if isinstance(step, Generator | Varying | RandomOrder):
                whole.append(step)
                continue
            pushed = by_kind.push(step, space, law[rows], rows.start)
            found = pushed if found is None else jax.tree.map(operator.add, found, pushed)
        total, lost, clipped = by_kind.push(joined(whole), space, law, 0) if whole else found
        return np.asarray(total), float(lost), float(clipped)


@partial(jax.jit, static_argnames=("space",))
def _push_tokens(
    space: Sequences, law: Array, step: Tokens, first: Any
) -> tuple[Array, Array, Array]:
    shape = step.p.shape[:2]
    loses = jnp.broadcast_to(step.lost, shape)
    lost = -(law * jnp.expm1(jnp.log1p(-loses).sum(-1))).sum()
    clipped = (law[:, None] * jnp.broadcast_to(step.clipped, shape)).sum()
    p = fold(space, step.p, space.block(first, shape[0]))
    return push_product(space, law, p), lost, clipped


@by_kind.push.register
def _(law: Tokens, space: Sequences, mass: Array, first: Any) -> tuple[Any, Any, Any]:
    return _push_tokens(space, mass, law, first)


@by_kind.tables.register
def _(law: Tokens) -> Iterator[tuple[Tokens, int]]:
    yield law, 1


@by_kind.transitions.register
@partial(jax.jit, static_argnames=("space",))
def _transitions_of_tokens(law: Tokens, space: Sequences) -> tuple[Array, Any]:
    lost = -jnp.expm1(jnp.log1p(-jnp.broadcast_to(law.lost, law.p.shape[:2])).sum(-1))
    return khatri_rao(law.p).T, lost


def fold(space: Space, p: Array, x: Array) -> Array:
    """Token laws ``[n, slots, symbols]``: "another token of my class" counts as the class."""
    if not space.class_sizes:
        return p
    return p[..., :-1] + jnp.where(own_token(x, space.tokens), p[..., -1:], 0.0)


def push_product(space: Sequences, law: Array, p: Array) -> Array:
    """``p'(y) = Σ_x law(x) Π_i p[x, i, y_i]`` as fast as a matrix product, ``2 S^d`` flop a row."""
    half, rows = space.length // 2, min(space.product_rows, len(law))

    def add(total: Array, block: tuple[Array, Array]) -> tuple[Array, None]:
        weight, token = block
        left = khatri_rao(token[:, :half]) * weight
        return total + left @ khatri_rao(token[:, half:]).T, None

    nothing = jnp.zeros((space.tokens**half, space.tokens ** (space.length - half)), law.dtype)
    blocks = (law.reshape(-1, rows), p.reshape(-1, rows, space.length, space.tokens))
    return jax.lax.scan(add, nothing, blocks)[0].reshape(-1)


@partial(jax.jit, static_argnames=("space", "jumps"))
def push_generator(space: Sequences, law: Array, step: Generator, jumps: int = 0) -> Array:
    """``law expm(duration G)``; no path of up to ``jumps`` jumps is left out."""
    rates = step.rates[..., : space.tokens]  # moves within a class change no class
    leave = rates.sum((-1, -2))
    return uniformized(law, leave, step.duration, lambda law: arrivals(space, law, rates), jumps)


@by_kind.push.register
def _(law: Generator, space: Sequences, mass: Array, first: Any) -> tuple[Any, Any, Any]:
    return push_generator(space, mass, law), 0.0, 0.0


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


def khatri_rao(token: Array) -> Array:
    """``[S^m, n]`` products of the rows of ``token [n, m, S]``, first token slowest.

    A state is a column: loops over many states are long, those over a few symbols are slow.
    """
    token = jnp.moveaxis(token, 0, -1)
    product = jnp.ones((1, token.shape[-1]), token.dtype)
    for each in token:
        product = (product[:, None, :] * each).reshape(-1, token.shape[-1])
    return product


def told_times(problem: Problem) -> tuple[float, ...]:
    """Where the sampler is told that each step ends."""
    grid = problem.grid
    if grid.told is None:
        return grid.times[1:]
    return tuple(t - h for t, h in zip(grid.times[:-1], grid.told, strict=True))
