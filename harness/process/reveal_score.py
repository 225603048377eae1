"""The exact score of masked tokens where their laws given the others are known, at any length."""

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from harness.foundation.perturbation import perturbed
from harness.process.noise import Noise
from harness.process.score import Untilted, complete
from harness.process.space import Sequences


@jax.tree_util.register_pytree_node_class
@dataclass(frozen=True)
class RevealScore(Untilted):
    """``score(u, y)``: ratios ``[n, d, S + 1]`` under absorbing noise, with no table.

    ``law`` is what ``target.conditionals()`` returns (see ``toy_targets.conditionals``).  The ratio
    of a mask to a token is ``Pr(X^i = b | unmasked) / (e^u - 1)``.  Of an unmasked token, which no
    reverse step moves, all are 0 but that to itself.
    """

    space: Sequences
    noise: Noise
    law: Any

    log_error = None  # it is the exact score

    def __call__(self, u: Array | float, y: Array) -> Array:
        masked = (y == self.space.tokens - 1)[..., None]
        clean = jnp.where(masked, self.law.revealed(y), 0.0) / jnp.expm1(u)
        ratios = jnp.concatenate([clean, jnp.zeros_like(clean[..., :1])], -1)
        return perturbed("score", complete(ratios, y, self.space.outcomes))

    def tree_flatten(self) -> tuple[tuple[Any, ...], Sequences]:
        return (self.noise, self.law), self.space

    @classmethod
    def tree_unflatten(cls, space: Sequences, leaves: tuple[Any, ...]) -> "RevealScore":
        return cls(space, *leaves)
