"""The truth of masked data, token by token revealed: what chains of reveals are compared with.

``known(x)`` is the probability that the data agree with the unmasked tokens of ``x``.  Revealing
the tokens ``A`` of ``x``, so that ``y`` is left, is right with probability
``known(y) / known(x)``, whoever chose ``A`` and when, as long as the choice looked at the unmasked
tokens only.
"""

from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from scipy.special import beta, betainc

from harness.engines.sequences import by_kind
from harness.foundation.precision import float64
from harness.law.step import RandomOrder
from harness.numerics.divergence import bregman
from harness.problem.problem import Problem
from harness.process.space import Sequences

UNFINISHED = 1e-9  # probability that may be out of place at the end
_ROWS = 64  # states whose whole transition law is held at once


def known(problem: Problem) -> np.ndarray:
    """``[(S+1)^d]`` probability that ``X_0`` agrees with the unmasked tokens of each state."""
    space = problem.sequences
    data = problem.data_law.reshape(space.shape)[(slice(-1),) * space.length]
    for axis in range(space.length):
        data = np.concatenate([data, data.sum(axis, keepdims=True)], axis)
    return data.reshape(-1)


def clean_laws(problem: Problem) -> np.ndarray:
    """``[(S+1)^d, d, S]`` law of each token given the unmasked ones; 0 where these are impossible.

    Of an unmasked token it is the law given itself.
    """
    space, agrees = problem.sequences, known(problem)
    x = np.asarray(space.states())
    there = agrees[np.asarray(space.neighbours(jnp.asarray(x)))][..., :-1]
    here = np.where(agrees > 0, agrees, 1.0)[:, None, None]
    masked = (x == space.tokens - 1)[..., None]
    return np.where(masked, there / here, x[..., None] == np.arange(space.tokens - 1))


def masks(space: Sequences) -> np.ndarray:
    """``[(S+1)^d, d]`` which tokens of each state are masked."""
    return np.asarray(space.states()) == space.tokens - 1


class OwnOrder:
    """The chain KL of a sampler that reveals in an order of its own.

    The other side of the comparison is the truth revealed in that order: wherever it is, the
    sampler says which tokens are next, and the data what they are.  Started from ``q_T`` it ends
    at the data law if all is revealed, so the KL between the two chains is above that of outputs.

    Statement.  If the choice of tokens has law ``π(A|x)`` and they are drawn from ``k_A(·|x)``,
    the KL is ``KL(start) + Σ_k E π(A|X) KL(q_0(x_A|X) ‖ k_A(·|X))``: for a choice that is uniform
    among subsets of a given size and independent tokens, the mean over masks of Li and Cai.
    Proof.  Chain rule; both sides choose alike, so what is left is the KL of what is revealed.  ∎
    """

    def __init__(self, problem: Problem) -> None:
        self.problem, self.space = problem, problem.sequences
        self.law = problem.marginal(problem.grid.start)
        self.known = known(problem)
        masked = masks(self.space)
        self._pattern = masked @ (1 << np.arange(self.space.length))

    def add(self, law: object) -> float:
        """Go one step; the KL that it adds."""
        with float64():
            matrix = np.asarray(by_kind.transitions(law, self.space)[0])
        total, after = 0.0, np.zeros_like(self.law)
        for rows, truth in self._truth(matrix):
            here = self.law[rows]
            total += float(bregman(here[:, None] * truth, here[:, None] * matrix[rows]).sum())
            after += here @ truth
        self.law = after
        return total

    def unfinished(self) -> float:
        """Total variation between where the truth has come and ``q_δ``."""
        return float(np.abs(self.law - self.problem.marginal(self.problem.grid.stop)).sum() / 2)

    def _truth(self, matrix: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
        """Rows of ``π(A|x) known(y)/known(x)``, where ``y`` reveals ``A`` of ``x``."""
        x, space, known = np.asarray(self.space.states()), self.space, self.known
        patterns = np.eye(2**space.length)[self._pattern]
        extends = np.eye(space.tokens)
        extends[-1] = 1.0
        for first in range(0, space.size, _ROWS):
            rows = slice(first, min(first + _ROWS, space.size))
            follows = np.ones((rows.stop - first, 1))
            for i in range(space.length):  # y keeps every unmasked token of x
                factor = extends[x[rows, i]]
                follows = (follows[:, :, None] * factor[:, None, :]).reshape(len(follows), -1)
            chosen = (matrix[rows] @ patterns)[:, self._pattern]
            here = known[rows, None]
            yield rows, follows * chosen * known / np.where(here > 0, here, 1.0)


def path_kl(problem: Problem, law: RandomOrder, t: float, s: float) -> float:
    """``∫_s^t E_{q_u} Σ_y D(Q←, Q̂) du`` of a step in which masks are revealed one at a time.

    Both reveal a mask at the rate ``1/(e^u - 1)``, so a masked token counts with the KL of what it
    is drawn from.  With ``r = e^{-u}`` a state of ``m`` masks has ``q_u(x) = known(x) r^{d-m}
    (1-r)^m``, and ``q_u/(e^u - 1) du`` integrates to an incomplete beta function.
    """
    drawn = np.asarray(law.moves.p)[..., :-1]
    return float((mask_weights(problem, t, s) * token_kl(problem, drawn)).sum())


def mask_weights(problem: Problem, t: float, s: float) -> np.ndarray:
    """``[(S+1)^d]`` ``known(x) ∫ r^{d-m} (1-r)^{m-1} dr`` over ``e^{-t} < r < e^{-s}``."""
    count, length = masks(problem.sequences).sum(1), problem.space.length
    m = np.arange(1, length + 1)
    ends = [betainc(length - m + 1, m, r) for r in np.exp([-t, -s])]
    weights = np.concatenate([[0.0], beta(length - m + 1, m) * (ends[1] - ends[0])])
    return known(problem) * weights[count]


def token_kl(problem: Problem, drawn: np.ndarray) -> np.ndarray:
    """``[(S+1)^d]`` ``Σ_{i masked} KL(Pr(X_0^i = · | unmasked) ‖ drawn_i)``."""
    masked = masks(problem.sequences)[..., None]
    clean = np.where(masked, clean_laws(problem), 0.0)
    return bregman(clean, np.where(masked, drawn, 0.0)).sum((1, 2))


def estimated_clean_laws(problem: Problem) -> np.ndarray:
    """``[(S+1)^d, d, S]`` what the problem's score says of each token given the unmasked ones."""
    with float64():
        return np.asarray(_clean(problem.noise, problem.score_model, problem.sequences.states()))


@jax.jit
def _clean(noise: Any, score: Any, x: Array) -> Array:
    return noise.clean_law(score, jnp.asarray(1.0), x)
