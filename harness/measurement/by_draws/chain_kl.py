"""Chain KL by draws: paths of the forward process, on sequences of any length.

Statement.  Let ``X`` be the forward process at grid times, ``c_i(b|x) = Pr(X_s^i = b | X_t = x)``,
``u_i(·|x)`` the law of the clean token ``i`` given the others of ``x`` at ``t``, and ``k_i`` the
sampler's token laws.  Then ``E KL(q_{s|t}(·|X_t) ‖ Π k_i) = E F + E M`` with

    ``F = log q_s(X_s) - log q_t(X_t) + Σ_i log (u_i P_t)(X_t^i) - Σ_i log (u_i P_s)(X_s^i)``
    ``M = Σ_i KL(c_i(·|X_t) ‖ k_i(·|X_t))``

Proof.  ``q_{s|t}(y|x) = q_s(y) Π P_h(y_i, x_i) / q_t(x)`` and, as each token is noised on its own,
``c_i(b|x) = (u_i P_s)(b) P_h(b, x_i) / (u_i P_t)(x_i)``; in the logarithm of their quotient the
``P_h`` cancel and ``F`` is left, whose mean is ``E KL(q_{s|t} ‖ Π c_i)``.  Further
``E log c_i(X_s^i|X_t)/k_i(X_s^i|X_t) = E KL(c_i‖k_i)``.  ∎

``F`` is a log-likelihood ratio, so its variance is of the order of its mean, and ``M`` is exact for
each ``X_t``.  The sums over a path are independent between paths.
"""

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any, Protocol

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from harness.engines.draws.long_sequences import step_law_at
from harness.engines.steps import told_times
from harness.foundation.precision import float64
from harness.foundation.validation import instance
from harness.law.step import Tokens
from harness.numerics.divergence import bregman
from harness.numerics.inverse_transform import keys_of, pick, refreshed, uniforms
from harness.problem import programs
from harness.problem.monte_carlo import Estimate, MonteCarlo
from harness.problem.problem import Problem
from harness.process.analytic_score import AnalyticScore, of_token, posterior
from harness.process.noise import Noise, noise_kernel
from harness.process.space import Sequences

BATCH_ENTRIES = 2**21  # of a table over draws, positions and symbols, held at a time


@dataclass(frozen=True)
class PathSums:
    """What each of ``n`` drawn paths adds, in nats; steps and times in the order of the grid.

    ``factorisation``, ``marginal [n, N]``; ``dependence [n, N + 1]`` with mean ``DTC(X_t)``;
    ``start``, ``data``, ``idle [n]`` with means ``KL(q_T‖π)``, ``KL(q_0‖π)`` and ``KL(q_δ‖p_0)``,
    ``π`` the stationary law (``nan`` without one).  ``marginal`` is ``nan`` for a generator.
    ``uniform``, ``fall [n, N + 1]`` have means ``KL(q_t‖U)``, ``U`` the uniform law, and its fall
    ``φ(t)`` (``harness.measurement.fall_to_uniform``; ``nan`` with classes of tokens).
    """

    factorisation: np.ndarray
    marginal: np.ndarray
    dependence: np.ndarray
    start: np.ndarray
    data: np.ndarray
    idle: np.ndarray
    uniform: np.ndarray
    fall: np.ndarray

    def part(self, rows: slice) -> "PathSums":
        """Of some of the paths."""
        values = {f.name: getattr(self, f.name)[rows] for f in dataclasses.fields(self)}
        return PathSums(**values)


@dataclass(frozen=True)
class ChainEstimate:
    """Unbiased estimates of the chain KL and its parts, in nats, from the same draws."""

    chain: Estimate
    start: Estimate
    factorisation: Estimate
    marginal: Estimate


def estimate_chain_kl(problem: Problem, sums: PathSums | None = None) -> ChainEstimate:
    """The chain KL of a ``problem`` with ``engine=MonteCarlo(...)``, with its interval and parts.

    In nats.  ``sums``: those of paths that were drawn already; else they are drawn.

    Raises ValueError for another engine, and for a sampler whose step is not a product over tokens.
    """
    instance("problem", problem, Problem)
    engine = engine_of(problem)
    sums = sums or path_sums(problem)
    if np.isnan(sums.marginal).any():
        raise ValueError(NOT_A_PRODUCT)
    start = sums.start if problem.start == "noise" else np.zeros_like(sums.start)
    factorisation, marginal = sums.factorisation.sum(1), sums.marginal.sum(1)
    samples = (start + factorisation + marginal, start, factorisation, marginal)
    return ChainEstimate(*(Estimate.of(sample, engine.confidence) for sample in samples))


