"""Exact facts about the forward process on sequences: information, posteriors, rates.

Float64; nothing here knows a sampler.  ``law`` is flat, ``[S^d]``; sums of logarithms are numpy's
pairwise sums, since entropies are subtracted from each other.  ``truth_counts`` has the same names
for counts.
"""

from collections.abc import Iterator
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from harness.divergence import entropy
from harness.noise import Noise, own_token
from harness.precision import float64
from harness.space import Sequences


def without_token(space: Sequences, law: np.ndarray, i: int) -> np.ndarray:
    """Law of all tokens but ``i``, flat ``[S^{d-1}]``."""
    return _axis(space, law, i).sum(1).reshape(-1)


def token_marginal(space: Sequences, law: np.ndarray, i: int) -> np.ndarray:
    """Law of token ``i``, ``[S]``."""
    return _axis(space, law, i).sum((0, 2))


def total_correlation(space: Sequences, law: np.ndarray) -> float:
    """``TC(X) = Σ H(X_i) - H(X)`` in nats."""
    alone = sum(entropy(token_marginal(space, law, i)) for i in range(space.length))
    return alone - entropy(law)


def dual_total_correlation(space: Sequences, law: np.ndarray) -> float:
    """``DTC(X) = H(X) - Σ H(X_i | X_{-i}) = Σ H(X_{-i}) - (d-1) H(X)`` in nats."""
    rest = sum(entropy(without_token(space, law, i)) for i in range(space.length))
    return rest - (space.length - 1) * entropy(law)


def half_noised(space: Sequences, law: np.ndarray, kernel: np.ndarray) -> Iterator[np.ndarray]:
    """``J_i [S^d]`` for ``i = 0..d-1``: every token of ``law`` but ``i`` moved by ``kernel``.

    With ``law = q_s`` and ``P_{t-s}`` it is the joint law of ``X_s^i`` and ``X_t^{-i}``.  Halving
    the set of tokens still to be noised costs ``d log d`` moves of an axis instead of ``d²``.
    """

    def noised(law: np.ndarray, low: int, high: int) -> np.ndarray:
        for i in range(low, high):
            law = move_token(space, law, kernel, i)
        return law

    def halves(law: np.ndarray, low: int, high: int) -> Iterator[np.ndarray]:
        if high - low == 1:
            yield law
            return
        middle = (low + high) // 2
        yield from halves(noised(law, middle, high), low, middle)
        yield from halves(noised(law, low, middle), middle, high)

    return halves(law, 0, space.length)


def move_token(space: Sequences, law: np.ndarray, kernel: np.ndarray, i: int) -> np.ndarray:
    """``law [S^d]`` after token ``i`` alone has moved by ``kernel [S, S]``."""
    split = _axis(space, law, i)
    if split.shape[0] <= split.shape[2]:
        return np.matmul(kernel.T, split).reshape(-1)
    # Many short blocks: one tall product is faster than many small ones.
    rows = split.swapaxes(1, 2).reshape(-1, space.tokens)
    moved = (rows @ kernel).reshape(split.shape[0], split.shape[2], space.tokens)
    return moved.swapaxes(1, 2).reshape(-1)


def posterior_joint(space: Sequences, half: np.ndarray, kernel: np.ndarray, i: int) -> np.ndarray:
    """``[S^i, S, S^{d-1-i}, S]`` joint law of ``X_t`` (first three axes) and ``X_s^i = b`` (last).

    ``half`` is ``J_i`` of ``half_noised``: Bayes' rule with positive factors only.
    """
    earlier = _axis(space, half, i).swapaxes(1, 2)  # [outer, inner, b]
    return earlier[:, None, :, :] * kernel.T[None, :, None, :]


def factorisation(
    space: Sequences, law_s: np.ndarray, law_t: np.ndarray, halves: list[np.ndarray]
) -> float:
    """``E TC(X_s | X_t)`` in nats: what independent tokens must lose in a step.

    Statement.  It is ``Σ_i [H(J_i) - H(X_t)] - [H(X_s) - H(X_t)]``.
    Proof.  ``H(X_s^i | X_t) = H(X_s^i, X_t^{-i}) + H(X_t^i | X_s^i) - H(X_t)`` and
    ``H(X_s | X_t) = H(X_s) + H(X_t | X_s) - H(X_t)``; tokens are noised independently, so
    ``H(X_t | X_s) = Σ_i H(X_t^i | X_s^i)`` cancels.  ∎
    """
    now = entropy(law_t)
    gains = sum(entropy(half) - now for half in halves)
    return gains - (entropy(law_s) - now)


class Reversal:
    """The truth between ``s`` and ``t = s + h``, given the state at ``t``.

    ``factorisation`` is ``E TC(X_s | X_t)`` in nats, what independent tokens must lose.
    """

    def __init__(self, problem: Any, t: float, s: float) -> None:
        self.space, self.noise, self.h = problem.space, problem.symbol_noise, t - s
        self.kernel, law_s, law_t = problem.kernel(self.h), problem.marginal(s), problem.marginal(t)
        space = self.space
        halves = list(half_noised(space, law_s, self.kernel))
        self.factorisation = factorisation(space, law_s, law_t, halves)
        self.halves = np.stack(halves)

    def joint(self, first: int, rows: int) -> Array:
        """``[rows, d, S]`` joint law of ``X_t = x`` and each token's outcome at ``s``."""
        with float64():
            noise, h = self.noise, self.h
            return _joint(self.space, rows, noise, self.halves, self.kernel, h, first)


@partial(jax.jit, static_argnames=("space", "rows"))
def _joint(
    space: Sequences, rows: int, noise: Any, halves: Array, kernel: Array, h: Any, first: Any
) -> Array:
    """Bayes' rule with positive factors only: ``J_i(b, x_{-i}) P_h(b, x_i)``."""
    x, slot = space.block(first, rows), jnp.arange(space.length)[:, None]
    joint = halves[slot, space.neighbours(x)] * kernel.T[x]
    if not space.class_sizes:
        return joint
    own = own_token(x, space.tokens)
    moved = jnp.where(own, joint * noise.moved_share(h)[x][..., None], 0.0)
    return jnp.concatenate([joint - moved, moved.sum(-1, keepdims=True)], -1)


@partial(jax.jit, static_argnames=("space", "rows"))
def reverse_flow(space: Sequences, rows: int, noise: Noise, law: Array, first: Any) -> Array:
    """``[rows, d, S]`` ``q(x) r_i(b) = q(x with token i = b) R(b, x_i)``, 0 at the own token.

    For the ``rows`` states from number ``first`` on.
    """
    x = space.block(first, rows)
    rates = noise.rate_matrix(space.tokens)
    rates = rates - jnp.diag(jnp.diag(rates))
    return law[space.neighbours(x)] * rates.T[x]


def index_tables(space: Sequences) -> tuple[np.ndarray, np.ndarray]:
    """States ``[S^d, d]``; flat index ``[S^d, d, S]`` of each with token ``i`` set to ``b``."""
    index = np.arange(space.size)
    x = index[:, None] // space.strides % space.tokens
    change = np.arange(space.tokens) - x[..., None]
    return x, index[:, None, None] + change * space.strides[:, None]


def _axis(space: Sequences, law: np.ndarray, i: int) -> np.ndarray:
    """``law`` as ``[S^i, S, S^{d-1-i}]``: token ``i`` is the middle axis."""
    return law.reshape(space.tokens**i, space.tokens, -1)
