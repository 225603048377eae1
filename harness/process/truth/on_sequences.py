"""Exact facts about the forward process on sequences: information, posteriors, rates.

Float64; nothing here knows a sampler.  ``law`` is flat, ``[S^d]``; sums of logarithms are numpy's
pairwise sums, since entropies are subtracted from each other.  ``on_counts`` has the same names
for counts.
"""

from functools import partial, reduce
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from harness.foundation.perturbation import perturbed
from harness.foundation.precision import float64
from harness.numerics.divergence import (
    ENTRY_ERROR,
    entropies_with_floors,
    entropy_with_floor,
    hypot,
    library,
    nonnegative,
)
from harness.process.noise import Noise, own_token
from harness.process.space import Sequences

GROUP = 64  # tokens are moved together while their sequences are no more than this


def independent(space: Sequences, token: np.ndarray) -> np.ndarray:
    """``[S^d]`` law of independent tokens with law ``token [S]``."""
    law = np.ones(1)
    for _ in range(space.length):
        law = np.multiply.outer(law, token).reshape(-1)
    return law


def without_token(space: Sequences, law: np.ndarray, i: int) -> np.ndarray:
    """Law of all tokens but ``i``, flat ``[S^{d-1}]``."""
    return _axis(space, law, i).sum(1).reshape(-1)


def token_marginal(space: Sequences, law: np.ndarray, i: int) -> np.ndarray:
    """Law of token ``i``, ``[S]``."""
    return _axis(space, law, i).sum((0, 2))


def total_correlation(space: Sequences, law: np.ndarray) -> float:
    """``TC(X) = Σ H(X_i) - H(X)`` in nats."""
    return total_correlation_with_floor(space, law)[0]


def dual_total_correlation(space: Sequences, law: np.ndarray) -> float:
    """``DTC(X) = H(X) - Σ H(X_i | X_{-i})`` in nats."""
    return dual_total_correlation_with_floor(space, law)[0]


def total_correlation_with_floor(space: Sequences, law: np.ndarray) -> tuple[float, float]:
    """``TC(X) = Σ H(X_i) - H(X)`` in nats, and its floor."""
    if space.length == 1:
        return 0.0, 0.0
    alone = [token_marginal(space, law, i) for i in range(space.length)]
    return _difference(alone, law, 1)


def dual_total_correlation_with_floor(space: Sequences, law: np.ndarray) -> tuple[float, float]:
    """``DTC(X) = H(X) - Σ H(X_i | X_{-i}) = Σ H(X_{-i}) - (d-1) H(X)`` in nats, and its floor."""
    if space.length == 1:
        return 0.0, 0.0
    rest = [without_token(space, law, i) for i in range(space.length)]
    return _difference(rest, law, space.length - 1)


def _difference(parts: list[Any], law: Any, times: int) -> tuple[Any, Any]:
    """``Σ H(parts) - times H(law)``, which is not negative, with its floor."""
    found, offs = entropies_with_floors(library(law).stack(parts))
    whole, off = entropy_with_floor(law)
    floor = hypot(*offs, times * off)
    return nonnegative(found.sum() - times * whole, floor), floor


