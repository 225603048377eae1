"""The differential inequality: a bound on the output KL that needs no law of paths.

Inside a step a token jumps at rates that its sampler declares (``Claims.rates_in_step``).  Averaged
over where the step may have begun, they are the rates of a Markov chain with the sampler's law at
every time: ``q̂_u(x, i→b) = E_p[rate_u(X_t; x_i→b) | X_u = x]``.  Differentiating ``KL(q_u‖p_u)``
gives

    ``KL(q_δ‖p_out) ≤ KL(q_T‖p_0) + ∫ E_{q_u} Σ_{i,b} D(r_u(X, i→b), q̂_u(X, i→b)) du``

with ``r`` the true reverse rates and ``D(a, b) = a log(a/b) - a + b``: no support of paths is
compared, so it is finite where Girsanov's path KL is not.
"""

import math
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from harness.engines.sequences import step_laws
from harness.engines.sequences.tokens import khatri_rao
from harness.engines.steps import told_times
from harness.foundation.precision import float64
from harness.foundation.registry import label
from harness.law.rounding import rounded
from harness.measurement.path_kl import nodes_in_step
from harness.numerics.divergence import bregman, kl_floor
from harness.problem.problem import Problem
from harness.process.noise import Noise
from harness.process.score import Score
from harness.process.space import Sequences
from harness.process.truth.on_sequences import reverse_flow

MAX_STATES = 256  # every state is paired with every other, at some fifteen times in each step
NOT_MEASURED = np.nan, 0.0


def differential_inequality(problem: Problem) -> tuple[float, float, str]:
    """``(value, error, reason)``: its right-hand side in nats, how far off it may be.

    The value is ``nan``, and ``reason`` says why, where the sampler declares no rates inside a
    step, where they do not generate its law since that was clipped, and on spaces of classes, of
    counts or of more than MAX_STATES states.
    """
    reason = unmeasured(problem)
    if reason:
        return *NOT_MEASURED, reason
    space, law = problem.sequences, problem.start_law
    start = total = error = 0.0
    if problem.start != "exact":
        start = float(bregman(problem.marginal(problem.grid.start), law).sum())
    fixed = (problem.sampler, problem.sampler.claims.rates_in_step, space)
    _check_rates(problem, problem.grid.start, problem.grid.stop)
    for (t, s), told in zip(problem.grid.intervals(), told_times(problem), strict=True):
        pace = (t - told) / (t - s)  # the sampler's clock, when it is told another length
        times, weights, fine = nodes_in_step(t, s)
        with float64():
            given = (problem.score_model, problem.exact_score, problem.noise, law, pace)
            found = _step(*fixed, *given, t, told, times)
            terms, clipped, law = (np.asarray(each) for each in found)
        if clipped > 0:
            where = f"in the step from t={t:g} to s={s:g} the law is clipped"
            return *NOT_MEASURED, f"{where}: no rates generate it"
        parts = weights * terms
        total += float(parts[:fine].sum())
        error += abs(float(parts[:fine].sum() - parts[fine:].sum()))
    return start + total, error + kl_floor(start + total), ""


def unmeasured(problem: Problem) -> str:
    """Why the inequality cannot be measured on ``problem``; empty where it can."""
    if problem.sampler.claims.rates_in_step is None:
        return "the sampler declares no rates inside a step"
    if not isinstance(problem.space, Sequences) or problem.space.class_sizes:
        return "the differential inequality is measured on sequences of tokens only"
    if math.isinf(problem.grid.start):
        return "it is an integral over noise time, which is infinite from T = inf"
    if problem.space.size > (most := most_states(problem.space.devices)):
        return f"{problem.space.size:,} states: it is measured up to {most:,}"
    return ""


def most_states(devices: int) -> int:
    """Up to how many states it is measured: so that each of ``devices`` has as much to do."""
    return math.isqrt(MAX_STATES**2 * devices)


def flows_in_step(problem: Problem, t: float, u: float) -> tuple[np.ndarray, np.ndarray]:
    """Law ``[n, d, S]`` and flow ``[n, d, S, S]`` of each token at time ``u`` of a step from ``t``.

    The flow is the law times the declared rates.
    """
    law: Any = step_laws.step_law(problem, t, u)
    p = np.asarray(law.p)
    return p, _flows(p, _rates(problem, t, u))


