"""Analytic noised laws: what is known in closed form of a target too long to enumerate.

The contract of ``target.analytic()``, for ``kernel [S, S]`` by which every token has moved and
sequences ``x [n, d]``:

``noised(kernel, x)``  the log-probability ``[n]`` of ``x`` in nats, ``-inf`` where impossible, and
``[n, d, S]`` the law of the *clean* token ``i`` given the *other* noised tokens (0 where these are
impossible).  Every ratio and every posterior of a token is a sum of products of the latter, all
positive.  ``draw(keys)``  a clean sequence ``int32 [n, d]`` for each of ``n`` JAX keys.
``dependence()``  total and dual total correlation of the clean law in nats, ``nan`` where unknown.

They are ``conditionals`` too (see ``toy_targets.conditionals``).  The laws here are JAX pytrees:
float64 under ``harness.foundation.precision.float64``, jitted by their users.
"""

from dataclasses import dataclass, field
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from scipy.special import rel_entr

from harness.numerics.inverse_transform import pick, uniforms
from toy_targets import between


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Chain:
    """A Markov chain: token ``i + 1`` from the row of token ``i`` in ``transitions[i % m]``.

    Noised it is a hidden Markov chain whose emission is the token kernel: forward-backward, in the
    log domain, since the evidence on the two sides of a token may differ by any amount.
    ``initial [S]``, ``transitions [m, S, S]``.
    """

    initial: Any
    transitions: Any
    length: int = field(metadata={"static": True})

    def noised(self, kernel: Array, x: Array) -> tuple[Array, Array]:
        seen = jnp.log(kernel).T[x.T]  # [d, n, S]: log P(a, x_i)
        log_rows = jnp.log(jnp.asarray(self.transitions))
        rows = log_rows[jnp.arange(self.length) % len(log_rows)]  # [d, S, S], the last one idle
        log_prob, others = forward_backward(jnp.log(jnp.asarray(self.initial)), rows, seen)
        return log_prob, shares(others)

    def revealed(self, x: Array) -> Array:
        if len(self.transitions) > 1:
            return self.noised(hiding(len(self.initial)), x)[1]
        return between.laws(self.initial, self.transitions[0], x)

    def log_prob(self, x: Array) -> Array:
        rows = jnp.arange(self.length - 1) % len(self.transitions)
        first = jnp.asarray(self.initial)[x[:, 0]]
        after = jnp.asarray(self.transitions)[rows, x[:, :-1], x[:, 1:]]
        return jnp.log(first) + jnp.log(after).sum(-1)

    def total_correlation(self, x: np.ndarray, chosen: np.ndarray) -> np.ndarray | None:
        """Of tokens of a chain that are drawn together: what neighbours among them tell.

        Unknown where the transitions change along the chain.
        """
        if len(self.transitions) > 1:
            return None
        return between.told(self.initial, self.transitions[0], x, chosen)

    def draw(self, keys: Array) -> Array:
        u, rows = uniforms(keys, self.length), jnp.asarray(self.transitions)
        first = pick(jnp.asarray(self.initial), u[:, 0])

        def follow(x: Array, here: tuple[Array, Array]) -> tuple[Array, Array]:
            i, u = here
            after = pick(rows[i % len(rows)][x], u)
            return after, after

        steps = jnp.arange(self.length - 1), u[:, 1:].T
        _, rest = jax.lax.scan(follow, first, steps)
        return jnp.concatenate([first[None], rest]).T

    def dependence(self) -> tuple[float, float]:
        """``TC = Σ I(X_{i-1}; X_i)`` and ``DTC = Σ I(X_i; X_{i+1} | X_{i-1})``: positive terms.

        Proof.  ``TC = Σ I(X_i; X_{<i})`` and ``DTC = H(X) - Σ H(X_i|X_{-i}) =
        Σ [H(X_i|X_{<i}) - H(X_i|X_{<i}, X_{>i})] = Σ I(X_i; X_{>i} | X_{<i})``, and of ``<i`` only
        ``i - 1`` matters, of ``>i`` only ``i + 1``.  ∎
        """
        rows, total, dual = np.asarray(self.transitions), [], []
        before, here = (
            np.ones((1, 1)),
            np.asarray(self.initial)[None, :],
        )  # of X_{i-1}, X_i given it
        for i in range(self.length - 1):
            row = rows[i % len(rows)]
            triple = (before.reshape(-1, 1) * here)[:, :, None] * row  # [X_{i-1}, X_i, X_{i+1}]
            dual.append(_conditional_information(triple))
            total.append(_conditional_information(triple.sum(0, keepdims=True)))
            before, here = triple.sum((0, 2)), row
        return float(np.sum(total)), float(np.sum(dual))


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Mixture:
    """With probability ``weights[k]`` all ``length`` tokens are independent with law ``laws[k]``.

    Noised it is a mixture of products still.  ``weights [K]``, ``laws [K, S]``.
    """

    weights: Any
    laws: Any
    length: int = field(metadata={"static": True})

    def noised(self, kernel: Array, x: Array) -> tuple[Array, Array]:
        laws = jnp.asarray(self.laws)
        evidence = jnp.log(laws @ kernel).T[x]  # [n, d, K]
        prior = jnp.log(jnp.asarray(self.weights))
        # Sums over the other tokens, not differences: an impossible token must not hide.
        none = jnp.zeros_like(evidence[:, :1])
        before = jnp.concatenate([none, jnp.cumsum(evidence, 1)[:, :-1]], 1)
        after = jnp.concatenate([jnp.cumsum(evidence[:, ::-1], 1)[:, ::-1][:, 1:], none], 1)
        log_prob = _log_sum(prior + before[:, -1] + evidence[:, -1], -1)
        return log_prob, shares(prior + before + after) @ laws

    def revealed(self, x: Array) -> Array:
        return self.noised(hiding(np.shape(self.laws)[1]), x)[1]

    def log_prob(self, x: Array) -> Array:
        return self.noised(jnp.eye(np.shape(self.laws)[1]), x)[0]

    def total_correlation(self, x: np.ndarray, chosen: np.ndarray) -> np.ndarray | None:
        """Zero for one law; else not known in closed form."""
        return np.zeros(len(x)) if len(self.weights) == 1 else None

    def draw(self, keys: Array) -> Array:
        u = uniforms(keys, self.length + 1)
        which = pick(jnp.asarray(self.weights), u[:, 0])
        return pick(jnp.asarray(self.laws)[which][:, None, :], u[:, 1:])

    def dependence(self) -> tuple[float, float]:
        """Zero for one law; else not known in closed form."""
        unknown = float("nan")
        return (0.0, 0.0) if len(np.asarray(self.weights)) == 1 else (unknown, unknown)


