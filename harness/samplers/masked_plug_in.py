"""Masked plug-in: what masked language models run, ancestral sampling with parallel reveals."""

from dataclasses import dataclass
from typing import ClassVar

import jax.numpy as jnp
from jax import Array

from harness.foundation.registry import samplers
from harness.law.claims import Claims, Trait
from harness.law.step import StepLaw, Tokens
from harness.process.noise import Absorbing
from harness.process.score import Score


def rates_in_step(score: Score, noise: Absorbing, x: Array, t: Array, u: Array) -> Array:
    """``[n, d, S + 1, S + 1]``: the mask turns into ``b`` at ``Pr(X_0^i = b | x) / (e^u - 1)``."""
    clean = noise.clean_law(score, t, x) / jnp.expm1(u)
    rates = jnp.concatenate([clean, jnp.zeros_like(clean[..., :1])], -1)
    from_mask = jnp.arange(rates.shape[-1])[:, None] == rates.shape[-1] - 1
    return jnp.where(from_mask, rates[..., None, :], 0.0)


@samplers.add("masked_plug_in")
@dataclass(frozen=True)
class MaskedPlugIn:
    """Masked plug-in: masked tokens are revealed in parallel, each from its law given the rest.

    A masked token stays masked with probability ``(1 - e^{-s})/(1 - e^{-t})``, else it is drawn
    from ``Pr(X_0^i = · | the unmasked tokens)``; an unmasked token never moves.

    With the exact score this is Tweedie τ-leaping under absorbing noise.  It has a limit at
    ``T = inf``, where masked models really start.
    """

    claims: ClassVar[Claims] = Claims(
        output_order=2,
        chain_order=1,
        traits={
            Trait.INDEPENDENT_TOKENS,
            Trait.KEEPS_MASS,
            Trait.SCORE_AT_GRID_TIMES,
            Trait.POSITIONS_ALIKE,
            Trait.EXACT_TOKEN_MARGINALS,
        },
        rates_in_step=rates_in_step,
        needs_mask=True,
        starts_masked=True,
    )

    def step(self, score: Score, noise: Absorbing, x: Array, t: Array, s: Array) -> StepLaw:
        clean = noise.clean_law(score, t, x)
        masked = jnp.full((*clean.shape[:-1], 1), noise.hidden(t, s))
        shown = noise.shown(t, s) * clean
        return Tokens(noise.reveal(x, jnp.concatenate([shown, masked], -1)))
