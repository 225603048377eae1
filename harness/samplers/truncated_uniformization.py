"""Truncated uniformization: the estimated reverse chain, slowed down where it would be too fast."""

import math
from dataclasses import dataclass

import jax.numpy as jnp
from jax import Array
from jax.tree_util import Partial

from harness.foundation.registry import samplers
from harness.foundation.validation import real
from harness.law.claims import Claims, Counted, Trait
from harness.law.step import StepLaw, Varying
from harness.process.noise import Noise
from harness.process.score import Score


def _largest(noise: Noise, u: Array, length: int, tokens: int) -> Array:
    """The rate out of a state that the truth never exceeds at time ``u``, whatever the data."""
    return length * noise.largest_exit(u, tokens)


def _rates(score: Score, noise: Noise, most: float | None, u: Array, y: Array) -> Array:
    rates = noise.reverse_rates(score(u, y), y)
    leave = rates.sum((-1, -2))
    bound = _largest(noise, u, y.shape[1], score.symbols) if most is None else most
    share = jnp.minimum(1.0, bound / jnp.where(leave > 0, leave, 1.0))
    return rates * jnp.where(leave > 0, share, 1.0)[:, None, None]


@samplers.add("truncated_uniformization")
@dataclass(frozen=True)
class TruncatedUniformization:
    """Truncated uniformization: rates out of a state are scaled down to a total of ``β`` at most.

    Otherwise the chain of ``uniformization``: the rates of the score at *every* time, no
    discretisation error.  ``β`` is what candidate events need a bound for, and with it no bound on
    the estimate is needed.  ``most`` is a constant ``β``, an event a unit of time; by default it is
    ``β(u) = d max_{c,a} Σ_{b≠a} P_u(c, b) R(b, a)/P_u(c, a)``, which the true rates never exceed
    (``Noise.largest_exit``): then the exact score is never scaled down, and nothing is lost.

    Source: arXiv 2505.21892, Lemma 4.
    """

    most: float | None = None

    def __post_init__(self) -> None:
        if self.most is not None:
            object.__setattr__(self, "most", real("most", self.most, above=0.0))

    @property
    def claims(self) -> Claims:
        order = math.inf if self.most is None else 0
        return Claims(
            output_order=order,
            chain_order=order,
            traits={Trait.KEEPS_MASS, Trait.POSITIONS_ALIKE, Trait.TRUNCATED_TIME},
            score_calls=0,
            counted=Counted.CANDIDATE_EVENTS,
            needs_early_stopping=True,
            no_derivative="its rates are followed through as many pieces of a step as they need",
        )

    def step(self, score: Score, noise: Noise, x: Array, t: Array, s: Array) -> StepLaw:
        top = self.most or _largest(noise, s, x.shape[1], score.symbols)
        rates = Partial(_rates, score, noise, self.most)
        return Varying(rates, t, s, jnp.asarray(top), kinked=True)
