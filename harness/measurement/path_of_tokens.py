"""Path KL of a sampler whose tokens move by themselves at declared rates, by quadrature.

Statement.  Let the rate at which token ``i`` goes from ``a`` to ``b`` at a time ``u`` of a step be
``r̂(a→b)``, a function of the state ``x`` at its begin ``t``.  With ``J_i(b, x^{-i}) =
Pr(X_u^i = b, X_t^{-i} = x^{-i})`` and ``r*(a→b) = R(b, a) J_i(b, x^{-i})/J_i(a, x^{-i})``,

    ``E Σ D(r, r̂) = E Σ D(r, r*) + E Σ D(r*, r̂)``,  ``r`` the true reverse rates at ``X_u``.

Proof.  ``D(a, c) = a log(a/c) - a + c`` is linear in ``a`` but for ``a log a``, so that it is
enough that ``r*`` is the mean of ``r`` given ``X_t`` and ``X_u^i``.  Noise acts on each token by
itself: ``Pr(X_u = y, X_t = x) = q_u(y) Π_j P(y_j, x_j)``, and the sum of that times
``R(b, a) q_u(y^{i←b})/q_u(y)`` over the other tokens of ``y`` is ``P(a, x_i) R(b, a) J_i(b)``, of
that alone ``P(a, x_i) J_i(a)``.  ∎

The integral of the second part is the *approximation* error: 0 for Tweedie τ-leaping and the masked
plug-in with the exact score, whose rates are ``r*``.  That of the first is the *discretisation*
error, which no sampler of such a kind is below.
"""

import math
from functools import lru_cache, partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from harness.engines.sequences.step_laws import law_of_step, step_law, traceable
from harness.engines.steps import paced, told_times
from harness.foundation.precision import float64
from harness.law.claims import Trait
from harness.measurement.path_kl import nodes_in_step, times_log
from harness.numerics.divergence import ENTRY_ERROR, bregman, kl_floor
from harness.problem.problem import Problem
from harness.process.noise import Noise, noise_kernel
from harness.process.score import Score
from harness.process.space import Sequences
from harness.process.truth import on_sequences

PAIRS = 2**14  # states, tokens and pairs of symbols up to which it is integrated
LONGEST = 100  # rates grow like 1/u, and rare states have a scale of their own
AT_ONCE = 16  # steps in one call


class TokenPaths(NamedTuple):
    """``path`` KL without its start, and the ``approximation`` in it, by the same quadrature.

    In nats; ``nan`` where they are not measured.  ``path_floor``: how far off ``path`` may be;
    ``path_rounding``, ``approximation_rounding``: how far rounding alone can move each.
    """

    path: float
    approximation: float
    path_floor: float = 0.0
    path_rounding: float = 0.0
    approximation_rounding: float = 0.0


def token_paths(problem: Problem) -> TokenPaths:
    """What the steps of ``problem`` cost on paths; not measured where a law is clipped."""
    if unmeasured(problem) or clips(problem):
        return TokenPaths(math.nan, math.nan)
    steps = [(t, *nodes_in_step(t, s)[:2], pace) for t, s, pace in paced(problem)]
    fine = nodes_in_step(1.0, 0.0)[2]
    parts = []
    for first in range(0, len(steps), AT_ONCE):
        some = steps[first : first + AT_ONCE]
        padded = [*some, *[some[-1]] * (AT_ONCE - len(some))]
        t, times, _, pace = (np.array(each) for each in zip(*padded, strict=True))
        with float64():
            given = problem.score_model, problem.exact_score, problem.symbol_noise
            fixed = problem.sampler.claims.rates_in_step, problem.sequences
            found = np.asarray(_densities(*fixed, *given, t, times, pace))
        parts.append(found[: len(some)])
    weights = np.array([each[2] for each in steps])[..., None]
    terms = weights * np.concatenate(parts)  # [N, nodes, 3]
    path, approximation, size = terms[:, :fine].sum((0, 1)).tolist()
    if not math.isfinite(path):
        return TokenPaths(path, approximation)
    off = np.abs(terms[:, :fine, 0].sum(1) - terms[:, fine:, 0].sum(1)).sum()
    rounding = ENTRY_ERROR * size + kl_floor(path)
    own = kl_floor(approximation)
    return TokenPaths(path, approximation, float(off) + rounding, rounding, own)


