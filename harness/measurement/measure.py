"""Everything that is measured on one problem: ``measure(problem) -> Measurement``."""

import math
import time

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from harness.engines import exact
from harness.foundation.precision import float64
from harness.foundation.validation import instance
from harness.law.claims import Trait
from harness.measurement import path_of_wrap
from harness.measurement.by_draws import measurement
from harness.measurement.chain import StepSums, seen
from harness.measurement.result import Measurement as Measurement
from harness.numerics import divergence
from harness.numerics.divergence import CARRIED, bregman, kl_floor
from harness.problem.problem import Problem
from harness.process.space import Counts

TAILS = 1e-250  # where a law of counts has such entries, others may have underflowed
LEAST = 1e-307  # about the smallest number with all its digits


def measure(
    problem: Problem, *, output_only: bool = False, chain_only: bool = False
) -> Measurement:
    """Run ``problem`` through its engine and measure the result.

    ``output_only`` leaves out the chain and path KL.  ``chain_only`` leaves out the output law and
    what compares it with the truth: its cost grows with the square of the number of states, that
    of the chain KL in proportion.  What is left out is ``nan``.  An infinite value is a value:
    ``reasons`` says where it comes from.
    """
    instance("problem", problem, Problem)
    if output_only and chain_only:
        raise ValueError("output_only and chain_only leave nothing to measure")
    with float64():
        if not problem.drawn:
            return _measured(problem, output_only, chain_only)
        if output_only:
            raise ValueError("output_only leaves nothing to measure with engine=MonteCarlo")
        return measurement.measurement(problem)


def _measured(problem: Problem, output_only: bool, chain_only: bool) -> Measurement:
    began = time.perf_counter()
    parts, run = StepSums(problem), None
    for event in exact.steps(problem, push=not chain_only):
        if isinstance(event, exact.Run):
            run = event
        elif not output_only:
            parts.add(event)
    start = start_kl(problem)
    chain = parts.values(start, output_only)
    output, reasons = _output(problem, run)
    wrong = score_error(problem)
    if Trait.WRAPPED_JUMPS in problem.sampler.claims.traits and not output_only:
        chain["path_kl"], chain["path_floor"], why = path_of_wrap.path_kl(problem, start, wrong)
        parts.reasons.pop("path_kl", None)
        parts.reasons |= {"path_kl": why} if why else {}
    if math.isnan(wrong):
        reasons["score_error"] = "a sum over noise time, which is infinite from T = inf"
    return Measurement(
        **output,
        **chain,
        start_kl=start,
        score_error=wrong,
        total_correlation=problem.dependence[0],
        dual_total_correlation=problem.dependence[1],
        engine="counts" if isinstance(problem.space, Counts) else "enumerated",
        seconds=time.perf_counter() - began,
        draws=0,
        reasons={**parts.reasons, **reasons},
        step_factorisation=tuple(parts.factorisations),
    )


def start_kl(problem: Problem) -> float:
    """``KL(q_T‖p_0)``, 0 when the sampler starts at ``q_T``."""
    if problem.start == "exact":
        return 0.0
    now = seen(problem.space, problem.marginal(problem.grid.start))
    if problem.start == "noise":
        return problem.kl_to_independent(now)
    return divergence.kl(now, problem.start_law)


_OF_OUTPUT = (
    *("kl", "reverse_kl", "tv", "chi2", "hellinger"),
    *("off_support", "lost_mass", "clipped", "idle_kl", "data_tv", "entropy_fall"),
)


