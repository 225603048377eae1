"""Entropy bound: as many masked tokens as a budget of entropy allows are revealed at once."""

from dataclasses import dataclass, replace

import jax.numpy as jnp
from jax import Array

from harness.foundation.registry import samplers
from harness.foundation.validation import real
from harness.law.claims import Claims
from harness.law.reveal_policy import TIE, RevealPolicy, before, claims_of_policy, entropies


@samplers.add("entropy_bound")
@dataclass(frozen=True)
class EntropyBound(RevealPolicy):
    """Entropy bound: the most tokens, by entropy, with ``ΣH - max H <= gamma``; one at least.

    ``gamma`` is in nats.  Tokens come in the order of their entropy given the unmasked ones, the
    smallest first.  Where entropies agree to nine digits the lowest position wins; a sum that is
    above ``gamma`` by a part in 1e9 for each token is within it.  Each token is drawn from its law
    given the unmasked ones.

    With the exact score and ``gamma = 0`` the output is the data law: tokens that are determined
    go together, with one that is not.  Ben-Hamu et al., EB-Sampler, arXiv 2505.24857.

    Raises TypeError or ValueError for a ``gamma`` below 0.
    """

    gamma: float = 0.1

    def __post_init__(self) -> None:
        object.__setattr__(self, "gamma", real("gamma", self.gamma, minimum=0.0))

    @classmethod
    def examples(cls) -> list["EntropyBound"]:
        """Little, much, and nothing."""
        return [cls(), cls(0.7), cls(0.0)]

    @property
    def claims(self) -> Claims:
        return replace(claims_of_policy(self.gamma == 0.0, None), entropy_budget=self.gamma)

    def chooses(self, clean: Array, masked: Array) -> Array:
        each = jnp.round(entropies(clean))  # whole numbers: sums of them have no rounding
        within = before(each, -each, masked)  # ΣH - max H, as the last is the largest
        rounding = masked.shape[1]  # each of so many terms is off by at most half of 1/TIE
        return masked & (within <= self.gamma * TIE + rounding)
