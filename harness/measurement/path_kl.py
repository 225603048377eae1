"""Path KL of a chain of jumps, frozen or not: Girsanov's integral over the time of each step."""

import math
from functools import cache, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from harness.engines.sequences import accounts
from harness.engines.steps import Step
from harness.foundation.precision import float64
from harness.law.step import Generator, Varying
from harness.numerics.divergence import bregman
from harness.problem.problem import Problem
from harness.process.space import Sequences
from harness.process.truth import on_sequences
from harness.process.truth.underflow import seen

_NODES = 9  # Gauss-Legendre nodes a step


def path_kl(problem: Problem, step: Step, law: Generator | Varying) -> tuple[float, float]:
    """``∫_s^t E_{q_u} Σ D(Q←_u, Q̂) du`` of one step of a chain, frozen or not, and its error.

    The error is the distance from a coarser rule.
    """
    h, space = step.t - step.s, problem.space
    # The sampler may have been told another duration: its clock then runs at another rate.
    told = law.duration if isinstance(law, Generator) else law.begin - law.end
    pace = float(told) / h
    holders = space.holders(slice(0, space.size))[..., None]

    def rates_at(u: float) -> np.ndarray:
        if isinstance(law, Generator):
            rates = law.rates
        else:
            with float64():
                rates = accounts.rates_at(law, space, step.t - (step.t - u) * pace)
        return np.asarray(rates)[..., : space.tokens] * pace * holders

    times, weights, fine = nodes_in_step(step.t, step.s)
    laws = problem.marginals(times)
    frozen = rates_at(step.t) if isinstance(law, Generator) else None
    densities = np.zeros(len(times))
    if frozen is not None and isinstance(space, Sequences):
        for rows in space.blocks():
            count, noise = rows.stop - rows.start, problem.symbol_noise
            with float64():
                found = _rate_gaps(space, count, noise, rows.start, laws, frozen[rows])
            densities += np.asarray(found)
    else:
        for k, (u, truth_law) in enumerate(zip(times, laws, strict=True)):
            rates = rates_at(u) if frozen is None else frozen
            densities[k] = math.fsum(
                float(_rate_gap(seen(space, flow), truth_law[rows], rates[rows]))
                for rows, flow in problem.reverse_flow(truth_law)
            )
    terms = weights * densities
    return float(terms[:fine].sum()), abs(float(terms[:fine].sum() - terms[fine:].sum()))


@jax.jit
def _rate_gap(flow: Array, law: Array, rates: Array) -> Array:
    """``E Σ_b D(Q←(x, b), rates)``; to the own token both are 0, and so is its term."""
    return bregman(flow, law[:, None, None] * rates, jnp).sum()


@partial(jax.jit, static_argnames=("space", "rows"))
def _rate_gaps(
    space: Sequences, rows: int, noise: Any, first: Any, laws: Array, rates: Array
) -> Array:
    """``_rate_gap`` of the ``rows`` states from ``first`` on, under each of ``laws``."""

    def under(law: Array) -> Array:
        flow = seen(space, on_sequences.reverse_flow(space, rows, noise, law, first))
        return _rate_gap(flow, jax.lax.dynamic_slice(law, (first,), (rows,)), rates)

    return jax.lax.map(under, laws)


def nodes_in_step(t: float, s: float) -> tuple[np.ndarray, np.ndarray, int]:
    """Times and weights for a time integral over a step, then those of a coarser rule.

    Also how many belong to the first.  Gauss-Legendre in ``v`` with ``u = s + (t - s) v²``, which
    tames the logarithm at ``u = 0``; the coarser rule has two thirds of the nodes.
    """
    nodes, weights, fine = _nodes()
    return s + (t - s) * nodes**2, 2 * (t - s) * nodes * weights, fine


@cache
def _nodes() -> tuple[np.ndarray, np.ndarray, int]:
    """Nodes and weights on ``[0, 1]`` of a rule, then of a coarser one; the size of the first."""
    rules = [np.polynomial.legendre.leggauss(count) for count in (_NODES, 2 * _NODES // 3)]
    nodes, weights = (np.concatenate(parts) for parts in zip(*rules, strict=True))
    return (nodes + 1) / 2, weights / 2, _NODES
