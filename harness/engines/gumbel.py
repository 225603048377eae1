"""Categorical draws as much released code makes them: ``argmax_b p_b/(-log u_b)``, coarse uniforms.

With uniforms of infinite resolution this is an exact draw (the Gumbel trick).  A float32 uniform is
a multiple of ``2^-24`` below 1, so that ``-log u`` is never below ``2^-24``: an outcome of small
probability hardly ever wins, and the drawn law has less entropy than the one that is meant.

Statement.  Let a masked token be revealed with a small probability ``r``, to ``b`` with share
``π_b``.  With ``K = 2^bits`` it is drawn with weight ``1/(K expm1(1/(K r π_b)))`` for ``r π_b``, to
first order ``r π_b - 1/2K``, and its law has ``S J/(2 K r)`` nats less than ``π``, where ``J`` is
``Σ (π_b - 1/S) log(S π_b)``, the divergence of ``π`` from uniform in both directions.  In ``N``
even steps from all masked the fall is the mean over ``1/r = 1..N``: ``N S J/(4 K)``.
Proof.  The mask wins unless its wait, exponential of rate 1 to ``O(r)``, is longer than that of
``b``, which is ``j/(K r π_b)``, ``j = 1, 2, ..``, with probability ``1/K`` each: a geometric sum.
With shares ``π_b + (1/(2 K r)) (S π_b - 1)`` the entropy changes by ``-Σ δ_b log π_b``.  ∎

Source: Zheng et al., "Masked diffusion models are secretly time-agnostic masked models and exploit
inaccurate categorical sampling", arXiv 2409.02908.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from harness.space import Sequences
from harness.step import Tokens
from harness.validation import integer

LEAST = 1e-10  # in the place of a uniform of 0, as in released code
EXHAUSTED = 45.0  # an exponential variable is larger with probability below 1e-19
TERMS = 2**16  # of an outcome's law, summed one by one; beyond that, at as many strata


@dataclass(frozen=True)
class Gumbel:
    """Draws by ``argmax_b p_b/(-log u_b)`` with uniforms that are multiples of ``2^-bits``.

    24 bits are those of float32, 53 those of float64.  Raises TypeError or ValueError.
    """

    bits: int = 24

    def __post_init__(self) -> None:
        if integer("bits", self.bits, 1) > 52:
            raise ValueError(f"bits must be at most 52, those of the draws, got {self.bits}")


@partial(jax.jit, static_argnames=("space", "bits"))
def draw(law: Tokens, space: Sequences, state: Array, key: Array, bits: int) -> Array:
    """As ``simulate.draw_tokens``: from the row ``state`` of a table; -1 for a lost chain."""
    lost = jnp.broadcast_to(law.lost, law.p.shape[:2])[..., None]
    p = jnp.concatenate([law.p, lost], -1)
    alive, gone, following = jnp.maximum(state, 0), state < 0, jnp.zeros_like(state)
    for i, stride in enumerate(space.strides):
        shape = (*state.shape, p.shape[-1])
        u = jax.random.uniform(jax.random.fold_in(key, i), shape, jnp.float64)
        u = jnp.maximum(jnp.floor(u * 2.0**bits) / 2.0**bits, LEAST)
        token = jnp.argmax(p[alive, i] / -jnp.log(u), -1).astype(state.dtype)
        gone = gone | (token == space.tokens)
        following = following + token * int(stride)
    return jnp.where(gone, -1, following)


def drawn_law(p: Any, bits: int) -> np.ndarray:
    """The law ``[S]`` of one such draw from ``p [S]``.

    Outcome ``b`` with ``u_b = 1 - j/K``, ``K = 2^bits``, wins if ``u_c <= u_b^{p_c/p_b}`` for all
    others, with strict inequality for those that come before it: ``argmax`` takes the first.  Sums
    over ``j`` are complete up to 65,536 terms; beyond, a stratum of them is taken at its middle,
    and what a waiting time above 45 would add, at most ``1/K``, is left out.
    """
    p = np.asarray(p, float)
    levels, order, longest = 2.0**bits, np.arange(len(p)), -np.log(LEAST)
    law = np.zeros(len(p))
    for b in np.flatnonzero(p):
        j, weight = np.arange(1, min(levels, TERMS) + 1), 1.0
        if levels > TERMS:
            most = min(levels, np.ceil(levels * -np.expm1(-EXHAUSTED * p[b])))
            weight = max(most / TERMS, 1.0)
            j = np.minimum((np.arange(min(most, TERMS)) + 0.5) * weight + 0.5, levels)
        with np.errstate(divide="ignore"):
            wait = np.minimum(-np.log1p(-j / levels), longest) / p[b]
        wins = np.full(len(j), weight / levels)
        for c in np.flatnonzero((p > 0) & (order != b)):
            # How many of the K values of u_c lose: those from 1/K on, and 0.
            edge, zero = levels * np.exp(-p[c] * wait), longest / p[c]
            if c < b:
                losing = np.clip(np.ceil(edge - 1e-6) - 1, 0, levels - 1) + (zero > wait)
            else:
                losing = np.clip(np.floor(edge + 1e-6), 0, levels - 1) + (zero >= wait)
            wins *= losing / levels
        law[b] = wins.sum()
    return law
