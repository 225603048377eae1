"""Path KL of τ-leaping modulo ``S``: in closed form where the noise, too, is turned by no shift.

Statement.  Let the noise go from ``a`` to ``a ⊕ c`` at a rate ``w_c`` that does not depend on ``a``
(uniform noise, a cyclic walk, any circulant generator), ``U`` be the uniform law, and

    ``φ(t) = -d/dt KL(q_t‖U) = Σ_i Σ_c w_c KL(q_t ‖ q_t with token i turned by c)``.

For any target, any score estimate and any grid, ``δ = 0`` included,

    path KL ``= KL(q_T‖p_0) + ε_score + Σ_k D_k``,  ``D_k = KL(q_s‖U) - KL(q_t‖U) - h φ(t)``.

Proof.  (1) Inside a step from ``t`` the sampler turns token ``i`` by ``c`` at the rate
``w_{-c} ŝ_t(X_t ⊕_i c)``, whatever it has done since; the truth does at ``w_{-c} s_u(X_u ⊕_i c)``.
By Girsanov the step costs ``∫ E Σ w_{-c} [s_u log(s_u/ŝ_t) - s_u + ŝ_t] du``.
(2) ``E_{q_u}[s_u(X ⊕ c) g(X)] = E_{q_u}[g(X ⊖ c)]``.  So ``E Σ w_{-c} s_u log s_u = φ(u)``.  The
noise from ``X_u`` to ``X_t`` does not see shifts, so ``E Σ w_{-c} s_u log ŝ_t`` is
``Σ w_{-c} E log ŝ_{t,c}(X_t ⊖ c)``, free of ``u``: ``φ(t)`` for the exact score, and what an
estimate changes in it, with ``Σ w_{-c} E (ŝ - s)``, is ``L_SE(t)``.
(3) ``∫_s^t φ = KL(q_s‖U) - KL(q_t‖U)``.  ∎

A sampler that is told a step of ``g h`` has ``g`` times these rates, which adds
``h Σ w_{-c} [(g - 1) E ŝ_t - log g]``.  Under other noise the cross term is
``E Σ_a J_i(a ⊕ c, X_t^{-i}) R(a ⊕ c, a) P_{t-u}(a, X_t^i) log ŝ / q_t``, ``J_i`` as in
``half_noised``: a sum for each ``u``, and the path KL is its integral by quadrature.
"""

import math
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from harness.engines.steps import paced
from harness.foundation.precision import float64
from harness.measurement.fall_to_uniform import fall
from harness.measurement.own_score_error import flows
from harness.measurement.path_kl import nodes_in_step, times_log
from harness.numerics import circulant
from harness.numerics.divergence import ENTRY_ERROR, kl_floor
from harness.problem.problem import Problem
from harness.process.noise import Noise, noise_kernel
from harness.process.own_score import ScoreFunction
from harness.process.score import Score
from harness.process.space import TABLE_ENTRIES, Sequences
from harness.process.truth import on_sequences

PAIRS = 8 * TABLE_ENTRIES  # states, tokens and pairs of symbols up to which it is integrated
CIRCULANT = 1e-13  # how far two entries of a generator may be apart and count as one, relative


class PathKL(NamedTuple):
    """``value`` in nats, ``nan`` for a ``reason``; ``floor``: how far off it may be."""

    value: float
    floor: float
    reason: str = ""


def path_kl(problem: Problem, start: float, score_error: float) -> PathKL:
    """Path KL of a sampler with the trait WRAPPED_JUMPS; ``start`` is ``KL(q_T‖p_0)``."""
    space = problem.space
    if turned_by_no_shift(problem.symbol_noise, space.tokens):
        return _closed_form(problem, start, score_error)
    if reason := too_large(problem):
        return PathKL(math.nan, 0.0, f"{reason} under this noise")
    return by_quadrature(problem, start)


def too_large(problem: Problem) -> str:
    """Why there is no path KL ``by_quadrature``; empty where there is one."""
    space = problem.space
    if not isinstance(space, Sequences):
        return "it is integrated on sequences, not on counts,"
    if space.size * space.length * space.tokens**2 > PAIRS:
        return f"{space.size:,} states are too many to integrate over"
    return ""


