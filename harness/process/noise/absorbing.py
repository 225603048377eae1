"""Absorbing noise: what masked diffusion models undo."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from harness.foundation.perturbation import perturbed
from harness.foundation.registry import noises
from harness.process.noise.base import Noise, own_token
from harness.process.space import Sequences

HALF = math.log(2.0)  # where a token is as likely masked as not, and ratios are probabilities
LATE = 600.0  # later, the ratio of a rare token to the mask is no float64
REVEALED = 1e-14  # a chance of staying masked that is smaller is the rounding of ratios


@noises.add("absorbing")
@jax.tree_util.register_static
@dataclass(frozen=True)
class Absorbing(Noise):
    """At unit rate a token becomes the mask, and stays it: clean with probability ``e^{-t}``.

    The alphabet has ``S + 1`` symbols, the mask last.  No law of positive entries is stationary;
    ``start="noise"`` is the surrogate in which a token is the mask with probability ``1 - e^{-T}``
    and else uniform.  At ``T = ∞`` every token is masked.
    """

    def alphabet(self, space: Sequences) -> Sequences:
        if space.class_sizes:
            raise ValueError("absorbing noise acts on tokens one by one, got classes of them")
        return Sequences(space.tokens + 1, space.length, masked=True)

    def rate_matrix(self, tokens: int) -> Array:
        to_mask = jnp.zeros((tokens, tokens)).at[:, -1].set(1.0)
        return to_mask - jnp.diag(to_mask.sum(1))

    def kernel(self, t: Array | float, tokens: int) -> Array:
        t = jnp.asarray(t)
        masked = own_token(jnp.asarray(tokens - 1), tokens)
        kept = jnp.exp(-t) * jnp.eye(tokens)
        found = jnp.where(masked, -jnp.expm1(-t), kept).at[-1].set(masked.astype(kept.dtype))
        return perturbed("kernel", found)

    def start_token(self, t: float, tokens: int) -> np.ndarray:
        surrogate = np.full(tokens, math.exp(-t) / (tokens - 1))
        surrogate[-1] = -math.expm1(-t)
        return surrogate

    def earlier(self, ratios: Array, h: Array | float) -> Array:
        grown = jnp.expm1(jnp.asarray(h))
        clean = ratios[..., :-1]
        mask = ratios[..., -1:] - grown * clean.sum(-1, keepdims=True)
        return jnp.concatenate([clean * (grown + 1.0), mask], -1)

    def bridge(self, ratios: Array, x: Array, h: Array | float) -> Array:
        """A masked token is revealed to ``b`` with probability ``(e^h - 1) ratio``.

        In a step to time 0 nothing stays masked, so what rounding leaves there is dropped.
        """
        moves = jnp.expm1(jnp.asarray(h)) * ratios[..., :-1]
        hidden = 1.0 - moves.sum(-1, keepdims=True)
        hidden = jnp.where(jnp.abs(hidden) < REVEALED, 0.0, hidden)
        return self.reveal(x, jnp.concatenate([moves, hidden], -1))

    def reveal(self, x: Array, law: Array) -> Array:
        """``[n, d, S + 1]``: ``law`` for a masked token of ``x``; another keeps its value."""
        tokens = law.shape[-1]
        stays = own_token(x, tokens).astype(law.dtype)
        return jnp.where((x == tokens - 1)[..., None], law, stays)

    def clean_law(self, score: Callable[[Any, Array], Array], t: Array, x: Array) -> Array:
        """``[n, d, S]`` of a masked token, by ``score``: ``Pr(X_0^i = b | unmasked tokens of x)``.

        The ratios to the tokens are this law times ``1/(e^t - 1)``, so their shares are asked for
        at any time; beyond LATE and at ``T = ∞``, where they are 0, at log 2.  Uniform where the
        unmasked part is impossible.
        """
        ratios = score(jnp.where(t < LATE, t, HALF), x)[..., :-1]
        total = ratios.sum(-1, keepdims=True)
        known = ratios / jnp.where(total > 0, total, 1.0)
        return jnp.where(total > 0, known, 1.0 / ratios.shape[-1])

    def hidden(self, t: Array | float, s: Array | float) -> Array:
        """``(1 - e^{-s})/(1 - e^{-t})``: that a token masked at ``t`` is so at ``s``."""
        return jnp.expm1(-jnp.asarray(s)) / jnp.expm1(-jnp.asarray(t))

    def shown(self, t: Array | float, s: Array | float) -> Array:
        """``(e^{-s} - e^{-t})/(1 - e^{-t})``, the rest, with all its digits however late it is."""
        t, s = jnp.asarray(t), jnp.asarray(s)
        return jnp.exp(-s) * jnp.expm1(s - t) / jnp.expm1(-t)
