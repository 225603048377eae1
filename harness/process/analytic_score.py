"""The exact score of a target whose noised law is known in closed form, at any length."""

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from harness.foundation.perturbation import perturbed
from harness.process.noise import Noise, noise_kernel, own_token
from harness.process.score import Untilted, complete
from harness.process.space import Sequences


@jax.tree_util.register_pytree_node_class
@dataclass(frozen=True)
class AnalyticScore(Untilted):
    """``score(u, y)``: ratios ``[n, d, S]`` as ``harness.score.Score`` gives, with no table.

    ``law`` is what ``target.analytic()`` returns (see ``toy_targets.analytic``).  Every ratio is a
    quotient of sums of positive terms; where ``q_u(y) = 0`` all are 0 but that to the own token.
    ``known``, if given, is ``(u, y, others)``, not to be computed again.
    """

    space: Sequences
    noise: Noise
    law: Any
    known: Any = None

    log_error = None  # it is the exact score

    def __call__(self, u: Array | float, y: Array) -> Array:
        space, kernel = self.space, noise_kernel(self.noise, u, self.space.tokens)
        if self.known is not None and self.known[0] is u and self.known[1] is y:
            others = self.known[2]
        else:
            _, others = self.law.noised(kernel, y)
        there = others @ kernel
        here = of_token(there, y)[..., None]
        ratios = jnp.where(here > 0, there / jnp.where(here > 0, here, 1.0), 0.0)
        if space.class_sizes:
            sizes = jnp.asarray(space.weights)
            ratios = ratios * sizes[y][..., None] / sizes
        ratios = perturbed("score", complete(ratios, y, space.outcomes))
        return jax.lax.optimization_barrier(ratios)

    def tree_flatten(self) -> tuple[tuple[Any, ...], Sequences]:
        return (self.noise, self.law, self.known), self.space

    @classmethod
    def tree_unflatten(cls, space: Sequences, leaves: tuple[Any, ...]) -> "AnalyticScore":
        return cls(space, *leaves)


def of_token(table: Array, x: Array) -> Array:
    """``[n, d]`` entries of ``table [n, d, S]`` at the tokens ``x``."""
    return jnp.take_along_axis(table, x[..., None], -1)[..., 0]


def posterior(space: Sequences, noise: Noise, others: Array, x: Array, t: Any, s: Any) -> Array:
    """``[n, d, outcomes]`` ``Pr(X_s^i = b | X_t = x)``: Bayes' rule, positive terms only.

    ``others`` is the law of the clean token given the other tokens at ``t``.  With classes, columns
    as in ``UniformClasses``: the own token, and last another token of its class.
    """
    h = t - s
    joint = (others @ noise_kernel(noise, s, space.tokens)) * noise_kernel(
        noise, h, space.tokens
    ).T[x]
    total = joint.sum(-1, keepdims=True)
    law = perturbed("posterior", joint / jnp.where(total > 0, total, 1.0))
    if not space.class_sizes:
        return law
    own = own_token(x, space.tokens)
    classes: Any = noise
    moved = jnp.where(own, law * classes.moved_share(h)[x][..., None], 0.0)
    return jnp.concatenate([law - moved, moved.sum(-1, keepdims=True)], -1)
