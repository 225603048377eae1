"""Noise: what the forward process does to one token.

Every token moves on its own, by a unit-rate generator ``R [S, S]`` (rows sum to zero).  A noise
schedule only changes the clock; it lives in the grid.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from scipy.sparse.csgraph import connected_components

from harness.precision import float64
from harness.registry import noises

AMPLIFICATION = 1e7  # of rounding, by undoing noise: beyond, under nine digits would be left


class Noise(ABC):
    """A token generator and what follows from it.  ``x [n, d]``, ``ratios [n, d, S]``."""

    @abstractmethod
    def rate_matrix(self, tokens: int) -> Array:
        """The generator ``R [S, S]``, per unit of noise time."""

    def check(self, tokens: int) -> None:  # noqa: B027 (most noises act on any alphabet)
        """Raise ValueError if this noise cannot act on an alphabet of ``tokens``."""

    def kernel(self, t: Array | float, tokens: int) -> Array:
        """Transition matrix ``P_t = expm(t R)``, ``[S, S]``, row = from, column = to."""
        return _expm(self.rate_matrix(tokens), t)

    def on_classes(self, sizes: tuple[int, ...]) -> "Noise":
        """This noise on classes of ``sizes[a]`` interchangeable tokens.

        Raises ValueError for a noise that does not treat all tokens alike.
        """
        raise ValueError(
            f"classes of interchangeable tokens need a noise that treats tokens alike, got {self}"
        )

    def stationary(self, tokens: int) -> np.ndarray:
        """``[S]`` the law that ``R`` keeps.  Raises ValueError unless it is unique and positive."""
        with float64():
            return _stationary(np.asarray(self.rate_matrix(tokens)))

    def reverse_rates(self, ratios: Array, x: Array) -> Array:
        """``[n, d, S]`` rate of setting token ``i`` to ``b``: ``R(b, x_i) ratio``; 0 at ``x_i``."""
        rates = self.rate_matrix(ratios.shape[-1]).T[x]
        return jnp.where(own_token(x, ratios.shape[-1]), 0.0, rates * ratios)

    def earlier(self, ratios: Array, h: Array | float) -> Array:
        """``[n, d, S]`` ``[ratios_i P_h^{-1}]_b``: the ratios with ``h`` less noise on token ``i``.

        With exact ratios at ``t``, in proportion to the law of ``X_{t-h}^i`` given the *other*
        tokens at ``t``.  ``nan`` for a step so long that the inverse multiplies rounding by more
        than 1e7.
        """
        inverse = jnp.linalg.inv(self.kernel(h, ratios.shape[-1]))
        carried = jnp.abs(inverse).max() < AMPLIFICATION
        return jnp.where(carried, ratios @ inverse, jnp.nan)

    def arrival(self, x: Array, h: Array | float, tokens: int) -> Array:
        """``[n, d, S]`` ``P_h(b, x_i)``: that a token at ``b`` is found at ``x_i`` after ``h``."""
        return self.kernel(h, tokens).T[x]

    def bridge(self, ratios: Array, x: Array, h: Array | float) -> Array:
        """``[n, d, S]`` ``[ratios_i P_h^{-1}]_b P_h(b, x_i)``: a token's law ``h`` earlier.

        With exact ratios at time ``t`` this is ``Pr(X_{t-h}^i = b | X_t = x)``.  It sums to one
        for any ratios that are 1 at ``x_i``, but with estimated ones entries can be negative.
        """
        return self.earlier(ratios, h) * self.arrival(x, h, ratios.shape[-1])


@noises.add("uniform")
@jax.tree_util.register_static
@dataclass(frozen=True)
class Uniform(Noise):
    """At unit rate a token is drawn afresh, uniformly: ``R = 11ᵀ/S - I``."""

    def rate_matrix(self, tokens: int) -> Array:
        return jnp.full((tokens, tokens), 1 / tokens) - jnp.eye(tokens)

    def kernel(self, t: Array | float, tokens: int) -> Array:
        drawn = -jnp.expm1(-jnp.asarray(t)) / tokens
        return jnp.exp(-jnp.asarray(t)) * jnp.eye(tokens) + drawn

    def reverse_rates(self, ratios: Array, x: Array) -> Array:
        tokens = ratios.shape[-1]
        return jnp.where(own_token(x, tokens), 0.0, ratios / tokens)

    def earlier(self, ratios: Array, h: Array | float) -> Array:
        return _undo_uniform(ratios, ratios.mean(-1, keepdims=True), h)

    def arrival(self, x: Array, h: Array | float, tokens: int) -> Array:
        drawn = -jnp.expm1(-jnp.asarray(h)) / tokens
        return jnp.where(own_token(x, tokens), jnp.exp(-jnp.asarray(h)) + drawn, drawn)

    def on_classes(self, sizes: tuple[int, ...]) -> "Noise":
        return UniformClasses(sizes)


def _undo_uniform(ratios: Array, mean: Array, h: Array | float) -> Array:
    """``ratios P_h^{-1}`` for uniform noise: away from their ``mean`` over the vocabulary."""
    grown = jnp.expm1(jnp.asarray(h))
    return jnp.where(grown < AMPLIFICATION, ratios + grown * (ratios - mean), jnp.nan)


@jax.tree_util.register_pytree_node_class
@dataclass(frozen=True)
class UniformClasses(Noise):
    """Uniform noise on a vocabulary in classes of ``sizes`` interchangeable tokens.

    ``kernel``, ``rate_matrix`` and ``stationary`` are those of the classes, ``[K, K]``.  What a
    sampler asks for tells the own token from the others of its class: ``ratios``, rates and laws
    have ``K + 1`` columns, of which ``b < K`` means a token of class ``b`` (for the own class: the
    own token itself) and the last one another token of the own class.
    """

    sizes: Any  # [K]

    @property
    def shares(self) -> Array:
        """``[K]`` share of each class in the vocabulary."""
        sizes = jnp.asarray(self.sizes, float)
        return sizes / sizes.sum()

    def rate_matrix(self, tokens: int) -> Array:
        return jnp.tile(self.shares, (tokens, 1)) - jnp.eye(tokens)

    def kernel(self, t: Array | float, tokens: int) -> Array:
        t = jnp.asarray(t)
        return jnp.exp(-t) * jnp.eye(tokens) - jnp.expm1(-t) * self.shares

    def stationary(self, tokens: int) -> np.ndarray:
        with float64():
            return np.asarray(self.shares)

    def reverse_rates(self, ratios: Array, x: Array) -> Array:
        return jnp.where(own_token(x, ratios.shape[-1]), 0.0, self._choices(x) * ratios)

    def earlier(self, ratios: Array, h: Array | float) -> Array:
        shares = self.shares
        mean = (ratios[..., : len(shares)] * shares).sum(-1, keepdims=True)
        return _undo_uniform(ratios, mean, h)

    def arrival(self, x: Array, h: Array | float, tokens: int) -> Array:
        h = jnp.asarray(h)
        stay = jnp.where(own_token(x, tokens), jnp.exp(-h), 0.0)
        return stay - jnp.expm1(-h) * self._choices(x)

    def moved_share(self, h: Array | float) -> Array:
        """``[K]`` of a class's probability of keeping its class for ``h``: to have moved in it."""
        h, sizes = jnp.asarray(h), jnp.asarray(self.sizes, float)
        drawn = -jnp.expm1(-h) / sizes.sum()
        return (sizes - 1) * drawn / (jnp.exp(-h) + sizes * drawn)

    def _choices(self, x: Array) -> Array:
        """``[n, d, K + 1]`` share of the vocabulary that each outcome stands for."""
        sizes = jnp.asarray(self.sizes, float)
        others = jnp.where(own_token(x, len(sizes)), 1.0, sizes)
        mine = sizes[x][..., None] - 1.0
        return jnp.concatenate([others, mine], -1) / sizes.sum()

    def tree_flatten(self) -> tuple[tuple[Any], None]:
        return (np.asarray(self.sizes) if isinstance(self.sizes, tuple) else self.sizes,), None

    @classmethod
    def tree_unflatten(cls, _: None, leaves: tuple[Any]) -> "UniformClasses":
        return cls(*leaves)