def forward_backward(first: Array, rows: Array, seen: Array) -> tuple[Array, Array]:
    """What evidence tells of the states of a chain, in the log domain.

    ``first [S]`` and ``rows [d, S, S]`` are logs of the initial law and of the transitions (the
    last one is idle), ``seen [d, n, S]`` the log-evidence at each place.  Gives the log-probability
    ``[n]`` of all evidence and, ``[n, d, S]``, the log-weights of each state by that at the others.
    """

    def forward(before: Array, here: tuple[Array, Array]) -> tuple[Array, Any]:
        evidence, row = here
        joint = before + evidence
        total = _log_sum(joint, -1)
        after = _log_sum(joint[:, :, None] + row, 1)
        return after - _finite(total)[:, None], (before, total)

    def backward(after: Array, here: tuple[Array, Array]) -> tuple[Array, Array]:
        evidence, row = here  # of the token after, and the row that leads to it
        found = _log_sum(row + (evidence + after)[:, None, :], -1)
        found = found - _finite(found.max(-1, keepdims=True))
        return found, found

    first = jnp.broadcast_to(first, seen.shape[1:])
    _, (ahead, totals) = jax.lax.scan(forward, first, (seen, rows))
    last = jnp.zeros_like(seen[0])
    _, behind = jax.lax.scan(backward, last, (seen[1:], rows[:-1]), reverse=True)
    others = ahead + jnp.concatenate([behind, last[None]])
    return totals.sum(0), others.swapaxes(0, 1)


def hiding(tokens: int) -> Array:
    """``[S, S + 1]`` a kernel by which each of ``tokens = S`` is seen or hidden alike.

    How likely it is to be hidden does not matter for what is told of the others.
    """
    return jnp.concatenate([jnp.eye(tokens), jnp.ones((tokens, 1))], 1) / 2


def _conditional_information(triple: np.ndarray) -> float:
    """``I(Y; Z | X)`` of a joint law ``[X, Y, Z]``: a KL, summed of positive terms."""
    x = triple.sum((1, 2), keepdims=True)
    product = triple.sum(2, keepdims=True) * triple.sum(1, keepdims=True)
    apart = np.divide(product, x, out=np.zeros_like(product), where=x > 0)
    return float((rel_entr(triple, apart) - triple + apart).sum())


def _log_sum(a: Array, axis: int) -> Array:
    """``log Σ exp a``; ``-inf`` where every term is."""
    most = _finite(a.max(axis, keepdims=True))
    return jnp.log(jnp.exp(a - most).sum(axis)) + most.squeeze(axis)


def shares(log_weights: Array) -> Array:
    """Weights over the last axis, scaled to sum to one; 0 where there are none."""
    weights = jnp.exp(log_weights - _finite(log_weights.max(-1, keepdims=True)))
    total = weights.sum(-1, keepdims=True)
    return weights / jnp.where(total > 0, total, 1.0)


def _finite(a: Array) -> Array:
    return jnp.where(jnp.isfinite(a), a, 0.0)
