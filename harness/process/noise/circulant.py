"""Noise that adds a displacement modulo ``S``, whatever the token was."""

import math
from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array

from harness.foundation.perturbation import perturbed
from harness.foundation.registry import noises
from harness.numerics import circulant
from harness.process.noise.base import Noise, rates_as_data


@noises.add("circulant")
@dataclass(frozen=True)
class Circulant(Noise):
    """From ``a`` to ``a ⊕ c`` modulo ``S`` at the rate ``rates[c]``, whatever ``a`` is.

    ``rates [S] >= 0``, of which ``rates[0]``, where nothing moves, must be 0.  The noise of the
    uniform law (``1/S`` each) and a walk on a ring are of this kind; others have a direction, or
    long jumps.  The uniform law stays as it is.  Raises ValueError for rates that are none.
    """

    rates: Any

    def __post_init__(self) -> None:
        try:
            rates = np.array(self.rates, dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise ValueError(f"rates must be numbers, got {self.rates!r}") from error
        if rates.ndim != 1 or len(rates) < 2:
            raise ValueError(f"rates must be a list of at least 2, got shape {rates.shape}")
        wrong = ~np.isfinite(rates) | (rates < 0)
        if wrong.any():
            first = int(wrong.argmax())
            raise ValueError(f"rates must be finite and >= 0, got rates[{first}] = {rates[first]}")
        if rates[0] != 0:
            raise ValueError(f"rates[0] must be 0, since nothing moves by 0, got {rates[0]:g}")
        if not rates.any():
            raise ValueError("rates must have one above 0, got only zeros")
        object.__setattr__(self, "rates", tuple(rates.tolist()))

    def check(self, tokens: int) -> None:
        if tokens != len(self.rates):
            raise ValueError(
                f"circulant has {len(self.rates)} rates, the target has {tokens} tokens"
            )

    def rate_matrix(self, tokens: int) -> Array:
        rates = jnp.asarray(self.rates)
        return circulant.between(rates.at[0].set(-rates.sum()))

    def kernel(self, t: Array | float, tokens: int) -> Array:
        """The law of a Poisson number of displacements, every entry to full precision."""
        law = circulant.poisson_sums(jnp.asarray(t) * jnp.asarray(self.rates))
        return perturbed("kernel", circulant.between(law))

    def stationary(self, tokens: int) -> np.ndarray:
        """Uniform.  Raises ValueError where displacements do not lead from each token to all."""
        apart = math.gcd(tokens, *(c for c, rate in enumerate(self.rates) if rate > 0))
        if apart > 1:
            raise ValueError(
                "start='noise' needs a noise with a unique positive stationary law; these rates "
                f"only move by multiples of {apart} on {tokens} tokens"
            )
        return np.full(tokens, 1 / tokens)


rates_as_data(Circulant, "rates")
