"""Everything that is measured on one problem: ``measure(problem) -> Measurement``."""

import math
import time

import jax
import jax.numpy as jnp
from jax import Array

from harness.foundation.precision import float64
from harness.foundation.validation import instance
from harness.law.claims import Trait
from harness.measurement import path_of_wrap
from harness.measurement.by_draws import measurement, walked
from harness.measurement.chain import Sums, run_with_terms
from harness.measurement.output import Told, of_ends
from harness.measurement.own_score_error import own_score_error
from harness.measurement.result import Measurement as Measurement
from harness.numerics.divergence import bregman, kl_floor
from harness.problem.problem import Problem
from harness.process.counts import Counts
from harness.process.own_score import ScoreFunction

SCORE_ROUNDING = 1e-12  # relative, of a sum of positive terms


def measure(
    problem: Problem, *, output_only: bool = False, chain_only: bool = False
) -> Measurement:
    """Run ``problem`` through its engine and measure the result.

    ``output_only`` leaves out the chain and path KL.  ``chain_only`` leaves out the output law and
    what compares it with the truth: its cost grows with the square of the number of states, that
    of the chain KL in proportion.  What is left out is ``nan``.  An infinite value is a value:
    ``reasons`` says where it comes from.  Raises ValueError where nothing is left to measure, and
    FloatingPointError for a step law that is none.
    """
    instance("problem", problem, Problem)
    if output_only and chain_only:
        raise ValueError("output_only and chain_only leave nothing to measure")
    with float64():
        if not problem.drawn:
            return _measured(problem, output_only, chain_only)
        if problem.space.masked:
            return walked.measurement(problem)
        if output_only:
            raise ValueError("output_only leaves nothing to measure with engine=MonteCarlo")
        return measurement.measurement(problem)


def _measured(problem: Problem, output_only: bool, chain_only: bool) -> Measurement:
    began = time.perf_counter()
    run, numbers, order = run_with_terms(problem, chain=not output_only, push=not chain_only)
    ends, sums = of_ends(problem, run), Sums(problem, numbers, order)
    return assembled(problem, ends, sums, output_only, time.perf_counter() - began)


def assembled(
    problem: Problem, ends: Told, sums: Sums, output_only: bool, seconds: float
) -> Measurement:
    """The ``Measurement`` of what was found at the ends of a run and in its steps."""
    start, wrong = ends.values["start_kl"], score_error(problem)
    chain, chain_floors = sums.skipped() if output_only else sums.values(start)
    reasons = {**sums.reasons, **ends.reasons}
    if Trait.WRAPPED_JUMPS in problem.sampler.claims.traits and not output_only:
        chain["path_kl"], chain["path_floor"], why = path_of_wrap.path_kl(problem, start, wrong)
        chain_floors["path_kl"] = chain["path_floor"]
        reasons.pop("path_kl", None)
        reasons |= {"path_kl": why} if why else {}
    if math.isnan(wrong):
        reasons["score_error"] = "a sum over noise time, which is infinite from T = inf"
    return Measurement(
        **ends.values,
        **chain,
        floor=ends.floors["kl"],
        floors={**chain_floors, **ends.floors, "score_error": score_error_floor(problem, wrong)},
        score_error=wrong,
        engine="counts" if isinstance(problem.space, Counts) else "enumerated",
        seconds=seconds,
        draws=0,
        reasons=reasons,
        step_factorisation=sums.factorisations,
        step_floors=sums.step_floors(),
    )


def score_error_floor(problem: Problem, error: float) -> float:
    """How far rounding can move ``error``.

    A factor that is given has no error of its own; ratios that are compared have both theirs.
    """
    own = kl_floor(error) if isinstance(problem.score, ScoreFunction) else 0.0
    return SCORE_ROUNDING * error + own if math.isfinite(error) else 0.0


def score_error(problem: Problem) -> float:
    """``ε_score = Σ_k (t_k - t_{k+1}) E Σ R(b, x_i) D(s, ŝ)`` in nats: computed, not assumed.

    ``nan`` for a wrong score from ``T = inf``, where the sum is not defined.
    """
    error = problem.score_model.log_error
    if error is None:
        return 0.0
    if math.isinf(problem.grid.start):
        return math.nan
    if isinstance(problem.score, ScoreFunction):
        return own_score_error(problem)
    with float64():
        blocks = problem.score_error_weights()
        return math.fsum(float(distance(flow, error[rows])) for rows, flow in blocks)


@jax.jit
def distance(flow: Array, log_error: Array) -> Array:
    """``Σ D(flow, ŝ)`` of a score that says ``e^{log_error}`` times the true ratios."""
    return bregman(flow, flow * jnp.exp(log_error)).sum()