def _flows(p: Any, rates: Any, xp: Any = np) -> Any:
    """``p(a) rate(a→b)``, 0 where no token is or at ``b = a``."""
    moves = 1.0 - xp.eye(p.shape[-1])
    return xp.where((p[..., None] > 0) & (moves > 0), p[..., None] * rates, 0.0)


@partial(jax.jit, static_argnames=("sampler", "rates_in_step", "space"))
def _step(
    sampler: Any,
    rates_in_step: Any,  # named apart: the sampler's equality says nothing of it
    space: Sequences,
    score: Score,
    exact: Score,
    noise: Noise,
    law: Array,
    pace: Any,
    t: Any,
    told: Any,
    times: Array,
) -> tuple[Array, Array, Array]:
    """``E_{q_u} Σ D(r, q̂)`` at each of ``times``, what is clipped at most, the law at ``told``."""
    x = space.states()

    def density(u: Array) -> tuple[Array, Array]:
        by_then = t - (t - u) * pace
        step = rounded(sampler.step(score, noise, x, t, by_then))
        rates = pace * rates_in_step(score, noise, x, t, by_then)
        flows = space.spread_out(_flows(step.p, rates, jnp))
        truth, here = exact.marginal(u), space.spread_out(khatri_rao(step.p), 1) @ law
        # Where the truth can be and the sampler cannot, it has no rates: infinitely far from any.
        ratio = jnp.where(here > 0, truth / jnp.where(here > 0, here, 1.0), 0.0)
        true_flow = reverse_flow(space, space.size, noise, truth, 0)
        total = jnp.zeros(())
        for i in range(space.length):
            rest = jnp.concatenate([step.p[:, :i], step.p[:, i + 1 :]], 1)
            others = space.spread_out(khatri_rao(rest) * law, 1)
            flow = others @ flows[:, i].reshape(space.size, -1)  # [S^{d-1}, S, S]
            after = space.tokens ** (space.length - 1 - i)
            by_state = flow.reshape(-1, after, space.tokens, space.tokens).swapaxes(1, 2)
            effective = by_state.reshape(space.size, space.tokens)
            total = total + bregman(true_flow[:, i], ratio[:, None] * effective).sum()
        return total, jnp.max(jnp.asarray(step.clipped))

    terms, clipped = jax.lax.map(density, times)
    end = rounded(sampler.step(score, noise, x, t, told))
    clipped = jnp.maximum(clipped.max(), jnp.max(jnp.asarray(end.clipped)))
    return terms, clipped, space.spread_out(khatri_rao(end.p), 1) @ law


@partial(jax.jit, static_argnames=("rates_in_step", "space"))
def _rates_jit(
    rates_in_step: Any, space: Sequences, score: Score, noise: Noise, t: Any, u: Any
) -> Array:
    t, u = jnp.asarray(t, jnp.float64), jnp.asarray(u, jnp.float64)
    return rates_in_step(score, noise, space.states(), t, u)


def _rates(problem: Problem, t: float, u: float) -> np.ndarray:
    """``[n, d, S, S]`` the rates that the sampler declares.  Raises ValueError."""
    _check_rates(problem, t, u)
    declared = problem.sampler.claims.rates_in_step
    fixed = declared, problem.sequences, problem.score_model, problem.noise
    with float64():
        return np.asarray(_rates_jit(*fixed, t, u))


def _check_rates(problem: Problem, t: float, u: float) -> None:
    """Raise ValueError unless the declared rates have their shape."""
    space, declared = problem.sequences, problem.sampler.claims.rates_in_step
    shape = (space.size, space.length, space.tokens, space.tokens)
    with float64():
        given = problem.score_model, problem.noise, t, u
        found = jax.eval_shape(partial(_rates_jit, declared, space), *given).shape
    if found != shape:
        raise ValueError(
            f"rates_in_step of {label(problem.sampler)} must return shape {shape} (states, "
            f"tokens, from, to), got {found}"
        )