def unmeasured(problem: Problem) -> str:
    """Why it cannot be measured on ``problem``; empty where it can."""
    claims, space = problem.sampler.claims, problem.space
    if claims.rates_in_step is None or Trait.INDEPENDENT_TOKENS not in claims.traits:
        return "the sampler declares no rates of tokens inside a step"
    if not isinstance(space, Sequences) or space.class_sizes:
        return "it is measured on sequences of tokens only"
    if math.isinf(problem.grid.start):
        return "it is an integral over noise time, which is infinite from T = inf"
    if any(t > LONGEST * s for t, s in problem.grid.intervals()):
        return (
            f"a step that ends below 1/{LONGEST} of its begin has more scales than are integrated"
        )
    if space.size * space.length * space.tokens**2 > PAIRS:
        return f"{space.size:,} states are too many to integrate over"
    return ""


@lru_cache(maxsize=64)  # theorems ask for it again and again
def clips(problem: Problem) -> bool:
    """Whether an estimate makes a step law that had to be clipped, which no rates generate."""
    if problem.score_model.log_error is None or unmeasured(problem):
        return False
    told = np.array([*zip(problem.grid.times[:-1], told_times(problem), strict=True)])
    if problem.sampler.claims.on_host:
        return any(bool(_clipped(step_law(problem, t, end)) > 0) for t, end in told)
    with float64(), traceable(problem):
        fixed = problem.sampler, problem.chain_space, problem.chain_space.size
        given = problem.score_model, problem.symbol_noise
        for k in range(0, len(told), AT_ONCE):
            some = told[k : k + AT_ONCE]
            some = np.pad(some, ((0, AT_ONCE - len(some)), (0, 0)), mode="edge")
            if bool(_any_clipped(*fixed, *given, some)):
                return True
    return False


@partial(jax.jit, static_argnames=("sampler", "space", "rows"))
def _any_clipped(
    sampler: Any, space: Sequences, rows: int, score: Score, noise: Noise, told: Array
) -> Array:
    """Whether any probability was clipped in one of the steps ``told [N, 2]``, begin and end."""

    def clipped(times: Array) -> Array:
        return _clipped(law_of_step(sampler, space, rows, score, noise, 0, *times))

    return jax.lax.map(clipped, told).max() > 0


def _clipped(law: Any) -> Array:
    """The most probability that was clipped in a row of a step's law."""
    return jnp.max(jnp.asarray(getattr(law, "clipped", 0.0)))


@partial(jax.jit, static_argnames=("rates_in_step", "space"))
def _densities(
    rates_in_step: Any,
    space: Sequences,
    score: Score,
    exact: Score,
    noise: Noise,
    begins: Array,
    times: Array,
    paces: Array,
) -> Array:
    """``[N, nodes, 3]`` at each time: ``E Σ D(r, r̂)``, ``E Σ D(r*, r̂)``, what cancels in them."""
    x, slot = space.states(), jnp.arange(space.length)[:, None]
    moves = 1.0 - jnp.eye(space.tokens)
    back = noise.rate_matrix(space.tokens).T * moves  # [a, b]: R(b, a)

    def density(t: Any, u: Any, pace: Any) -> Array:
        law, kernel = exact.marginal(u), noise_kernel(noise, t - u, space.tokens)
        found = on_sequences.halves(space, law, kernel)[slot, space.neighbours(x)]  # J_i(a, x^{-i})
        seen = kernel.T[x]  # P(a, x_i)
        mean = seen[..., :, None] * back * found[..., None, :]
        rates = pace * rates_in_step(score, noise, x, t, t - (t - u) * pace)
        here = (seen * found)[..., None]
        held = jnp.where((here > 0) & (moves > 0), here * rates, 0.0)
        flow = on_sequences.reverse_flow(space, space.size, noise, law, 0)
        true = times_log(flow, flow, law[:, None, None])
        cross = times_log(mean, held, here)
        gap = true.sum() - cross.sum() - flow.sum() + held.sum()
        size = jnp.abs(true).sum() + jnp.abs(cross).sum() + flow.sum() + held.sum()
        return jnp.stack([gap, bregman(mean, held).sum(), size])

    def of_step(given: tuple[Array, Array, Array]) -> Array:
        t, nodes, pace = given
        return jax.lax.map(lambda u: density(t, u, pace), nodes)

    return jax.lax.map(of_step, (begins, times, paces))
