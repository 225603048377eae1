"""A homogeneous Markov chain of which some tokens are known: what that tells of the others.

Given the known tokens, one between two of them depends on these two alone, and of several the
nearest tell all that there is to tell.  ``initial [S]``, ``transition [S, S]``; in ``x [n, d]`` the
symbol ``S`` hides a token.
"""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from harness.numerics.divergence import bregman, library

PAIRS_AT_ONCE = 4096


def laws(initial: Any, transition: Any, x: Array) -> Array:
    """``[n, d, S]`` law of each token given the known ones, of which its neighbours decide.

    Itself it is left out; 0 where the known ones cannot be together.
    """
    powers, marginals = _tables(jnp.asarray(initial), jnp.asarray(transition), x.shape[1])
    known, place, last = x != len(initial), jnp.arange(x.shape[1]), x.shape[1] - 1
    left = _shifted(jax.lax.cummax(jnp.where(known, place, -1), 1), -1)
    right = _shifted(jax.lax.cummin(jnp.where(known, place, last + 1)[:, ::-1], 1), last + 1)
    right = right[:, ::-1]
    start, end = jnp.maximum(left, 0), jnp.minimum(right, last)
    tokens = [jnp.minimum(jnp.take_along_axis(x, p, 1), len(initial) - 1) for p in (start, end)]
    ahead = jnp.where((left >= 0)[..., None], powers[place - start, tokens[0]], marginals[place])
    behind = powers.swapaxes(1, 2)[end - place, tokens[1]]
    weights = ahead * jnp.where((right <= last)[..., None], behind, 1.0)
    token = jnp.minimum(x, len(initial) - 1)[..., None]
    follows = jnp.take_along_axis(ahead, token, -1)[..., 0] > 0  # what is known can be together
    weights = weights * (follows | ~known).all(-1)[:, None, None]
    total = weights.sum(-1, keepdims=True)
    return weights / jnp.where(total > 0, total, 1.0)


def told(initial: Any, transition: Any, x: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """``[n]`` nats ``TC(X_S | x_C)`` of the ``chosen [n, d]`` hidden tokens given the known ones.

    Statement.  It is ``Σ I(X_a; X_b | x_C)`` over the pairs of chosen tokens with no known and no
    chosen token between them.
    Proof.  ``TC = Σ_b I(X_b; chosen ones before b | x_C)``; given ``x_C`` the tokens still are a
    chain, so of those before only the nearest counts, and nothing if a known token is between.  ∎
    Every term is a divergence, summed of positive parts.
    """
    tokens, length = len(initial), x.shape[1]
    known, place = x != tokens, np.arange(length)
    before = _shifted(np.maximum.accumulate(np.where(known | chosen, place, -1), 1), -1)
    left = _shifted(np.maximum.accumulate(np.where(known, place, -1), 1), -1)
    right = np.minimum.accumulate(np.where(known, place, length)[:, ::-1], 1)[:, ::-1]
    nearest = np.take_along_axis(chosen, np.maximum(before, 0), 1) & (before >= 0)
    row, b = np.nonzero(chosen & nearest)
    a = before[row, b]
    start, end = left[row, a], right[row, b]
    # What counts: how far apart the four are and what the outer two hold, S where there is none.
    held = np.where(start >= 0, x[row, start], tokens)
    ends = np.where(end < length, x[row, np.minimum(end, length - 1)], tokens)
    to_end = np.where(end < length, end - b, 0)
    cases = np.stack([a - np.maximum(start, 0), held, b - a, to_end, ends], 1)
    unique, which = np.unique(cases, axis=0, return_inverse=True)
    powers, marginals = map(np.asarray, _jitted(initial, transition, length))
    blocks = [unique[k : k + PAIRS_AT_ONCE] for k in range(0, len(unique), PAIRS_AT_ONCE)]
    found = [_information(powers, marginals, block) for block in blocks]
    each = np.concatenate([np.zeros(0), *found])[which.reshape(-1)]
    return np.bincount(row, each, minlength=len(x))


def _information(powers: np.ndarray, marginals: np.ndarray, cases: np.ndarray) -> np.ndarray:
    """``I(X_a; X_b | ends)`` of each case: distances and what the ends hold, ``S`` for no end."""
    to_a, held, apart, to_end, ends = cases.T
    last = marginals.shape[1] - 1
    ahead = powers[to_a, np.minimum(held, last)]
    ahead = np.where((held <= last)[:, None], ahead, marginals[to_a])
    behind = powers[to_end, :, np.minimum(ends, last)]
    behind = np.where((ends <= last)[:, None], behind, 1.0)
    joint = ahead[:, :, None] * powers[apart] * behind[:, None, :]
    joint = joint / joint.sum((1, 2), keepdims=True)
    product = joint.sum(2, keepdims=True) * joint.sum(1, keepdims=True)
    return np.asarray(bregman(joint, product)).sum((1, 2))


def _shifted(table: Any, none: int) -> Any:
    """``table [n, d]`` moved by one place to the right: what comes before, ``none`` at first."""
    first = library(table).full((len(table), 1), none)
    return library(table).concatenate([first, table[:, :-1]], 1)


def _tables(initial: Array, transition: Array, length: int) -> tuple[Array, Array]:
    """Powers ``[d, S, S]`` of the transition, 0 to ``d - 1``, and the law ``[d, S]`` of a token."""

    def next_power(power: Array, _: None) -> tuple[Array, Array]:
        return power @ transition, power

    _, powers = jax.lax.scan(next_power, jnp.eye(len(initial)), None, length)
    return powers, initial @ powers


@partial(jax.jit, static_argnames=("length",))
def _jitted(initial: Array, transition: Array, length: int) -> tuple[Array, Array]:
    return _tables(initial, transition, length)
