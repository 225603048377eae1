"""What evidence tells of the hidden states of a chain: forward and backward, in the log domain."""

from typing import Any

import jax
import jax.numpy as jnp
from jax import Array


def forward_backward(first: Array, rows: Array, seen: Array) -> tuple[Array, Array]:
    """What evidence tells of the states of a chain, in the log domain.

    ``first [S]`` and ``rows [d, S, S]`` are logs of the initial law and of the transitions (the
    last one is idle), ``seen [d, n, S]`` the log-evidence at each place.  Gives the log-probability
    ``[n]`` of all evidence and, ``[n, d, S]``, the log-weights of each state by that at the others.
    """
    log_prob, ahead, behind = messages(first, rows, seen)
    return log_prob, (ahead + behind).swapaxes(0, 1)


def messages(first: Array, rows: Array, seen: Array) -> tuple[Array, Array, Array]:
    """The log-probability ``[n]`` and, ``[d, n, S]`` each, what evidence before a place and what
    evidence after it tells of its state: log-weights, of which sums alone count.
    """

    def forward(before: Array, here: tuple[Array, Array]) -> tuple[Array, Any]:
        evidence, row = here
        joint = before + evidence
        total = log_sum(joint, -1)
        after = log_sum(joint[:, :, None] + row, 1)
        return after - finite(total)[:, None], (before, total)

    def backward(after: Array, here: tuple[Array, Array]) -> tuple[Array, Array]:
        evidence, row = here  # of the token after, and the row that leads to it
        found = log_sum(row + (evidence + after)[:, None, :], -1)
        found = found - finite(found.max(-1, keepdims=True))
        return found, found

    first = jnp.broadcast_to(first, seen.shape[1:])
    _, (ahead, totals) = jax.lax.scan(forward, first, (seen, rows))
    last = jnp.zeros_like(seen[0])
    _, behind = jax.lax.scan(backward, last, (seen[1:], rows[:-1]), reverse=True)
    return totals.sum(0), ahead, jnp.concatenate([behind, last[None]])


def hiding(tokens: int) -> Array:
    """``[S, S + 1]`` a kernel by which each of ``tokens = S`` is seen or hidden alike.

    How likely it is to be hidden does not matter for what is told of the others.
    """
    return jnp.concatenate([jnp.eye(tokens), jnp.ones((tokens, 1))], 1) / 2


def of_the_others(told: Array) -> tuple[Array, Array]:
    """``[n, d, K]`` each, of what tokens tell: sums over those before each, and those after.

    Sums over the other tokens, not differences: an impossible token must not hide.
    """
    none = jnp.zeros_like(told[:, :1])
    before = jnp.concatenate([none, jnp.cumsum(told, 1)[:, :-1]], 1)
    after = jnp.concatenate([jnp.cumsum(told[:, ::-1], 1)[:, ::-1][:, 1:], none], 1)
    return before, after


def log_sum(a: Array, axis: int) -> Array:
    """``log Σ exp a``; ``-inf`` where every term is."""
    most = finite(a.max(axis, keepdims=True))
    return jnp.log(jnp.exp(a - most).sum(axis)) + most.squeeze(axis)


def shares(log_weights: Array) -> Array:
    """Weights over the last axis, scaled to sum to one; 0 where there are none."""
    weights = jnp.exp(log_weights - finite(log_weights.max(-1, keepdims=True)))
    total = weights.sum(-1, keepdims=True)
    return weights / jnp.where(total > 0, total, 1.0)


def finite(a: Array) -> Array:
    return jnp.where(jnp.isfinite(a), a, 0.0)
