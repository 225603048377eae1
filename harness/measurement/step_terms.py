"""What one step adds to the chain and path KL: numbers of arrays, traceable.

``ChainTerms`` goes along with a run that is one function; where step laws come in blocks the same
numbers are made block by block (see ``chain``).
"""

from dataclasses import dataclass
from functools import reduce
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from harness.engines.sequences import by_kind
from harness.law.step import Generator, RandomOrder, Tokens, Varying
from harness.measurement import path_kl, reveal_chain
from harness.numerics.divergence import bregman, total
from harness.process.noise import noise_kernel
from harness.process.score import Score
from harness.process.space import Sequences
from harness.process.truth import on_sequences
from harness.process.truth.underflow import seen


@dataclass(frozen=True)
class ChainTerms:
    """The numbers of each step; ``own_order`` of a sampler that reveals masks in one of its own.

    ``marginal``, ``factorisation``, ``own_floor`` and ``alike_floor`` of a step of independent
    tokens; else ``chain``, by sums over ``pairs`` of states where these are few, ``path`` and
    ``path_coarse`` of a chain, ``reveals`` and ``one_at_a_time`` of reveals (see ``reveal_chain``).
    """

    own_order: bool = False
    pairs: bool = True

    def begin(self, space: Sequences, truth: Score, t: Any) -> Any:
        """Where the truth in the sampler's own order is, if it has one."""
        return truth.marginal(t) if self.own_order and self.pairs else ()

    def step(
        self, space: Sequences, law: Any, truth: Score, t: Array, s: Array, more: Any
    ) -> tuple[Any, dict[str, Array]]:
        """The numbers of one step."""
        if self.own_order:
            if not self.pairs:
                return more, {}
            more, added = reveal_chain.own_order(space, law, truth.data_law, more)
            return more, {"chain": added}
        if isinstance(law, Tokens):
            return more, of_product(space, law, truth, t, s)
        numbers = {}
        if isinstance(law, Generator | Varying):
            numbers["path"], numbers["path_coarse"] = path_kl.terms(space, law, truth, t, s)
        elif isinstance(law, RandomOrder) and space.masked:
            numbers["reveals"] = reveal_chain.by_masks(space, law, truth.data_law)
            numbers["one_at_a_time"] = reveal_chain.one_at_a_time(space, law, truth.noise, t, s)
        if self.pairs and not space.class_sizes:
            numbers["chain"] = pairwise(space, law, truth, t, s)
        return more, numbers


def of_product(space: Sequences, law: Tokens, truth: Score, t: Any, s: Any) -> dict[str, Array]:
    """What independent tokens lose, and what their laws lose to the exact ones."""
    h, law_t, law_s = t - s, truth.marginal(t), truth.marginal(s)
    kernel = noise_kernel(truth.noise, h, space.tokens)
    halves = on_sequences.halves(space, law_s, kernel)
    lost, own, alike = on_sequences.factorisation(space, law_s, law_t, halves)
    given = truth.noise, h, halves, kernel, law_t
    return {
        "factorisation": jnp.asarray(lost),
        "own_floor": jnp.asarray(own),
        "alike_floor": jnp.asarray(alike),
        "marginal": marginal_of_block(space, law, jnp.asarray(0), given),
    }


def marginal_of_block(space: Sequences, law: Tokens, first: Array, given: Any) -> Array:
    """``Σ_i E KL(c_i‖k_i)`` of the states from ``first`` on.

    ``given`` is ``(noise, h, halves, kernel, law_t)``.
    """
    noise, h, halves, kernel, law_t = given
    rows = law.p.shape[0]
    joint = seen(space, on_sequences.token_joint(space, rows, noise, halves, kernel, h, first))
    here = jax.lax.dynamic_slice(law_t, (first,), (rows,))
    return marginal(joint, jnp.ones((rows, space.slots)), here, law)


def marginal(joint: Array, holders: Array, law_t: Array, law: Tokens) -> Array:
    """``Σ_i E KL(c_i‖k_i)``, ``c_i = Pr(X_s^i = · | X_t)`` the truth, ``k_i`` the sampler's."""
    weight = law_t[:, None] * holders  # [n, slots]
    lost = (weight * law.lost).sum()
    # In one long row: the loops over a few symbols each are much slower.
    wanted = jax.lax.optimization_barrier(weight[..., None] * law.p).reshape(-1)
    return lost + total(bregman(joint.reshape(-1), wanted))


def pairwise(space: Sequences, law: Any, truth: Score, t: Any, s: Any) -> Array:
    """``E KL(q_{s|t}(·|X_t) ‖ K(X_t, ·))`` by the whole transition law."""
    law_t, law_s = truth.marginal(t), truth.marginal(s)
    kernel = noise_kernel(truth.noise, t - s, space.tokens)
    matrix, lost = by_kind.transitions(law, space)
    arrives = reduce(jnp.kron, [kernel.T] * space.length)  # P_h(y, x), row x
    joint = seen(space, law_s * arrives)
    return (law_t * lost).sum() + total(bregman(joint, law_t[:, None] * matrix))
