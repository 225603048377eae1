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
from toy_targets import between, in_turn
from toy_targets.forward_backward import forward_backward, hiding, shares


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
        log_prob, others = forward_backward(*self._states(kernel, x))
        return log_prob, shares(others)

    def _states(self, kernel: Array, x: Array) -> tuple[Array, Array, Array]:
        """The states, and what ``x`` tells of each, as ``forward_backward`` takes them."""
        seen = jnp.log(kernel).T[x.T]  # [d, n, S]: log P(a, x_i)
        log_rows = jnp.log(jnp.asarray(self.transitions))
        rows = log_rows[jnp.arange(self.length) % len(log_rows)]  # [d, S, S], the last one idle
        return jnp.log(jnp.asarray(self.initial)), rows, seen

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

    def told_in_turn(self, x: Array, chosen: Array, shown: Array) -> Array:
        hides, after = hiding(len(self.initial)), jnp.where(chosen, shown, x)
        states = self._states(hides, x), self._states(hides, after)
        return in_turn.of_states(*states, jnp.eye(len(self.initial)), chosen)

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


def _conditional_information(triple: np.ndarray) -> float:
    """``I(Y; Z | X)`` of a joint law ``[X, Y, Z]``: a KL, summed of positive terms."""
    x = triple.sum((1, 2), keepdims=True)
    product = triple.sum(2, keepdims=True) * triple.sum(1, keepdims=True)
    apart = np.divide(product, x, out=np.zeros_like(product), where=x > 0)
    return float((rel_entr(triple, apart) - triple + apart).sum())
