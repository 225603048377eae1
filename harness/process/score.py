"""Scores: what a sampler may ask about the target.

The score is the ratio ``s_t(x)_{i,b} = q_t(x with token i set to b) / q_t(x)``.  ``Exact`` and
``Perturbed`` say which score a problem uses; ``Score`` is the function that a sampler calls.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.core import Tracer

from harness.foundation.perturbation import perturbed
from harness.foundation.precision import float64
from harness.foundation.registry import scores
from harness.foundation.validation import integer, real
from harness.numerics.root import root
from harness.process.counts import Counts
from harness.process.noise import Noise, noise_kernel, own_token
from harness.process.space import Sequences, Space


class Untilted:
    """What a score answers, beside ratios, where no target is a tilted one; exact ratios."""

    space: Any

    @property
    def prior(self) -> Any:
        """The score of the base: this one, since nothing is tilted."""
        return self

    def log_value(self, u: Array | float, y: Array) -> Array:
        """``[n]`` zeros."""
        return jnp.zeros(y.shape[0])

    def log_value_change(self, u: Array | float, y: Array) -> Array:
        """``[n, d, outcomes]`` zeros."""
        return jnp.zeros((*y.shape, self.space.outcomes))

    @property
    def symbols(self) -> int:
        """How many symbols there are to have ratios to."""
        return self.space.tokens

    inflation = 1.0


@jax.tree_util.register_pytree_node_class
@dataclass(frozen=True)
class Score:
    """``score(u, y)``: ratios ``[n, d, S]`` at noise time ``u`` for the sequences ``y [n, d]``.

    Computed from the data law, so it answers at any ``u`` and any ``y``.  Where ``q_u(y) = 0``
    all ratios are 0.  ``log_error [S^d, d, S]``, if any, is added to the log of every ratio but
    that to the own token, which is always 1.  With classes of tokens a ratio is to *one* token of
    a class, and a last column holds the ratio to another token of the own class, which is 1.

    ``space`` is that of the data under ``noise``, ``data_law [S^d]``; ``known``: ``(u, q_u)``, not
    to be computed again; ``base_law [S^d]``: of which the data law is a tilted one.
    """

    space: Sequences
    noise: Noise
    data_law: Any  # [S^d]
    log_error: Any = None
    known: Any = None  # (u, q_u), not to be computed again
    base_law: Any = None  # [S^d], of which the data law is a tilted one

    @property
    def prior(self) -> "Score":
        """The score of the base, where the data law is a tilted one; else this one."""
        if self.base_law is None:
            return self
        return replace(self, data_law=self.base_law, known=None, base_law=None)

    def log_value(self, u: Array | float, y: Array) -> Array:
        """``[n]`` ``log E[w(X_0) | X_u = y]`` under the base, ``w = data law / base``, exact.

        0 where nothing is tilted, ``-inf`` where ``y`` cannot be.
        """
        return self._log_values(u)[self.space.index(y)]

    def log_value_change(self, u: Array | float, y: Array) -> Array:
        """``[n, d, S]`` change of ``log_value`` when token ``i`` is set to ``b``; 0 at the own.

        ``-inf`` where that leads to a sequence which the tilted law rules out.
        """
        values, space = self._log_values(u), self.space
        here, there = values[space.index(y)][:, None, None], values[space.neighbours(y)]
        return jnp.where(jnp.isfinite(here), there - here, 0.0)

    def _log_values(self, u: Array | float) -> Array:
        if self.base_law is None:
            return jnp.zeros(self.space.size)
        base = spread(self.space, self.base_law, noise_kernel(self.noise, u, self.space.tokens))
        return jnp.where(
            base > 0, jnp.log(self.marginal(u) / jnp.where(base > 0, base, 1.0)), -jnp.inf
        )

    def __call__(self, u: Array | float, y: Array) -> Array:
        ratios = self.exact(u, y)
        if self.log_error is None:
            return ratios
        space = self.space
        factor = jnp.exp(self.log_error[space.index(y)])
        return complete(ratios[..., : space.tokens] * factor, y, space.outcomes)

    def exact(self, u: Array | float, y: Array) -> Array:
        """The true ratios."""
        law, space = self.marginal(u), self.space
        here = law[space.index(y)][..., None, None]
        safe = jnp.where(here > 0, here, 1.0)
        ratios = jnp.where(here > 0, law[space.neighbours(y)] / safe, 0.0)
        if space.class_sizes:
            sizes = jnp.asarray(space.weights)
            ratios = ratios * sizes[y][..., None] / sizes
        # Made once: else every use of the ratios would gather them again.
        ratios = perturbed("score", complete(ratios, y, space.outcomes))
        return jax.lax.optimization_barrier(ratios)

    @property
    def symbols(self) -> int:
        """How many symbols there are to have ratios to."""
        return self.space.tokens

    @property
    def inflation(self) -> Array:
        """How many times the true ratio an answer can be, at the most; at least 1."""
        return jnp.exp(0.0 if self.log_error is None else jnp.maximum(jnp.max(self.log_error), 0.0))

    def marginal(self, u: Array | float) -> Array:
        """``q_u [S^d]``: one small matrix an axis, never an ``S^d x S^d`` one."""
        if self.known is None:
            return self._spread(u)
        time, law = self.known
        return jax.lax.cond(jnp.asarray(u) == time, lambda _: law, self._spread, u)

    def _spread(self, u: Array | float) -> Array:
        found = spread(self.space, self.data_law, noise_kernel(self.noise, u, self.space.tokens))
        return perturbed("marginal", found)

    def tree_flatten(self) -> tuple[tuple[Any, ...], Sequences]:
        return (self.noise, self.data_law, self.log_error, self.known, self.base_law), self.space

    @classmethod
    def tree_unflatten(cls, space: Sequences, leaves: tuple[Any, ...]) -> "Score":
        return cls(space, *leaves)


class CountScore:
    """The score on counts: the ratio for one token of a value, given the counts of all.

    ``space`` has ``N`` states; ``u`` is a noise time.
    The ratio of two sequences is that of their counts' laws over their numbers of orders.
    ``marginal(u)`` gives the law of the counts; ``log_error [N, S, S]`` as in ``Score``.
    """

    def __init__(
        self, space: Counts, marginal: Callable[[float], np.ndarray], log_error: Any = None
    ) -> None:
        self.space, self.marginal, self.log_error = space, marginal, log_error

    def table(self, u: float) -> np.ndarray:
        """``[N, S, S]`` ratio of moving a token from ``a`` to ``b``; 0 where it cannot be."""
        law, counts = self.marginal(u), self.space.counts()
        here = law[:, None, None] * counts[:, :, None]
        there = law[self.space.moved()] * (counts[:, None, :] + 1.0)
        ratios = np.where(here > 0, there / np.where(here > 0, here, 1.0), 0.0)
        sizes = self.space.weights
        ratios *= sizes[:, None] / sizes
        ratios = perturbed("score", ratios)
        return ratios if self.log_error is None else ratios * np.exp(self.log_error)

    def at(self, rows: np.ndarray, slots: np.ndarray) -> "ScoreAt":
        """The score that a sampler may ask in the states ``rows [n]``, for ``slots [n, m]``."""
        return ScoreAt(self, rows, slots)


class ScoreAt(Untilted):
    """The score on counts in given states, as a sampler asks for it."""

    def __init__(self, score: CountScore, rows: np.ndarray, slots: np.ndarray) -> None:
        self.space, self.score, self.rows, self.slots = score.space, score, rows, slots

    def __call__(self, u: Any, y: Array) -> Array:
        if isinstance(u, Tracer) or isinstance(y, Tracer):
            raise TypeError(
                "on counts the score is asked with numbers, and within a vmap, scan or jit there "
                "are none; ask in a Python loop, or use engine='enumerated'"
            )
        if not np.array_equal(np.asarray(y), self.slots):
            raise ValueError(
                "on counts the score is known for the present tokens only; "
                "use engine='enumerated' for a sampler that asks at others"
            )
        ratios = self.score.table(float(u))[self.rows[:, None], self.slots]
        return complete(jnp.asarray(ratios), y, self.space.outcomes)


def complete(ratios: Array, y: Array, outcomes: int) -> Array:
    """``ratios`` with 1 at the own token and, with classes, at another token of the own class."""
    if ratios.shape[-1] < outcomes:
        ratios = jnp.concatenate([ratios, jnp.ones_like(ratios[..., :1])], -1)
    return jnp.where(own_token(y, outcomes), 1.0, ratios)


def spread(space: Sequences, law: Array, kernel: Array) -> Array:
    """``law P^{⊗d}``: every token of a law ``[S^d]`` moved by ``kernel [S, S]``."""
    for _ in range(space.length):  # each product also turns the axes by one place
        law = (law.reshape(space.tokens, -1).T @ kernel).reshape(-1)
    return law


@scores.add("exact")
@dataclass(frozen=True)
class Exact:
    """The true score."""

    def log_error(self, space: Space, weights: Any) -> None:
        """None: nothing is added to the log of ratios on ``space``, whatever the ``weights``."""


@scores.add("perturbed")
@dataclass(frozen=True)
class Perturbed:
    """``ŝ = s exp(size Z(seed, x, i, b))``, ``Z`` standard normal and the same at all times.

    Give either ``size``, or ``score_error``: the ``ε_score`` in nats that the problem shall have,
    for which the size is solved.  ``Z`` is the table ``[states, slots, S]``
    of ``numpy.random.default_rng(seed)``; on counts it is the same for all tokens of one value.
    """

    size: float | None = None
    seed: int = 0
    score_error: float | None = None

    def __post_init__(self) -> None:
        integer("seed", self.seed, 0)
        if (self.size is None) == (self.score_error is None):
            raise ValueError(
                "a perturbed score needs either size or score_error, "
                f"got size={self.size}, score_error={self.score_error}"
            )
        if self.size is not None:
            object.__setattr__(self, "size", real("size", self.size, minimum=0))
        else:
            error = real("score_error", self.score_error, minimum=0)
            object.__setattr__(self, "score_error", error)

    def log_error(self, space: Space, weights: Any) -> np.ndarray:
        """``[states, slots, S]`` on ``space``, added to the log of the ratios.

        ``weights()`` gives ``Σ_k h_k q_t(x) R(b, x_i) s`` in blocks ``(rows, table)``, from which
        the size is solved.
        """
        z = np.random.default_rng(self.seed).standard_normal(
            (space.size, space.slots, space.tokens)
        )
        z *= self.size if self.size is not None else _size_for(self.score_error, z, weights)
        return z


def _size_for(score_error: Any, z: np.ndarray, weights: Any) -> float:
    """The size ``a`` with ``Σ w (e^{aZ} - 1 - aZ) = score_error``: a convex, growing function."""
    if score_error == 0:
        return 0.0

    def excess(size: float) -> float:
        with float64():
            terms = [float(_excess(z[rows], weight, size)) for rows, weight in weights()]
        return math.fsum(terms) - score_error

    upper = 1.0
    while excess(upper) < 0:
        upper *= 2
        if upper > 1e3:
            raise ValueError(f"score_error={score_error:g} nats cannot be reached by this score")
    return root(excess, 0.0, upper, xtol=1e-300, rtol=1e-14)


@jax.jit
def _excess(z: Array, weight: Array, size: Any) -> Array:
    # Where the weight is 0, e^{aZ} may be infinite.
    return jnp.where(weight > 0, weight * (jnp.expm1(size * z) - size * z), 0.0).sum()