def _output(problem: Problem, run: exact.Run | None) -> tuple[dict[str, float], dict[str, str]]:
    """What is measured on the output law, and the reasons for what is infinite or missing."""
    if run is None:
        why = dict.fromkeys(_OF_OUTPUT, "not measured")
        return {**dict.fromkeys(_OF_OUTPUT, math.nan), "floor": 0.0}, why
    wanted, total = problem.marginal(problem.grid.stop), run.law.sum() + run.lost
    law, lost = run.law / total, run.lost / total
    unheld = _underflows(problem, law) and bool(((law < CARRIED) & (wanted >= CARRIED)).any())
    wanted, law = divergence.carried(wanted, law)
    values = {
        "kl": divergence.kl(wanted, law, lost),
        "reverse_kl": divergence.reverse_kl(wanted, law, lost),
        "tv": divergence.tv(wanted, law, lost),
        "chi2": divergence.chi2(wanted, law, lost),
        "hellinger": divergence.hellinger(wanted, law, lost),
        "off_support": float(law[_impossible(problem)].sum()),
        "lost_mass": lost,
        "clipped": run.clipped,
        "idle_kl": _idle_kl(problem, wanted),
        "data_tv": divergence.tv(problem.data_law, law, lost),
        "entropy_fall": math.nan,
    }
    if unheld:
        values["kl"] = math.nan
    values["floor"] = kl_floor(values["kl"]) if np.isfinite(values["kl"]) else 0.0
    reasons, forbidden = {}, float(law[wanted == 0].sum())
    if unheld:
        reasons["kl"] = (
            "the output law has tails that float64 does not hold, where the truth is larger"
        )
    if (kept := law.sum()) > 0:
        values["entropy_fall"] = _entropy(problem, wanted) - _entropy(problem, law / kept)
    else:
        reasons["entropy_fall"] = "all runs are lost"
    for name in ("reverse_kl", "chi2"):
        if np.isinf(values[name]):
            why = f"{lost:.3g} of the mass is lost" if lost > 0 else ""
            reasons[name] = why or f"{forbidden:.3g} of the mass is on sequences of probability 0"
    if np.isinf(values["kl"]):
        reasons["kl"] = (
            f"the sampler cannot reach {int(((wanted > 0) & (law == 0)).sum())} possible sequences"
        )
        if problem.space.masked and problem.grid.stop == 0:
            reasons["kl"] += f"; {forbidden:.3g} of its mass still has a mask: too few steps?"
    return values, reasons


def _impossible(problem: Problem) -> np.ndarray:
    """``[states]`` True where the data law is zero; where it has only underflowed it is not."""
    space = problem.space
    if not isinstance(space, Counts):
        return problem.data_law == 0
    tokens = problem.target.space.tokens
    counts = space.counts()
    clean = counts[:, tokens:].sum(1) == 0  # no token is the mask
    impossible = ~clean
    log_law = np.asarray(problem.target.log_prob_of_counts(counts[clean, :tokens]))
    impossible[clean] = log_law == -np.inf
    return impossible


def _idle_kl(problem: Problem, wanted: np.ndarray) -> float:
    """``KL(q_δ‖p_0)``; where ``p_0`` has underflowed, with what float64 holds at the least."""
    if problem.start == "noise":
        return problem.kl_to_independent(wanted)
    start = problem.start_law
    if _underflows(problem, start):  # no more than the KL, and all of it but in the tails
        start = np.maximum(start, LEAST)
    return divergence.kl(wanted, start, lost=0.0)


def _underflows(problem: Problem, law: np.ndarray) -> bool:
    """Whether a law of counts is so small somewhere that its zeros need be none."""
    return isinstance(problem.space, Counts) and bool(((law > 0) & (law < TAILS)).any())


def _entropy(problem: Problem, law: np.ndarray) -> float:
    """Entropy in nats of the sequence of tokens."""
    return divergence.entropy(law) + float(law @ problem.space.log_sequences())


def score_error(problem: Problem) -> float:
    """``ε_score = Σ_k (t_k - t_{k+1}) E Σ R(b, x_i) D(s, ŝ)`` in nats: computed, not assumed.

    ``nan`` for a wrong score from ``T = inf``, where the sum is not defined.
    """
    error = problem.score_model.log_error
    if error is None:
        return 0.0
    if math.isinf(problem.grid.start):
        return math.nan
    with float64():
        blocks = problem.score_error_weights()
        return math.fsum(float(_distance(flow, error[rows])) for rows, flow in blocks)


@jax.jit
def _distance(flow: Array, log_error: Array) -> Array:
    return bregman(flow, flow * jnp.exp(log_error), jnp).sum()
