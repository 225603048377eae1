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

from harness.chain import nodes_in_step
from harness.divergence import bregman, kl_floor
from harness.engines import enumerated
from harness.noise import Noise
from harness.precision import float64
from harness.problem import Problem
from harness.registry import label
from harness.score import Score
from harness.space import Sequences

MAX_STATES = 1024  # every state is paired with every other, at some fifteen times in each step
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
    for (t, s), told in zip(problem.grid.intervals(), enumerated.told_times(problem), strict=True):
        pace = (t - told) / (t - s)  # the sampler's clock, when it is told another length
        times, weights, fine = nodes_in_step(t, s)
        truths, terms = problem.marginals(times), []
        for u, truth in zip(times, truths, strict=True):
            by_then = t - (t - u) * pace
            step = enumerated.step_law(problem, t, by_then)
            if np.any(np.asarray(step.clipped) > 0):
                where = f"in the step from t={t:g} to s={s:g} the law is clipped"
                return *NOT_MEASURED, f"{where}: no rates generate it"
            rates = _rates(problem, t, by_then)
            terms.append(_density(problem, truth, law, step, pace * rates))
        parts = weights * np.array(terms)
        total += float(parts[:fine].sum())
        error += abs(float(parts[:fine].sum() - parts[fine:].sum()))
        law, *_ = enumerated.push(space, law, enumerated.StepLaws(problem, t, told))
    return start + total, error + kl_floor(start + total), ""


def unmeasured(problem: Problem) -> str:
    """Why the inequality cannot be measured on ``problem``; empty where it can."""
    if problem.sampler.claims.rates_in_step is None:
        return "the sampler declares no rates inside a step"
    if not isinstance(problem.space, Sequences) or problem.space.class_sizes:
        return "the differential inequality is measured on sequences of tokens only"
    if math.isinf(problem.grid.start):
        return "it is an integral over noise time, which is infinite from T = inf"
    if problem.space.size > MAX_STATES:
        return f"{problem.space.size:,} states: it is measured up to {MAX_STATES:,}"
    return ""


def flows_in_step(problem: Problem, t: float, u: float) -> tuple[np.ndarray, np.ndarray]:
    """Law ``[n, d, S]`` and flow ``[n, d, S, S]`` of each token at time ``u`` of a step from ``t``.

    The flow is the law times the declared rates.
    """
    p = np.asarray(enumerated.step_law(problem, t, u).p)
    return p, _flows(p, _rates(problem, t, u))


def _flows(p: np.ndarray, rates: np.ndarray) -> np.ndarray:
    """``p(a) rate(a→b)``, 0 where no token is or at ``b = a``."""
    moves = 1.0 - np.eye(p.shape[-1])
    return np.where((p[..., None] > 0) & (moves > 0), p[..., None] * rates, 0.0)


def _density(
    problem: Problem, truth: np.ndarray, law: np.ndarray, step: Any, rates: np.ndarray
) -> float:
    """``E_{q_u} Σ D(r, q̂)``; ``law`` is the sampler's where the step begins, ``truth`` ``q_u``."""
    space, p = problem.sequences, np.asarray(step.p)
    flows, reached = _flows(p, rates), np.asarray(law)[:, None]
    for i in range(space.length):
        reached = (reached[:, :, None] * p[:, i, None, :]).reshape(len(p), -1)
    here = reached.sum(0)  # p_u
    true_flow = np.concatenate([np.asarray(flow) for _, flow in problem.reverse_flow(truth)])
    # Where the truth can be and the sampler cannot, it has no rates: infinitely far from any flow.
    ratio = np.divide(truth, here, out=np.zeros_like(here), where=here > 0)
    terms = []
    for i in range(space.length):
        others = np.asarray(law)[:, None]
        for j in range(space.length):
            if j != i:
                others = (others[:, :, None] * p[:, j, None, :]).reshape(len(p), -1)
        flow = others.T @ flows[:, i].reshape(len(p), -1)  # [S^{d-1}, S, S]
        after = space.tokens ** (space.length - 1 - i)
        by_state = flow.reshape(-1, after, space.tokens, space.tokens).swapaxes(1, 2)
        effective = by_state.reshape(space.size, space.tokens)
        terms.append(float(bregman(true_flow[:, i], ratio[:, None] * effective).sum()))
    return math.fsum(terms)


@partial(jax.jit, static_argnames=("rates_in_step", "space"))
def _rates_jit(
    rates_in_step: Any, space: Sequences, score: Score, noise: Noise, t: Any, u: Any
) -> Array:
    t, u = jnp.asarray(t, jnp.float64), jnp.asarray(u, jnp.float64)
    return rates_in_step(score, noise, space.states(), t, u)


def _rates(problem: Problem, t: float, u: float) -> np.ndarray:
    """``[n, d, S, S]`` the rates that the sampler declares.  Raises ValueError."""
    space, declared = problem.sequences, problem.sampler.claims.rates_in_step
    with float64():
        # Compiled by the declaration itself, of which the sampler's equality says nothing.
        rates = np.asarray(_rates_jit(declared, space, problem.score_model, problem.noise, t, u))
    shape = (space.size, space.length, space.tokens, space.tokens)
    if rates.shape != shape:
        raise ValueError(
            f"rates_in_step of {label(problem.sampler)} must return shape {shape} (states, "
            f"tokens, from, to), got {rates.shape}"
        )
    return rates
