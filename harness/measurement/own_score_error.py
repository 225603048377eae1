"""How far a score of your own is from the true one: ``ε_score`` at the times of the grid."""

import math
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from harness.foundation.precision import float64
from harness.numerics.divergence import bregman
from harness.problem.problem import Problem
from harness.process.noise import Noise, own_token
from harness.process.own_score import named
from harness.process.space import Sequences
from harness.process.truth.on_sequences import reverse_flow


def own_score_error(problem: Problem) -> float:
    """``Σ_k (t_k - t_{k+1}) E_{q_{t_k}} Σ R(b, x_i) D(s, ŝ)`` in nats, ``ŝ`` asked at ``t_k``.

    Infinite where the function rules out what can be.  Raises ValueError where it gives no number.
    """
    parts = []
    for t, s in problem.grid.intervals():
        part = loss(problem, t)
        if math.isnan(part):
            raise ValueError(
                f"the score {named(problem.score.function)} must answer finite ratios of at least "
                f"0, which at t={t:g} it does not"
            )
        parts.append((t - s) * part)
    return math.fsum(parts)


def loss(problem: Problem, t: float) -> float:
    """``L_SE(t)`` in nats a unit of time, ``nan`` where the function gives no number."""
    with float64():
        return math.fsum(float(bregman(*each).sum()) for each in _blocks(problem, t))


def flows(problem: Problem, t: float) -> Any:
    """The true reverse flow at ``t``, and what the score says it is: two lists of blocks."""
    with float64():
        return zip(*_blocks(problem, t), strict=True)


def _blocks(problem: Problem, t: float) -> list[tuple[Array, Array]]:
    space, noise, law = problem.sequences, problem.symbol_noise, problem.marginal(t)
    score, exact = problem.score_model, problem.exact_score
    rows = space.blocks()[0].stop
    return [_block(space, rows, score, exact, noise, law, t, b.start) for b in space.blocks()]


@partial(jax.jit, static_argnames=("space", "rows"))
def _block(
    space: Sequences,
    rows: int,
    score: Any,
    exact: Any,
    noise: Noise,
    law: Array,
    t: Any,
    first: Any,
) -> tuple[Array, Array]:
    """``[rows, d, S]`` flow of the true rates, and of those of the score."""
    x = space.block(first, rows)
    here = jax.lax.dynamic_slice(law, (first,), (rows,))[:, None, None]
    true = reverse_flow(space, rows, noise, law, first)
    ratios = jnp.asarray(score(jnp.asarray(t, jnp.float64), x))[..., : space.tokens]
    sizes = jnp.asarray(space.weights)  # a ratio is to one token of a class, a flow to all of it
    rates = noise.rate_matrix(space.tokens).T[x] * sizes / sizes[x][..., None]
    return true, jnp.where(own_token(x, space.tokens), 0.0, here * rates * ratios)
