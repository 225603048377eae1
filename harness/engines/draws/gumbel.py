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

from harness.foundation.registry import label
from harness.foundation.validation import integer
from harness.law.claims import Claims, Trait
from harness.law.rounding import rounded
from harness.law.step import Tokens
from harness.process.noise import Noise
from harness.process.score import Score
from harness.process.space import Sequences
from harness.samplers.masked_plug_in import MaskedPlugIn

LEAST = 1e-10  # in the place of a uniform of 0, as in released code
EXHAUSTED = 45.0  # an exponential variable is larger with probability below 1e-19
TERMS = 2**16  # of an outcome's law, summed one by one
STRATA = 2**12  # beyond that: an integral over so many


@dataclass(frozen=True)
class Gumbel:
    """Draws by ``argmax_b p_b/(-log u_b)`` with uniforms that are multiples of ``2^-bits``.

    Uniforms as ``torch.rand`` draws them have 11 bits in float16, 24 in float32, 53 in float64;
    those of ``jax.random.uniform`` one less.  Raises TypeError or ValueError.
    """

    bits: int = 24

    def __post_init__(self) -> None:
        if integer("bits", self.bits, 1) > 52:
            raise ValueError(f"bits must be at most 52, those of the draws, got {self.bits}")


@dataclass(frozen=True)
class GumbelDraws:
    """``sampler`` as it really runs when every token of a step is drawn by ``Gumbel(bits)``.

    Its step law is the drawn law of each token, so that what coarse draws do to a run is exact,
    where ``simulate(..., precision=Gumbel(bits))`` draws from it.  For spaces of a few tokens: a
    law costs thousands of terms for every pair of outcomes.

    ``sampler`` is any whose step law is of independent tokens.
    """

    sampler: Any = MaskedPlugIn()  # noqa: RUF009 (frozen)
    bits: int = 24

    def __post_init__(self) -> None:
        if not isinstance(getattr(self.sampler, "claims", None), Claims):
            raise TypeError(f"sampler must be one with claims, got {self.sampler!r}")
        Gumbel(self.bits)

    @property
    def claims(self) -> Claims:
        inner = self.sampler.claims
        return Claims(
            output_order=0,
            chain_order=0,
            traits=inner.traits
            & {Trait.INDEPENDENT_TOKENS, Trait.KEEPS_MASS, Trait.POSITIONS_ALIKE},
            score_calls=inner.score_calls,
            needs_mask=inner.needs_mask,
            starts_masked=inner.starts_masked,
            needs_early_stopping=inner.needs_early_stopping,
        )

    def step(self, score: Score, noise: Noise, x: Array, t: Array, s: Array) -> Tokens:
        law = rounded(self.sampler.step(score, noise, x, t, s))
        if not isinstance(law, Tokens):
            raise TypeError(
                "a step law drawn with coarse uniforms must be a Tokens, that of "
                f"{label(self.sampler)} is a {type(law).__name__}"
            )
        lost = jnp.broadcast_to(law.lost, law.p.shape[:2])[..., None]
        p = jnp.concatenate([law.p, lost], -1)
        drawn = jax.pure_callback(self._drawn, jax.ShapeDtypeStruct(p.shape, p.dtype), p)
        return Tokens(drawn[..., :-1], drawn[..., -1])

    def _drawn(self, meant: Any) -> np.ndarray:
        rows, which = np.unique(
            np.asarray(meant).reshape(-1, meant.shape[-1]), axis=0, return_inverse=True
        )
        laws = np.stack([drawn_law(row, self.bits) for row in rows])
        laws /= laws.sum(-1, keepdims=True)  # integrals over strata sum to 1 only nearly
        return laws[which.reshape(-1)].reshape(meant.shape)


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
    over ``j`` are complete up to 65,536 terms; beyond, they are integrals over 4,096 strata, by
    three Gauss nodes each, and what a waiting time above 45 would add, at most ``1/K``, is left
    out.
    """
    p = np.asarray(p, float)
    levels, order, longest = 2.0**bits, np.arange(len(p)), -np.log(LEAST)
    law = np.zeros(len(p))
    for b in np.flatnonzero(p):
        j, weight = _terms(levels, EXHAUSTED * p[b])
        with np.errstate(divide="ignore"):
            wait = np.minimum(-np.log1p(-j / levels), longest) / p[b]
        wins = weight / levels
        for c in np.flatnonzero((p > 0) & (order != b)):
            # How many of the K values of u_c lose: those from 1/K on, and 0.
            edge, zero = levels * np.exp(-p[c] * wait), longest / p[c]
            if p[c] == p[b]:
                losing = levels - j + (c > b)
            elif c < b:
                losing = np.clip(np.ceil(edge - 1e-6) - 1, 0, levels - 1) + (zero > wait)
            else:
                losing = np.clip(np.floor(edge + 1e-6), 0, levels - 1) + (zero >= wait)
            wins *= losing / levels
        law[b] = wins.sum()
    return law


def _terms(levels: float, longest: float) -> tuple[np.ndarray, np.ndarray]:
    """``j`` and weights of a sum over ``j = 1..K``, up to ``-log(1 - j/K) = longest`` if cut."""
    most = min(levels, np.ceil(levels * -np.expm1(-longest)))
    if levels <= TERMS or most <= TERMS:
        j = np.arange(1, min(levels, TERMS) + 1)
        return j, np.ones(len(j))
    # In -log u, where the terms are smooth, from the middle of two levels to that of two others.
    begin, end = -np.log1p(-0.5 / levels), min(longest, np.log(2 * levels))
    nodes, share = np.polynomial.legendre.leggauss(3)
    width = (end - begin) / STRATA
    minus_log = (begin + width * (np.arange(STRATA)[:, None] + (nodes + 1) / 2)).reshape(-1)
    weight = width * np.tile(share / 2, STRATA) * levels * np.exp(-minus_log)
    last = [1.0] if end < longest else [0.0]  # that of u = 0
    return np.append(-levels * np.expm1(-minus_log), levels), np.append(weight, last)
