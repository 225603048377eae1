"""Uniform noise, on tokens and on classes of interchangeable ones."""

from dataclasses import dataclass
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from harness.foundation.perturbation import perturbed
from harness.foundation.precision import float64
from harness.foundation.registry import noises
from harness.process.noise.base import AMPLIFICATION, Noise, own_token


@noises.add("uniform")
@jax.tree_util.register_static
@dataclass(frozen=True)
class Uniform(Noise):
    """At unit rate a token is drawn afresh, uniformly: ``R = 11ᵀ/S - I``."""

    draws_afresh: ClassVar[bool] = True

    def rate_matrix(self, tokens: int) -> Array:
        return jnp.full((tokens, tokens), 1 / tokens) - jnp.eye(tokens)

    def stationary(self, tokens: int) -> np.ndarray:
        return np.full(tokens, 1 / tokens)

    def kernel(self, t: Array | float, tokens: int) -> Array:
        drawn = -jnp.expm1(-jnp.asarray(t)) / tokens
        return perturbed("kernel", jnp.exp(-jnp.asarray(t)) * jnp.eye(tokens) + drawn)

    def reverse_rates(self, ratios: Array, x: Array) -> Array:
        tokens = ratios.shape[-1]
        return perturbed("rates", jnp.where(own_token(x, tokens), 0.0, ratios / tokens))

    def earlier(self, ratios: Array, h: Array | float) -> Array:
        return _undo_uniform(ratios, ratios.mean(-1, keepdims=True), h)

    def arrival(self, x: Array, h: Array | float, tokens: int) -> Array:
        drawn = -jnp.expm1(-jnp.asarray(h)) / tokens
        found = jnp.where(own_token(x, tokens), jnp.exp(-jnp.asarray(h)) + drawn, drawn)
        return perturbed("kernel", found)

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
    draws_afresh: ClassVar[bool] = True

    @property
    def shares(self) -> Array:
        """``[K]`` share of each class in the vocabulary."""
        sizes = jnp.asarray(self.sizes, float)
        return sizes / sizes.sum()

    def rate_matrix(self, tokens: int) -> Array:
        return jnp.tile(self.shares, (tokens, 1)) - jnp.eye(tokens)

    def kernel(self, t: Array | float, tokens: int) -> Array:
        t = jnp.asarray(t)
        return perturbed("kernel", jnp.exp(-t) * jnp.eye(tokens) - jnp.expm1(-t) * self.shares)

    def stationary(self, tokens: int) -> np.ndarray:
        with float64():
            return np.asarray(self.shares)

    def forward_rates(self, x: Array, tokens: int) -> Array:
        return jnp.where(own_token(x, tokens), 0.0, self._choices(x))

    def reverse_rates(self, ratios: Array, x: Array) -> Array:
        rates = jnp.where(own_token(x, ratios.shape[-1]), 0.0, self._choices(x) * ratios)
        return perturbed("rates", rates)

    def earlier(self, ratios: Array, h: Array | float) -> Array:
        shares = self.shares
        mean = (ratios[..., : len(shares)] * shares).sum(-1, keepdims=True)
        return _undo_uniform(ratios, mean, h)

    def arrival(self, x: Array, h: Array | float, tokens: int) -> Array:
        h = jnp.asarray(h)
        stay = jnp.where(own_token(x, tokens), jnp.exp(-h), 0.0)
        return perturbed("kernel", stay - jnp.expm1(-h) * self._choices(x))

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
