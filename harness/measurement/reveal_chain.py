"""The truth of masked data, token by token revealed: what chains of reveals are compared with.

``known(x)`` is the probability that the data agree with the unmasked tokens of ``x``.  Revealing
the tokens ``A`` of ``x``, so that ``y`` is left, is right with probability
``known(y) / known(x)``, whoever chose ``A`` and when, as long as the choice looked at the unmasked
tokens only.
"""

from functools import reduce
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from scipy.special import beta, betainc

from harness.engines.sequences import by_kind
from harness.foundation.precision import float64
from harness.law.step import RandomOrder
from harness.numerics.divergence import bregman, library, total
from harness.problem.problem import Problem
from harness.process.space import Sequences

UNFINISHED = 1e-9  # probability that may be out of place at the end


def known(problem: Problem) -> np.ndarray:
    """``[(S+1)^d]`` probability that ``X_0`` agrees with the unmasked tokens of each state."""
    return known_of(problem.sequences, problem.data_law)


def known_of(space: Sequences, data_law: Any) -> Any:
    """The same, of the law of the data ``[(S+1)^d]``."""
    xp = library(data_law)
    data = data_law.reshape(space.shape)[(slice(-1),) * space.length]
    for axis in range(space.length):
        data = xp.concatenate([data, data.sum(axis, keepdims=True)], axis)
    return data.reshape(-1)


def clean_laws(problem: Problem) -> np.ndarray:
    """``[(S+1)^d, d, S]`` law of each token given the unmasked ones; 0 where these are impossible.

    Of an unmasked token it is the law given itself.
    """
    with float64():
        return np.asarray(clean_laws_of(problem.sequences, jnp.asarray(problem.data_law)))


def clean_laws_of(space: Sequences, data_law: Array) -> Array:
    """The same, of the law of the data ``[(S+1)^d]``."""
    agrees, x = known_of(space, data_law), space.states()
    there = agrees[space.neighbours(x)][..., :-1]
    here = jnp.where(agrees > 0, agrees, 1.0)[:, None, None]
    masked = (x == space.tokens - 1)[..., None]
    return jnp.where(masked, there / here, x[..., None] == jnp.arange(space.tokens - 1))


def masks(space: Sequences) -> Any:
    """``[(S+1)^d, d]`` which tokens of each state are masked."""
    return space.tokens - 1 == np.indices(space.shape).reshape(space.length, -1).T


def own_order(space: Sequences, law: Any, data_law: Array, here: Array) -> tuple[Array, Array]:
    """One step of the truth that reveals in a sampler's own order, from its law ``here``.

    Its law after the step, and the KL of the sampler's step to it.  The other side of the
    comparison is the truth revealed in that order: wherever it is, the sampler says which tokens
    are next, and the data what they are.  Started from ``q_T`` it ends at the data law if all is
    revealed, so the KL between the two chains is above that of outputs.

    Statement.  If the choice of tokens has law ``π(A|x)`` and they are drawn from ``k_A(·|x)``,
    the KL is ``KL(start) + Σ_k E π(A|X) KL(q_0(x_A|X) ‖ k_A(·|X))``: for a choice that is uniform
    among subsets of a given size and independent tokens, the mean over masks of Li and Cai.
    Proof.  Chain rule; both sides choose alike, so what is left is the KL of what is revealed.  ∎
    """
    matrix, agrees = by_kind.transitions(law, space)[0], known_of(space, data_law)
    pattern = masks(space) @ (1 << np.arange(space.length))
    chosen = (matrix @ jnp.asarray(np.eye(2**space.length)[pattern]))[:, pattern]
    keeps = np.eye(space.tokens)
    keeps[-1] = 1.0  # y keeps every unmasked token of x
    follows = reduce(jnp.kron, [jnp.asarray(keeps)] * space.length)
    # Row x: π(A|x) known(y)/known(x), where y reveals A of x.
    truth = follows * chosen * agrees / jnp.where(agrees > 0, agrees, 1.0)[:, None]
    added = total(bregman(here[:, None] * truth, here[:, None] * matrix))
    return here @ truth, added


def one_at_a_time(space: Sequences, law: RandomOrder, noise: Any, t: Any, s: Any) -> Array:
    """Whether masks go one at a time, at the true rate: so that the path KL is known."""
    chance = 1.0 - noise.hidden(t, s)
    return (law.waits == masks(space)).all() & (jnp.abs(law.chance - chance) < 1e-12)


def unfinished(come: Any, end: Any) -> Any:
    """Total variation between where the truth in the sampler's own order has come and ``q_δ``."""
    return abs(come - end).sum() / 2


def by_masks(space: Sequences, law: RandomOrder, data_law: Array) -> Array:
    """``[d + 1]`` ``Σ known(x) KL`` of what masked tokens are drawn from, by how many they are.

    Times ``time_with``, the path KL of a step in which masks are revealed one at a time.
    """
    weighed = known_of(space, data_law) * token_kl_of(space, data_law, law.moves.p[..., :-1])
    counts = np.eye(space.length + 1)[masks(space).sum(1)]
    return weighed @ jnp.asarray(counts)


def mask_weights(problem: Problem, t: float, s: float) -> np.ndarray:
    """``[(S+1)^d]`` ``known(x) ∫ r^{d-m} (1-r)^{m-1} dr``, ``m`` masks, as in ``time_with``."""
    count = masks(problem.sequences).sum(1)
    return known(problem) * time_with(problem.space.length, t, s)[count]


def time_with(length: int, t: float, s: float) -> np.ndarray:
    """``[d + 1]`` ``∫ r^{d-m} (1-r)^{m-1} dr`` over ``e^{-t} < r < e^{-s}``, 0 for no mask.

    ``∫_s^t E_{q_u} Σ_y D(Q←, Q̂) du`` is their sum with what ``by_masks`` gives: both reveal a mask
    at the rate ``1/(e^u - 1)``, so a masked token counts with the KL of what it is drawn from.
    With ``r = e^{-u}`` a state of ``m`` masks has ``q_u(x) = known(x) r^{d-m} (1-r)^m``, and
    ``q_u/(e^u - 1) du`` integrates to an incomplete beta function.
    """
    m = np.arange(1, length + 1)
    ends = [betainc(length - m + 1, m, r) for r in np.exp([-t, -s])]
    return np.concatenate([[0.0], beta(length - m + 1, m) * (ends[1] - ends[0])])


def token_kl(problem: Problem, drawn: np.ndarray) -> np.ndarray:
    """``[(S+1)^d]`` ``Σ_{i masked} KL(Pr(X_0^i = · | unmasked) ‖ drawn_i)``."""
    with float64():
        data = jnp.asarray(problem.data_law)
        return np.asarray(token_kl_of(problem.sequences, data, jnp.asarray(drawn)))


def token_kl_of(space: Sequences, data_law: Array, drawn: Array) -> Array:
    """The same, of the law of the data ``[(S+1)^d]``."""
    masked = masks(space)[..., None]
    clean = jnp.where(masked, clean_laws_of(space, data_law), 0.0)
    return bregman(clean, jnp.where(masked, drawn, 0.0)).sum((1, 2))


def estimated_clean_laws(problem: Problem) -> np.ndarray:
    """``[(S+1)^d, d, S]`` what the problem's score says of each token given the unmasked ones."""
    with float64():
        return np.asarray(_clean(problem.noise, problem.score_model, problem.sequences.states()))


@jax.jit
def _clean(noise: Any, score: Any, x: Array) -> Array:
    return noise.clean_law(score, jnp.asarray(1.0), x)