def half_noised(space: Sequences, law: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """``J [d, S^d]``: in ``J_i`` every token of ``law`` but ``i`` has moved by ``kernel [S, S]``.

    With ``law = q_s`` and ``P_{t-s}``, ``J_i`` is the joint law of ``X_s^i`` and ``X_t^{-i}``.
    """
    with float64():
        return np.asarray(halves(space, law, kernel))


@partial(jax.jit, static_argnames=("space",))
def halves(space: Sequences, law: Array, kernel: Array) -> Array:
    """``half_noised``, traceable.

    Tokens are moved in groups, by one matrix a group: the work of a few matrix products.

    All groups but one are moved first, halving the set of those still to be moved; then all
    tokens but one of that group.
    """
    width = 1
    while space.tokens ** (width + 1) <= GROUP:
        width += 1
    groups = [(low, min(low + width, space.length)) for low in range(0, space.length, width)]
    found: list[Array] = []

    def matrix(low: int, high: int, kept: int | None = None) -> Array:
        parts = [jnp.eye(space.tokens) if i == kept else kernel for i in range(low, high)]
        return reduce(jnp.kron, parts)

    def moved(law: Array, low: int, high: int, by: Array) -> Array:
        parts = law.reshape(space.tokens**low, space.tokens ** (high - low), -1)
        return jnp.einsum("abc,bk->akc", parts, by).reshape(-1)

    def split(law: Array, groups: list[tuple[int, int]]) -> None:
        if len(groups) == 1:
            ((low, high),) = groups
            alone = [moved(law, low, high, matrix(low, high, i)) for i in range(low, high)]
            found.extend(alone if high - low > 1 else [law])
            return
        middle = len(groups) // 2
        for rest, others in (
            (groups[:middle], groups[middle:]),
            (groups[middle:], groups[:middle]),
        ):
            still = law
            for low, high in others:
                still = moved(still, low, high, matrix(low, high))
            split(still, rest)

    split(law, groups)
    return perturbed("posterior", jnp.stack(found))


def posterior_joint(space: Sequences, half: np.ndarray, kernel: np.ndarray, i: int) -> np.ndarray:
    """``[S^i, S, S^{d-1-i}, S]`` joint law of ``X_t`` (first three axes) and ``X_s^i = b`` (last).

    ``half`` is ``J_i`` of ``half_noised``: Bayes' rule with positive factors only.
    """
    earlier = _axis(space, half, i).swapaxes(1, 2)  # [outer, inner, b]
    return earlier[:, None, :, :] * kernel.T[None, :, None, :]


def factorisation(space: Sequences, law_s: Any, law_t: Any, halves: Any) -> tuple[Any, Any, Any]:
    """``E TC(X_s | X_t)`` in nats, what independent tokens must lose in a step, with its floors.

    The second is that of errors which are the same in all steps with this kernel.

    Statement.  It is ``Σ_i [H(J_i) - H(X_t)] - [H(X_s) - H(X_t)]``.
    Proof.  ``H(X_s^i | X_t) = H(X_s^i, X_t^{-i}) + H(X_t^i | X_s^i) - H(X_t)`` and
    ``H(X_s | X_t) = H(X_s) + H(X_t | X_s) - H(X_t)``; tokens are noised independently, so
    ``H(X_t | X_s) = Σ_i H(X_t^i | X_s^i)`` cancels.  ∎
    """
    if space.length == 1:
        return 0.0, 0.0, 0.0
    xp = library(law_s)
    found, offs = entropies_with_floors(xp.concatenate([law_t[None], law_s[None], halves]))
    now, before = found[:2]
    gains = (found[2:] - now).sum()
    floors = [(space.length - 1) * offs[0], *offs[1:]]
    # An error of the kernel is the same for all tokens that it moves, d - 1 in each half.
    alike = ENTRY_ERROR * space.length * (space.length - 1) * (1 + before)
    return gains - (before - now), hypot(*floors), alike


class Reversal:
    """The truth between ``s`` and ``t = s + h``, given the state at ``t``.

    ``factorisation`` is ``E TC(X_s | X_t)`` in nats, what independent tokens must lose.
    """

    def __init__(self, problem: Any, t: float, s: float) -> None:
        self.space, self.noise, self.h = problem.space, problem.symbol_noise, t - s
        self.kernel, self.law_t = problem.kernel(self.h), problem.marginal(t)
        law_s, law_t = problem.marginal(s), self.law_t
        space = self.space
        self.halves = half_noised(space, law_s, self.kernel)
        found = factorisation(space, law_s, law_t, self.halves)
        self.factorisation, self.own_floor, self.alike_floor = found

    def joint(self, first: int, rows: int) -> Array:
        """``[rows, d, S]`` joint law of ``X_t = x`` and each token's outcome at ``s``."""
        with float64():
            noise, h = self.noise, self.h
            return token_joint(self.space, rows, noise, self.halves, self.kernel, h, first)


@partial(jax.jit, static_argnames=("space", "rows"))
def token_joint(
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
    flow = law[space.neighbours(x)] * noise.rate_matrix(space.tokens).T[x]
    return jnp.where(own_token(x, space.tokens), 0.0, flow)


def index_tables(space: Sequences) -> tuple[np.ndarray, np.ndarray]:
    """States ``[S^d, d]``; flat index ``[S^d, d, S]`` of each with token ``i`` set to ``b``."""
    index = np.arange(space.size)
    x = index[:, None] // space.strides % space.tokens
    change = np.arange(space.tokens) - x[..., None]
    return x, index[:, None, None] + change * space.strides[:, None]


def _axis(space: Sequences, law: np.ndarray, i: int) -> np.ndarray:
    """``law`` as ``[S^i, S, S^{d-1-i}]``: token ``i`` is the middle axis."""
    return law.reshape(space.tokens**i, space.tokens, -1)