def turned_by_no_shift(noise: Noise, tokens: int) -> bool:
    """Whether the rate from ``a`` to ``b`` depends on ``b ⊖ a`` only."""
    with float64():
        rates = np.asarray(noise.rate_matrix(tokens))
    token = np.arange(tokens)
    first = rates[0, (token - token[:, None]) % tokens]
    return bool(np.abs(rates - first).max() <= CIRCULANT * np.abs(rates).max())


def _closed_form(problem: Problem, start: float, score_error: float) -> PathKL:
    space, grid = problem.space, problem.grid
    uniform = np.full(space.tokens, 1 / space.tokens)
    above, below = (
        problem.kl_to_independent(problem.marginal(t), uniform) for t in (grid.stop, grid.start)
    )
    fallen = [(t - s) * fall(problem, t) for t, s in grid.intervals()]
    pace = math.fsum(_of_pace(problem, *step) for step in paced(problem))
    value = start + score_error + (above - below - math.fsum(fallen)) + pace
    # A difference of two KLs of up to d log S, and of as much in all that falls between them.
    size = space.length * math.log(space.tokens)
    return PathKL(value, 4 * ENTRY_ERROR * size + kl_floor(value))


def _of_pace(problem: Problem, t: float, s: float, pace: float) -> float:
    """What it costs in a step that the sampler's rates are ``pace`` times those of its score."""
    if pace == 1.0:
        return 0.0
    error = problem.score_model.log_error
    true = asked = 0.0
    if isinstance(problem.score, ScoreFunction):
        true, asked = (math.fsum(float(flow.sum()) for flow in each) for each in flows(problem, t))
    else:
        for rows, flow in problem.reverse_flow(problem.marginal(t)):
            each = np.asarray(flow)
            true += float(each.sum())
            asked += float((each * (1.0 if error is None else np.exp(error[rows]))).sum())
    return (t - s) * ((pace - 1.0) * asked - math.log(pace) * true)


def by_quadrature(problem: Problem, start: float) -> PathKL:
    """The same for any noise, as an integral over the time in each step.  Sequences only."""
    space, noise = problem.sequences, problem.symbol_noise
    total, floor = start, kl_floor(start)
    for t, s, pace in paced(problem):
        times, weights, fine = nodes_in_step(t, s, long=t > 1.5 * s)
        with float64():
            given = noise, problem.score_model, problem.exact_score, t, pace, times
            density, size = map(np.asarray, _densities(space, *given))
        if np.isinf(density).any():
            return PathKL(math.inf, 0.0, "the truth jumps where the sampler has no rate")
        terms = weights * density
        total += float(terms[:fine].sum())
        floor += abs(float(terms[:fine].sum() - terms[fine:].sum()))
        floor += ENTRY_ERROR * float((weights * size)[:fine].sum())
    return PathKL(total, floor)


@partial(jax.jit, static_argnames=("space",))
def _densities(
    space: Sequences, noise: Noise, score: Any, exact: Score, t: Any, pace: Any, times: Array
) -> tuple[Array, Array]:
    """``E Σ D(r_u, r̂)`` at the ``times`` of a step, and how large what cancels in it is."""
    t = jnp.asarray(t, jnp.float64)
    x, token, slot = space.states(), jnp.arange(space.tokens), jnp.arange(space.length)[:, None]
    law_t, matrix = exact.marginal(t), noise.rate_matrix(space.tokens)
    asked = law_t[:, None, None] * noise.reverse_rates(score(t, x), x)
    held = pace * circulant.by_displacement(x, asked)
    # From a to b = a ⊕ c at time u, seen from x at time t.
    ahead = (token + token[:, None]) % space.tokens  # [c, a]
    turned = matrix[ahead, token] * (token > 0)[:, None]

    def density(u: Array) -> tuple[Array, Array]:
        law, kernel = exact.marginal(u), noise_kernel(noise, t - u, space.tokens)
        halves = on_sequences.halves(space, law, kernel)
        flow = on_sequences.reverse_flow(space, space.size, noise, law, 0)
        found = halves[slot, space.neighbours(x)][..., ahead]  # [n, d, c, a]
        seen = (found * turned * kernel.T[x][:, :, None, :]).sum(-1)
        true = times_log(flow, flow, law[:, None, None])
        cross = times_log(seen, held, law_t[:, None, None])
        size = jnp.abs(true).sum() + jnp.abs(cross).sum() + flow.sum() + held.sum()
        return true.sum() - cross.sum() - flow.sum() + held.sum(), size

    return jax.lax.map(density, times)
