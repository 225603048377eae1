"""Path KL of a chain of jumps, frozen or not: Girsanov's integral over the time of each step."""

import math
from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from harness.engines.sequences import accounts
from harness.engines.steps import Step
from harness.law.step import Generator, Varying
from harness.numerics.divergence import CARRIED, bregman, total
from harness.problem.problem import Problem
from harness.process.score import Score
from harness.process.space import Sequences
from harness.process.truth import on_sequences
from harness.process.truth.underflow import seen

_NODES, _NODES_OF_LONG = 9, 30  # Gauss-Legendre nodes a step


def terms(
    space: Sequences, law: Generator | Varying, truth: Score, t: Any, s: Any
) -> tuple[Array, Array]:
    """``∫_s^t E_{q_u} Σ D(Q←_u, Q̂) du`` of one step of a chain, frozen or not; a coarser rule's.

    Traceable.
    """
    pace = _told(law) / (t - s)
    frozen = law.rates if isinstance(law, Generator) else None

    def density(u: Any) -> Array:
        now = truth.marginal(u)
        flow = seen(space, on_sequences.reverse_flow(space, space.size, truth.noise, now, 0))
        rates = frozen
        if rates is None:
            rates = accounts.rates_at(law, space, t - (t - u) * pace)
        return _rate_gap(flow, now, rates[..., : space.tokens] * pace)

    times, weights, fine = nodes_in_step(t, s)
    found = weights * jax.lax.map(density, times)
    return found[:fine].sum(), found[fine:].sum()


def on_counts(problem: Problem, step: Step, law: Any) -> dict[str, float]:
    """The same on counts, by its names in ``ChainTerms``; nothing for what is no generator."""
    if not isinstance(law, Generator):
        return {}
    space = problem.space
    rates = np.asarray(law.rates)[..., : space.tokens] * float(_told(law)) / (step.t - step.s)
    rates = rates * space.holders(slice(0, space.size))[..., None]
    times, weights, fine = nodes_in_step(step.t, step.s)
    found = weights * [
        math.fsum(
            float(_rate_gap(seen(space, flow), now[rows], rates[rows]))
            for rows, flow in problem.reverse_flow(now)
        )
        for now in problem.marginals(times)
    ]
    return {"path": float(found[:fine].sum()), "path_coarse": float(found[fine:].sum())}


def _told(law: Generator | Varying) -> Any:
    """The length of the step as the sampler was told: its clock may run at another rate."""
    return law.duration if isinstance(law, Generator) else law.begin - law.end


@jax.jit
def _rate_gap(flow: Array, law: Array, rates: Array) -> Array:
    """``E Σ_b D(Q←(x, b), rates)``; to the own token both are 0, and so is its term."""
    return total(bregman(flow, law[:, None, None] * rates))


def times_log(weight: Array, a: Array, c: Array) -> Array:
    """``weight log(a/c)``, 0 where the weight is."""
    there = weight >= CARRIED
    logs = jnp.log(jnp.where(there, a, 1.0)) - jnp.log(jnp.where(there, c, 1.0))
    return jnp.where(there, weight * logs, 0.0)


def nodes_in_step(t: Any, s: Any, long: bool = False) -> tuple[Any, Any, int]:
    """Times and weights for a time integral over a step, then those of a coarser rule.

    Also how many belong to the first.  Gauss-Legendre in ``v`` with ``u = s + (t - s) v²``, which
    tames the logarithm at ``u = 0``; the coarser rule has two thirds of the nodes.  ``long``: more
    of them, with ``v⁴``, for a step that is long beside ``s``.
    """
    nodes, weights, fine = _nodes(_NODES_OF_LONG if long else _NODES)
    power = 4 if long else 2
    return s + (t - s) * nodes**power, power * (t - s) * nodes ** (power - 1) * weights, fine


@cache
def _nodes(most: int) -> tuple[np.ndarray, np.ndarray, int]:
    """Nodes and weights on ``[0, 1]`` of a rule, then of a coarser one; the size of the first."""
    rules = [np.polynomial.legendre.leggauss(count) for count in (most, 2 * most // 3)]
    nodes, weights = (np.concatenate(parts) for parts in zip(*rules, strict=True))
    return (nodes + 1) / 2, weights / 2, most