NOT_A_PRODUCT = "the step is not a product over tokens: draws estimate no chain KL of it"


def engine_of(problem: Problem) -> MonteCarlo:
    """The engine of a problem that is to be drawn.  Raises ValueError for any other."""
    if not isinstance(problem.engine, MonteCarlo):
        raise ValueError(f"an estimate needs engine=MonteCarlo(...), got {problem.engine!r}")
    return problem.engine


def path_sums(problem: Problem, batch: int | None = None) -> PathSums:
    """Draw the paths in batches of ``batch`` and add up.  Shared by all devices that there are.

    A path depends on the seed and its own number only, so neither the batch nor the number of
    devices changes it.
    """
    engine, devices = engine_of(problem), jax.devices()
    space, count = problem.sequences, len(devices)
    rows = batch or max(BATCH_ENTRIES // (space.length * space.outcomes), 1)
    rows = -(-min(rows, engine.draws) // count) * count
    sharding = NamedSharding(Mesh(np.array(devices), ("draws",)), PartitionSpec("draws"))
    parts = []
    with float64():
        root = jax.random.key(engine.seed)
        for first in range(0, engine.draws, rows):
            numbers = jax.device_put(np.arange(first, first + rows, dtype=np.uint32), sharding)
            kept = min(rows, engine.draws - first)
            parts.append(_batch(problem, keys_of(root, numbers)).part(slice(kept)))
    programs.run_by(problem)
    fields = [field.name for field in dataclasses.fields(PathSums)]
    return PathSums(**{f: np.concatenate([getattr(p, f) for p in parts]) for f in fields})


def _batch(problem: Problem, keys: Array) -> PathSums:
    """The paths of ``keys``, from the data up to ``T``."""
    space, noise, law = problem.sequences, problem.symbol_noise, problem.analytic
    times = problem.grid.times[::-1]
    clean = _clean(law, keys)
    x = _moved(space, noise, keys, 1, clean, times[0])
    log_prob, others, dependence = _facts(space, noise, law, x, times[0])
    stationary = _log_stationary(problem)
    stopped, stopped_log_prob, dependences = x, log_prob, [dependence]
    uniform, falls = [log_prob], [_fall(space, noise, others, x, times[0])]
    factorisations, marginals = [], []
    steps = list(zip(problem.grid.intervals(), told_times(problem), strict=True))
    for k, ((t, s), told) in enumerate(reversed(steps), start=2):
        before, before_log_prob = x, log_prob
        x = _moved(space, noise, keys, k, before, t - s)
        log_prob, others, dependence = _facts(space, noise, law, x, t)
        change = before_log_prob - log_prob
        factorisations.append(_factorisation(space, noise, others, x, before, change, t, s))
        marginals.append(_marginal(problem, law, others, x, t, s, told))
        dependences.append(dependence)
        uniform.append(log_prob)
        falls.append(_fall(space, noise, others, x, t))
    first = log_prob - stationary[x].sum(-1)
    clean_log_prob, *_ = _facts(space, noise, law, clean, 0.0)
    if problem.start == "noise":
        begun = stationary[stopped].sum(-1)
    else:
        begun, *_ = _facts(space, noise, law, stopped, problem.grid.start)
    return PathSums(
        factorisation=np.stack(factorisations[::-1], 1),
        marginal=np.stack(marginals[::-1], 1),
        dependence=np.stack(dependences[::-1], 1),
        start=np.asarray(first),
        data=np.asarray(clean_log_prob - stationary[clean].sum(-1)),
        idle=np.asarray(stopped_log_prob - begun),
        uniform=np.stack(uniform[::-1], 1) + space.length * np.log(space.vocabulary),
        fall=np.stack(falls[::-1], 1),
    )


def _log_stationary(problem: Problem) -> Array:
    """``[S]`` log-probabilities of the stationary law; ``nan`` where there is none."""
    try:
        law = problem.symbol_noise.stationary(problem.space.tokens)
    except ValueError:
        law = np.full(problem.space.tokens, np.nan)
    return jnp.log(jnp.asarray(law))


def _marginal(
    problem: Problem, law: Any, others: Array, x: Array, t: float, s: float, told: float
) -> Array:
    """``[n]`` ``Σ_i KL(c_i‖k_i)``; ``nan`` for a step that is not a product."""
    space, noise = problem.sequences, problem.symbol_noise
    score = AnalyticScore(space, noise, law, (t, x, others))
    step = step_law_at(problem, score, x, t, told)
    if not isinstance(step, Tokens):
        return jnp.full(len(x), jnp.nan)
    return _marginal_kl(space, noise, others, x, t, s, step)


@jax.jit
def _clean(law: Any, keys: Array) -> Array:
    return law.draw(refreshed(keys, 0))


@partial(jax.jit, static_argnames=("space",))
def _moved(space: Sequences, noise: Noise, keys: Array, k: Any, x: Array, h: Any) -> Array:
    """``x [n, d]`` after noise for ``h``, each sequence with its own key."""
    kernel = noise_kernel(noise, h, space.tokens)
    return pick(kernel[x], uniforms(refreshed(keys, k), space.length))


@partial(jax.jit, static_argnames=("space",))
def _facts(
    space: Sequences, noise: Noise, law: Any, x: Array, t: Any
) -> tuple[Array, Array, Array]:
    """``log q_t(x)``, the clean token given the others, and a draw with mean ``DTC(X_t)``.

    ``DTC(X) = H(X) - Σ H(X_i|X_{-i})``, the mean of ``Σ log Pr(X_i|X_{-i}) - log Pr(X)``.
    """
    kernel = noise_kernel(noise, t, space.tokens)
    log_prob, others = law.noised(kernel, x)
    return log_prob, others, _log_at(others, kernel, x) - log_prob


@partial(jax.jit, static_argnames=("space",))
def _fall(space: Sequences, noise: Noise, others: Array, x: Array, t: Any) -> Array:
    """``[n]`` ``Σ R(x, y) D(1, q_t(y)/q_t(x))``, with mean ``φ(t)``: every term is at least 0."""
    if space.class_sizes:
        return jnp.full(len(x), jnp.nan)
    there = others @ noise_kernel(noise, t, space.tokens)
    ratios = there / of_token(there, x)[..., None]
    rates = noise.forward_rates(x, space.tokens)
    lost = bregman(jnp.ones_like(ratios), ratios)
    return jnp.where(rates > 0, rates * lost, 0.0).sum((1, 2))


@partial(jax.jit, static_argnames=("space",))
def _factorisation(
    space: Sequences,
    noise: Noise,
    others: Array,
    x: Array,
    before: Array,
    change: Array,
    t: Any,
    s: Any,
) -> Array:
    """``F [n]`` of the steps from ``x`` at ``t`` to ``before`` at ``s``."""
    now = _log_at(others, noise_kernel(noise, t, space.tokens), x)
    return change + now - _log_at(others, noise_kernel(noise, s, space.tokens), before)


def _log_at(others: Array, kernel: Array, x: Array) -> Array:
    """``Σ_i log (u_i P)(x_i)``, ``[n]``."""
    return jnp.log(of_token(others @ kernel, x)).sum(-1)


@partial(jax.jit, static_argnames=("space",))
def _marginal_kl(
    space: Sequences, noise: Noise, others: Array, x: Array, t: Any, s: Any, law: Tokens
) -> Array:
    wanted = posterior(space, noise, others, x, t, s)
    lost = jnp.broadcast_to(jnp.asarray(law.lost), x.shape)
    return (lost + bregman(wanted, law.p).sum(-1)).sum(-1)


class Parted(Protocol):
    """What each of several draws adds, of which there are parts; ``start [n]`` in nats."""

    @property
    def start(self) -> np.ndarray: ...

    def part(self, rows: slice) -> Any: ...


def batches(sums: Parted, count: int) -> Iterator[Any]:
    """The draws in ``count`` parts of nearly one size."""
    ends = np.linspace(0, len(sums.start), count + 1).astype(int)
    for low, high in pairwise(ends):
        yield sums.part(slice(int(low), int(high)))
