"""Steps that are a continuous-time chain with fixed rates: uniformization."""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from harness.engines.sequences import by_kind
from harness.law.step import Generator
from harness.process.space import Sequences

TAIL = 1e-17  # uniformization stops when the Poisson tail is below this
NODES = 10  # of the quadrature of a derivative, in each piece
WRITTEN_OUT = 32  # neighbours of a state up to which each is a gather of rows, which is fastest
EVENTS = 2.0  # expected in a piece, at most
MOST = 1e7  # events expected in a step; NaN where they are more


@partial(jax.jit, static_argnames=("space", "jumps"))
def push_generator(space: Sequences, law: Array, step: Generator, jumps: int = 0) -> Array:
    """``law expm(duration G)``; no path of up to ``jumps`` jumps is left out."""
    after: Any = _pushed(space, jumps, law[:, None], _rates(space, step), step.duration)
    return after[:, 0]


@by_kind.push.register
def _(law: Generator, space: Sequences, mass: Array, first: Any) -> by_kind.Pushed:
    return by_kind.Pushed(push_generator(space, mass, law))


@by_kind.transitions.register
@partial(jax.jit, static_argnames=("space",))
def _transitions_of_generator(law: Generator, space: Sequences) -> tuple[Array, Any]:
    # Every token may have to go through every symbol to get there, however short the step.
    jumps = space.length * (space.tokens - 1)
    rows: Any = _pushed(space, jumps, jnp.eye(space.size), _rates(space, law), law.duration)
    return rows.T, 0.0


def _rates(space: Sequences, step: Generator) -> Array:
    return step.rates[..., : space.tokens]  # moves within a class change no class


@partial(jax.custom_vjp, nondiff_argnums=(0, 1))
def _pushed(space: Sequences, jumps: int, laws: Array, rates: Array, duration: Array) -> Array:
    """``laws [n, k]``, one a column, after the step."""
    leave = rates.sum((-1, -2))
    return uniformized(laws, leave, duration, partial(arrivals, space, rates), jumps)


def _pushed_forwards(space: Sequences, jumps: int, *given: Array) -> tuple[Any, Any]:
    after: Any = _pushed(space, jumps, *given)
    return after, (*given, after)


def _pushed_backwards(
    space: Sequences, jumps: int, kept: Any, value: Array
) -> tuple[Array, Array, Array]:
    """Derivatives of ``f = Σ_y value(y) (law expm(h G))(y)`` along ``law``, the rates and ``h``.

    With ``a_u = law expm(u G)`` and ``b_u = expm((h - u) G) value``, ``f' = b_0``, along the
    rate from ``x`` to ``z`` it is ``∫ a_u(x) (b_u(z) - b_u(x)) du``, along ``h`` it is
    ``a_h G value``.  The integral is by Gauss-Legendre, in pieces of few expected events.
    """
    laws, rates, duration, after = kept
    leave = rates.sum((-1, -2))
    to = space.neighbours(space.states())

    def forwards(laws: Array, u: Array) -> Array:
        return uniformized(laws, leave, u, partial(arrivals, space, rates))

    def backwards(value: Array, u: Array) -> Array:
        def expected(value: Array) -> Array:
            return jnp.einsum("xib,xibk->xk", rates, value[to])

        return uniformized(value, leave, u, expected)

    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    rule = jnp.asarray((nodes + 1) / 2), jnp.asarray(weights / 2)
    pieces = _pieces(leave.max() * duration, EVENTS)
    long = duration / pieces

    def piece(k: Array, state: tuple[Array, Array]) -> tuple[Array, Array]:
        at, found = state
        end = backwards(value, jnp.maximum(duration - (k + 1) * long, 0.0))

        def node(found: Array, of_rule: tuple[Array, Array]) -> tuple[Array, None]:
            share, weight = of_rule
            now, then = forwards(at, share * long), backwards(end, (1 - share) * long)
            gain = jnp.einsum("xk,xibk->xib", now, then[to] - then[:, None, None])
            return found + weight * long * gain, None

        return forwards(at, long), jax.lax.scan(node, found, rule)[0]

    start = laws, jnp.zeros_like(rates)
    _, along_rates = jax.lax.fori_loop(0, pieces.astype(jnp.int32), piece, start)
    along_h = ((arrivals(space, rates, after) - leave[:, None] * after) * value).sum()
    return backwards(value, duration), along_rates, along_h


_pushed.defvjp(_pushed_forwards, _pushed_backwards)


def uniformized(
    law: Array, leave: Array, duration: Array, arrivals: Callable[[Array], Array], jumps: int = 0
) -> Array:
    """``law expm(duration G)`` by uniformization: positive terms, Poisson tail below 1e-17.

    ``law [n, ..]``; ``leave [n]`` is the rate out of each state, ``arrivals(law)`` the flow into
    each.  Long durations
    are cut in pieces with at most 32 expected events, so that no weight underflows.  At least the
    terms of up to ``jumps`` events are summed: a state that far away is rare, but not impossible.
    NaN where more than MOST events are expected, as in an infinite duration.
    """
    top = jnp.maximum(leave.max(), 1e-300)
    expected = jnp.where(top * duration <= MOST, top * duration, jnp.nan)
    pieces = _pieces(expected, 32.0)
    mean = expected / pieces
    stays = (1.0 - leave / top).reshape(-1, *(1,) * (law.ndim - 1))

    def event(law: Array) -> Array:
        return law * stays + arrivals(law) / top

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


def _pieces(expected: Array, most: float) -> Array:
    """In how many pieces of at most ``most`` events; one where they are too many to be followed."""
    return jnp.where(expected <= MOST, jnp.maximum(jnp.ceil(expected / most), 1), 1.0)


def arrivals(space: Sequences, rates: Array, laws: Array) -> Array:
    """``[n, k]`` flow into every state from ``laws [n, k]``: ``Σ_i Σ_a (law rate)(y^{i←a})``."""
    if space.length * space.tokens > WRITTEN_OUT:
        return _by_axis(space, rates, laws)
    x = np.indices(space.shape).reshape(space.length, -1).T
    here, total = np.arange(space.size), jnp.zeros_like(laws)
    for i, stride in enumerate(space.strides):
        for turn in range(1, space.tokens):
            token = (x[:, i] + turn) % space.tokens
            there = here + (token - x[:, i]) * stride
            total = total + laws[there] * rates[there, i, x[:, i]][:, None]
    return total


def _by_axis(space: Sequences, rates: Array, laws: Array) -> Array:
    """The same, a token after another."""
    total = jnp.zeros_like(laws)
    for i in range(space.length):
        outer, inner = space.tokens**i, space.tokens ** (space.length - 1 - i)
        at, leaves = (each.reshape(outer, space.tokens, inner, -1) for each in (laws, rates[:, i]))
        total = total + jnp.einsum("oaik,oaib->obik", at, leaves).reshape(laws.shape)
    return total