@noises.add("cyclic_walk")
@jax.tree_util.register_static
@dataclass(frozen=True)
class CyclicWalk(Noise):
    """A token steps to the next or the previous value on a ring, at rate 1/2 each."""

    def rate_matrix(self, tokens: int) -> Array:
        forward = jnp.roll(jnp.eye(tokens), 1, axis=1)
        return (forward + forward.T) / 2 - jnp.eye(tokens)


@noises.add("rate_matrix")
@dataclass(frozen=True)
class RateMatrix(Noise):
    """Any generator: ``rows [S][S]`` with rates ``>= 0`` off the diagonal and rows that sum to 0.

    Raises ValueError for anything else.  A non-symmetric one sees what uniform noise hides: a
    transposed kernel, a reversed generator, a missing inverse.
    """

    rows: Any

    def __post_init__(self) -> None:
        try:
            rates = np.array(self.rows, dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise ValueError(f"rate matrix must be rows of numbers, got {self.rows!r}") from error
        if rates.ndim != 2 or rates.shape[0] != rates.shape[1] or rates.shape[0] < 2:
            raise ValueError(f"rate matrix must be square, at least 2 x 2, got shape {rates.shape}")
        if not np.isfinite(rates).all():
            raise ValueError(f"rate matrix must be finite, got {rates[~np.isfinite(rates)][0]}")
        off = rates - np.diag(np.diag(rates))
        if off.min() < 0:
            raise ValueError(f"rates off the diagonal must not be negative, got {off.min():g}")
        worst = np.abs(rates.sum(1)).max()
        if worst > 1e-9 * max(1.0, np.abs(rates).max()):
            raise ValueError(f"rows of a rate matrix must sum to 0, got a sum of {worst:.10g}")
        off[np.diag_indices_from(off)] = -off.sum(1)
        object.__setattr__(self, "rows", tuple(map(tuple, off.tolist())))

    def check(self, tokens: int) -> None:
        if tokens != len(self.rows):
            raise ValueError(f"rate matrix has {len(self.rows)} tokens, the target has {tokens}")

    def rate_matrix(self, tokens: int) -> Array:
        return jnp.asarray(self.rows)


def _rebuild(_: None, leaves: tuple[Any]) -> RateMatrix:
    noise = object.__new__(RateMatrix)
    object.__setattr__(noise, "rows", leaves[0])
    return noise


# The rates are data to the compiler: another generator of the same size compiles nothing.
jax.tree_util.register_pytree_node(
    RateMatrix,
    lambda noise: (
        (np.asarray(noise.rows) if isinstance(noise.rows, tuple) else noise.rows,),
        None,
    ),
    _rebuild,
)


def own_token(x: Array, tokens: int) -> Array:
    """``[n, d, S]`` True where ``b = x_i``."""
    return x[..., None] == jnp.arange(tokens, dtype=x.dtype)


def _expm(rates: Array, t: Array | float) -> Array:
    """``expm(t R)`` of a generator, every entry to full relative precision.

    ``t R + c I`` with ``c = max exit rate * t`` has no negative entry, so its Taylor series and
    the squarings add positive numbers only; rows are then scaled to sum to one.
    """
    t = jnp.asarray(t, rates.dtype)
    positive = t * (rates - jnp.diag(jnp.diag(rates)))
    exit_rate = -t * jnp.diag(rates)
    positive = positive + jnp.diag(exit_rate.max() - exit_rate)
    size = jnp.maximum(positive.sum(1).max(), 1e-300)
    squarings = jnp.maximum(jnp.ceil(jnp.log2(size)), 0).astype(jnp.int32)
    positive = positive / 2.0**squarings
    identity = jnp.eye(rates.shape[0], dtype=rates.dtype)
    series = identity
    for order in range(18, 0, -1):  # 1/19! < 1e-17
        series = identity + positive @ series / order

    def square(_: Array, matrix: Array) -> Array:
        matrix = matrix @ matrix
        return matrix / matrix.sum(1, keepdims=True)

    series = series / series.sum(1, keepdims=True)
    return jax.lax.fori_loop(0, squarings, square, series)


def _stationary(rates: np.ndarray) -> np.ndarray:
    """Stationary law by the elimination of Grassmann, Taksar and Heyman: no subtractions."""
    classes, _ = connected_components(rates > 0, connection="strong")
    if classes > 1:
        raise ValueError(
            "start='noise' needs a noise with a unique positive stationary law; this generator "
            f"has {classes} classes of tokens that do not all reach each other"
        )
    work, size = rates.copy(), len(rates)
    for last in range(size - 1, 0, -1):
        work[:last, last] /= work[last, :last].sum()
        work[:last, :last] += np.outer(work[:last, last], work[last, :last])
    law = np.ones(size)
    for state in range(1, size):
        law[state] = law[:state] @ work[:state, state]
    return law / law.sum()
