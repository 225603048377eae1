"""What tokens that are shown together tell each other, one after the other.

Statement.  For tokens ``S`` in any order and ``x_S`` drawn given ``x_C``, the total correlation
``TC(X_S | x_C)`` is the mean of ``Σ_{i∈S} KL(Pr(X_i | x_C, those of S before i) ‖ Pr(X_i | x_C))``.
Proof.  ``TC(X_S | x_C) = Σ_i I(X_i; those before | x_C)``, and such an information is the mean of
the divergence.  ∎

It is the log-ratio ``log Pr(x_S | x_C) - Σ log Pr(x_i | x_C)`` with the mean over each token in the
place of the token, so every term is at least 0 and the variance smaller.  Here ``S`` is taken from
left to right and from right to left, and the mean of both is given.
"""

import jax.numpy as jnp
from jax import Array

from harness.numerics.divergence import bregman
from toy_targets.forward_backward import messages, of_the_others, shares

States = tuple[Array, Array, Array]


def of_states(before: States, after: States, emission: Array, chosen: Array) -> Array:
    """``[n]`` nats, of tokens that a chain of states shows by ``emission [K, S]``.

    ``before`` and ``after``: what ``forward_backward`` takes, with the evidence of the known tokens
    and of these and the ``chosen [n, d]`` ones.
    """
    _, ahead, behind = messages(*before)
    _, ahead_of_more, behind_of_more = messages(*after)

    def law(log_weights: Array) -> Array:
        return shares(log_weights.swapaxes(0, 1)) @ emission

    known = law(ahead + behind)
    return _mean(law(ahead_of_more + behind), law(ahead + behind_of_more), known, chosen)


def of_components(log_weights: Array, told: Array, laws: Array, chosen: Array) -> Array:
    """``[n]`` nats, of tokens that are independent with one of ``laws [K, S]``.

    ``log_weights [n, K]`` of the laws given the known tokens; ``told [n, d, K]``: what each chosen
    token adds to them, 0 for those that are not chosen.
    """

    def law(more: Array) -> Array:
        return shares(log_weights[:, None] + more) @ laws

    one_way, other_way = map(law, of_the_others(told))
    return _mean(one_way, other_way, law(jnp.zeros_like(told[:, :1])), chosen)


def _mean(one_way: Array, other_way: Array, known: Array, chosen: Array) -> Array:
    both = bregman(one_way, known) + bregman(other_way, known)
    return jnp.where(chosen, both.sum(-1), 0.0).sum(-1) / 2
