"""Decoders of masked tokens that look at values: which are revealed is a function of the unmasked.

A policy says so of the laws of the tokens given the unmasked ones; the tokens chosen are then drawn
from these laws, each by itself (not set to the likeliest token).
"""

from abc import ABC, abstractmethod
from collections.abc import Callable

import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.scipy.special import entr

from harness.law.claims import Claims, Counted, Trait
from harness.law.score_calls import masks_at_start
from harness.law.step import StepLaw, Tokens
from harness.process.grids import Grid
from harness.process.noise import Absorbing
from harness.process.score import Score

TIE = 2.0**30  # values are compared in multiples of 1/TIE, so that rounding breaks no tie
COMPARED = 64  # so many positions are compared with each other, more are sorted
RANKINGS = ("probability", "entropy", "margin", "position")
"""What masked tokens may be ranked by: the largest top probability first, the smallest entropy,
the largest distance of the two largest probabilities, the lowest position."""


class RevealPolicy(ABC):
    """A sampler that reveals the masked tokens that it ``chooses``, all at once, in each step.

    Statement.  With the exact score the output KL is ``E_{x∼q_0} Σ_r TC(X_{S_r} | x_{C_r})``, where
    ``S_r`` are the tokens chosen in round ``r`` and ``C_r`` those that are unmasked then.
    Proof.  Along a given ``x`` the choices are known, round by round, so
    ``log p_out(x) = Σ_r Σ_{i∈S_r} log Pr(x_i | x_{C_r})``; by the chain rule
    ``log q_0(x) = Σ_r log Pr(x_{S_r} | x_{C_r})``.  The mean of the difference, given ``x_{C_r}``
    and so ``S_r``, is the total correlation.  ∎
    """

    @property
    @abstractmethod
    def claims(self) -> Claims:
        """What the sampler says of itself."""

    @abstractmethod
    def chooses(self, clean: Array, masked: Array) -> Array:
        """``[n, d]`` which tokens are revealed, of those ``masked [n, d]``; one at least.

        ``clean [n, d, S]`` are the laws of the tokens given the unmasked ones.  No token is chosen
        in a row that has no mask.
        """

    def step(self, score: Score, noise: Absorbing, x: Array, t: Array, s: Array) -> StepLaw:
        """The law of the next state: tokens that are chosen are drawn, others stay."""
        clean = noise.clean_law(score, t, x)
        return revealed(noise, x, clean, self.chooses(clean, x == clean.shape[-1]))


def revealed(noise: Absorbing, x: Array, clean: Array, chosen: Array) -> Tokens:
    """The law of ``x [n, d]`` of which the masks ``chosen [n, d]`` are drawn by ``clean``."""
    hides = jnp.where(chosen, 0.0, 1.0)[..., None]
    return Tokens(noise.reveal(x, jnp.concatenate([clean * (1.0 - hides), hides], -1)))


def claims_of_policy(exact: bool, calls: Callable[[Grid, int], np.ndarray] | None) -> Claims:
    """The claims of a policy that is ``exact`` with the exact score, else keeps an error.

    ``calls(grid, d)``: the law of the number of rounds, None where that depends on the data.
    """
    order = np.inf if exact else 0
    return Claims(
        output_order=order,
        chain_order=order,
        traits={
            Trait.KEEPS_MASS,
            Trait.SCORE_AT_GRID_TIMES,
            Trait.INDEPENDENT_TOKENS,
            Trait.DETERMINED_CHOICE,
        },
        needs_mask=True,
        starts_masked=True,
        own_order=True,
        calls=calls,
        counted=Counted.STEPS_WITH_MOVES if calls else Counted.STEPS_WITH_MASKS,
        no_derivative="it ranks tokens",
    )


def rounds_of(k: int, grid: Grid, length: int) -> np.ndarray:
    """``[N + 1]`` law of the number of rounds of ``k`` tokens, as long as there are masks."""
    law = np.zeros(grid.steps + 1)
    for masks, weight in enumerate(masks_at_start(grid, length)):
        law[min(grid.steps, -(-masks // k))] += weight
    return law


def value(by: str, clean: Array) -> Array:
    """``[n, d]`` whole numbers, the larger the earlier, by which ``by`` of RANKINGS ranks tokens.

    ``clean [n, d, S]`` are their laws.  What agrees to nine digits is equal.
    """
    if by == "position":
        return jnp.broadcast_to(-jnp.arange(clean.shape[1], dtype=clean.dtype), clean.shape[:2])
    if by == "entropy":
        return -jnp.round(entropies(clean))
    top = clean.max(-1)
    if by == "margin":
        first = jnp.arange(clean.shape[-1]) == clean.argmax(-1)[..., None]
        top = top - jnp.where(first, 0.0, clean).max(-1)
    return jnp.round(top * TIE)


def entropies(clean: Array) -> Array:
    """``[n, d]`` entropies of tokens in multiples of ``1/TIE`` nats, not yet whole numbers."""
    return entr(clean).sum(-1) * TIE


def before(weights: Array, values: Array, masked: Array) -> Array:
    """``[n, d]`` sum of the ``weights [n, d]`` of the masked tokens that come before each.

    The largest of ``values [n, d]``, which are finite, comes first, of equal ones the lowest
    position.
    """
    weights = jnp.where(masked, weights, 0.0)
    place = jnp.arange(values.shape[1])
    if len(place) <= COMPARED:  # a sort is compiled slowly
        here, other = values[:, :, None], values[:, None, :]
        earlier = (other > here) | (other == here) & (place < place[:, None])
        return jnp.where(earlier, weights[:, None, :], 0.0).sum(-1)
    turns = jnp.argsort(-values, axis=-1, stable=True)
    inner = jnp.take_along_axis(weights, turns, -1)
    running = jnp.cumsum(inner, -1) - inner
    return jnp.take_along_axis(running, jnp.argsort(turns, axis=-1), -1)


def first(k: int, values: Array, masked: Array) -> Array:
    """``[n, d]`` the ``k`` masked tokens of largest value; of equal ones the lowest positions."""
    return masked & (before(jnp.ones_like(values), values, masked) < k)
