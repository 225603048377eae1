"""The law of a mixture of products, at any length."""

from dataclasses import dataclass, field
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from scipy.special import logsumexp, xlogy

from harness.numerics import compositions
from harness.numerics.divergence import bregman, carried
from harness.numerics.inverse_transform import pick, uniforms
from toy_targets import in_turn
from toy_targets.forward_backward import hiding, log_sum, of_the_others, shares
from toy_targets.laws import log_mixture_of_counts, log_of

MOST_COUNTS = 2**12  # of tokens that are shown together; beyond, they are taken in turn


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Mixture:
    """With probability ``weights[k]`` all ``length`` tokens are independent with law ``laws[k]``.

    Noised it is a mixture of products still.  ``weights [K]``, ``laws [K, S]``.
    """

    weights: Any
    laws: Any
    length: int = field(metadata={"static": True})

    def noised(self, kernel: Array, x: Array) -> tuple[Array, Array]:
        laws = jnp.asarray(self.laws)
        evidence = jnp.log(laws @ kernel).T[x]  # [n, d, K]
        prior = jnp.log(jnp.asarray(self.weights))
        before, after = of_the_others(evidence)
        log_prob = log_sum(prior + before[:, -1] + evidence[:, -1], -1)
        return log_prob, shares(prior + before + after) @ laws

    def revealed(self, x: Array) -> Array:
        return self.noised(hiding(np.shape(self.laws)[1]), x)[1]

    def log_prob(self, x: Array) -> Array:
        return self.noised(jnp.eye(np.shape(self.laws)[1]), x)[0]

    def total_correlation(self, x: np.ndarray, chosen: np.ndarray) -> np.ndarray | None:
        """By the numbers of known tokens of each value, and how many are chosen.

        None where so many tokens have more than MOST_COUNTS vectors of counts.
        """
        if len(self.weights) == 1:
            return np.zeros(len(x))
        tokens = np.shape(self.laws)[1]
        if compositions.size(tokens, int(chosen.sum(1).max(initial=0))) > MOST_COUNTS:
            return None
        known = (x[..., None] == np.arange(tokens)).sum(1)
        cases = np.concatenate([known, chosen.sum(1)[:, None]], 1)
        unique, which = np.unique(cases, axis=0, return_inverse=True)
        found = [self._of_counts(np.array(known), taken) for *known, taken in unique.tolist()]
        return np.array(found)[which.reshape(-1)]

    def _of_counts(self, known: np.ndarray, taken: int) -> float:
        """Nats of total correlation of ``taken`` tokens given ``known [S]`` of each value.

        Both laws, the joint one and the product of its margins, give sequences of equal counts
        equal probabilities.
        """
        if taken < 2:
            return 0.0
        laws = np.asarray(self.laws)
        log_weights = log_of(self.weights) + xlogy(known, laws).sum(-1)
        posterior = np.exp(log_weights - logsumexp(log_weights))
        counts = compositions.states(len(known), taken)
        ways = compositions.log_multiplicity(counts)
        joint = np.exp(ways + log_mixture_of_counts(posterior, laws, counts))
        product = np.exp(ways + xlogy(counts, posterior @ laws).sum(-1))
        return float(np.asarray(bregman(*carried(joint, product))).sum())

    def told_in_turn(self, x: Array, chosen: Array, shown: Array) -> Array:
        laws = jnp.asarray(self.laws)
        evidence = jnp.log(laws @ hiding(laws.shape[1])).T  # [S + 1, K]
        log_weights = jnp.log(jnp.asarray(self.weights)) + evidence[x].sum(1)
        told = jnp.where(chosen[..., None], evidence[shown], 0.0)
        return in_turn.of_components(log_weights, told, laws, chosen)

    def draw(self, keys: Array) -> Array:
        u = uniforms(keys, self.length + 1)
        which = pick(jnp.asarray(self.weights), u[:, 0])
        return pick(jnp.asarray(self.laws)[which][:, None, :], u[:, 1:])

    def dependence(self) -> tuple[float, float]:
        """Zero for one law; else not known in closed form."""
        unknown = float("nan")
        return (0.0, 0.0) if len(np.asarray(self.weights)) == 1 else (unknown, unknown)
