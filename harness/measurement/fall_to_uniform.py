"""How fast the law of the data falls to the uniform law ``U``, under noise that no shift turns.

With ``R`` the generator of a token, ``q_t`` the law of the noised data, and ``x → y`` a change of
one token,

    ``φ(t) = -d/dt KL(q_t‖U) = Σ_x Σ_{x→y} R(x, y) D(q_t(x), q_t(y))``,  ``D(a, c) = a log(a/c) -
    a + c``,

a sum of terms that are at least 0, since as much flows into a state as out of it.  The noise
commutes with shifts, so ``φ``, a sum of the divergences of ``q_t`` from its own shifted copies,
falls.  Its slope ``φ'`` is the same sum with ``D`` derived along ``q' = q R``.
"""

import math
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from harness.foundation.precision import float64
from harness.numerics.divergence import CARRIED, ENTRY_ERROR, bregman
from harness.problem.problem import Problem
from harness.process.counts import Counts
from harness.process.noise import Noise, own_token
from harness.process.space import Sequences


def fall_with_floor(problem: Problem, t: float) -> tuple[float, float]:
    """``φ(t)`` in nats a unit of noise time, and how far rounding can move it.

    Entries of a law have errors ``e`` that are independent of each other; an entry is in a term of
    ``φ`` for each token and each way it can go, together at ``d`` times the rate of a token.  So by
    Cauchy's inequality they move ``φ`` by no more than ``e sqrt(8 rate φ) + e φ``.
    """
    space, fallen = problem.space, fall(problem, t)
    with float64():
        leave = -float(np.diag(np.asarray(problem.symbol_noise.rate_matrix(space.tokens))).min())
    leave *= space.length
    return fallen, ENTRY_ERROR * (math.sqrt(8 * leave * fallen) + fallen + ENTRY_ERROR * leave)


def fall(problem: Problem, t: float) -> float:
    """``φ(t)``, at least 0."""
    return math.fsum(float(part) for part in _over(problem, _fallen, problem.marginal(t)))


def slope(problem: Problem, t: float) -> float:
    """``φ'(t)``, at most 0 but for rounding."""
    law = problem.marginal(t)
    change = np.concatenate([np.asarray(part) for part in _over(problem, _changed, law)])
    return math.fsum(float(part) for part in _over(problem, _sloped, law, change))


class Flow(NamedTuple):
    """A law here ``[n, slots, 1]`` and there ``[n, slots, S]``; rates to there and from there."""

    here: Any
    there: Any
    out: Any
    back: Any

    @property
    def held(self) -> Any:
        """Where something flows, and no law may have underflowed."""
        return (self.out > 0) & (self.here >= CARRIED) & (self.there >= CARRIED)


def _over(problem: Problem, part: Callable[..., Any], *laws: Any) -> Iterator[Any]:
    """``part`` of the flows of ``laws``, block by block."""
    space, noise = problem.space, problem.symbol_noise
    with float64():
        if isinstance(space, Counts):
            yield part(*(_of_counts(space, noise, law) for law in laws))
            return
        rows = space.blocks()[0].stop
        for block in space.blocks():
            yield _of_block(part, space, rows, noise, block.start, *laws)


@partial(jax.jit, static_argnames=("part", "space", "rows"))
def _of_block(
    part: Callable[..., Any], space: Sequences, rows: int, noise: Noise, first: Any, *laws: Array
) -> Array:
    x = space.block(first, rows)
    out = noise.forward_rates(x, space.tokens)
    back = jnp.where(own_token(x, space.tokens), 0.0, noise.rate_matrix(space.tokens).T[x])
    near, flows = space.neighbours(x), []
    for law in laws:
        here = jax.lax.dynamic_slice(law, (first,), (rows,))[:, None, None]
        flows.append(Flow(here, law[near], out, back))
    return part(*flows)


def _of_counts(space: Counts, noise: Noise, law: np.ndarray) -> Flow:
    """Of all tokens with one value: what a sequence does, times the number of sequences."""
    counts = space.counts().astype(np.float64)
    here = law[:, None, None] * counts[:, :, None]
    there = np.where(counts[:, :, None] > 0, law[space.moved()] * (counts[:, None, :] + 1.0), 0.0)
    rates = np.array(noise.rate_matrix(space.tokens))
    np.fill_diagonal(rates, 0.0)
    return Flow(here, there, rates, rates.T)


def _fallen(q: Flow) -> Any:
    """``Σ R D(here, there)``; nothing where a law may have underflowed."""
    there = jnp.where(q.held, q.there, q.here)
    return jnp.where(q.held, q.out * bregman(jnp.asarray(q.here), there), 0.0).sum()


def _changed(q: Flow) -> Any:
    """``[n]`` ``q R``: what comes in, less what goes out."""
    return (q.there * q.back - q.here * q.out).sum((1, 2))


def _sloped(q: Flow, change: Flow) -> Any:
    """``Σ R [a' log(a/c) + c' (1 - a/c)]``, the derivative of what falls."""
    held = q.held
    here, there = jnp.where(held, q.here, 1.0), jnp.where(held, q.there, 1.0)
    grown = change.here * (jnp.log(here) - jnp.log(there)) + change.there * (1.0 - here / there)
    return jnp.where(held, q.out * grown, 0.0).sum()
