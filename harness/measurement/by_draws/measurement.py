"""Measurements and quantities of a problem that is estimated by draws (``engine=MonteCarlo``)."""

import math
import time

import numpy as np

from harness.law.claims import Trait
from harness.measurement.by_draws.chain_kl import (
    NOT_A_PRODUCT,
    PathSums,
    engine_of,
    estimate_chain_kl,
    path_sums,
)
from harness.measurement.path_of_wrap import turned_by_no_shift
from harness.measurement.result import Measurement
from harness.numerics.divergence import ENTRY_ERROR
from harness.problem.monte_carlo import Estimate
from harness.problem.problem import Problem

NO_LAW = "engine=MonteCarlo makes no output law"
OF_OUTPUT = (
    *("kl", "reverse_kl", "tv", "chi2", "hellinger"),
    *("off_support", "lost_mass", "clipped", "data_tv", "entropy_fall"),
)


_BY_DRAWS = ("chain_kl", "start_kl", "factorisation_kl", "marginal_kl", "idle_kl")


def measurement(problem: Problem, sums: PathSums | None = None) -> Measurement:
    """The chain KL, its parts and the idle KL by draws; what needs an output law is ``nan``."""
    began = time.perf_counter()
    sums = sums or path_sums(problem)
    nan = math.nan
    reasons: dict[str, str] = dict.fromkeys(OF_OUTPUT, NO_LAW)
    path = path_kl(problem, sums)
    if path is None:
        reasons["path_kl"] = "not estimated by draws"
    if np.isnan(sums.marginal).any():
        chain = factorisation = marginal = nan
        floor = 0.0
        reasons |= dict.fromkeys(("chain_kl", "factorisation_kl", "marginal_kl"), NOT_A_PRODUCT)
    else:
        found = estimate_chain_kl(problem, sums)
        chain, factorisation = found.chain.value, found.factorisation.value
        marginal, floor = found.marginal.value, found.chain.half_width + rounding(problem)
        if math.isinf(chain):
            reasons["chain_kl"] = (
                "on a drawn path a token has a possible value that the sampler gives probability 0"
            )
    return Measurement(
        **dict.fromkeys(OF_OUTPUT, nan),
        chain_kl=chain,
        start_kl=float(sums.start.mean()) if problem.start == "noise" else 0.0,
        factorisation_kl=factorisation,
        marginal_kl=marginal,
        path_kl=path.value if path else nan,
        score_error=0.0,
        total_correlation=problem.dependence[0],
        dual_total_correlation=problem.dependence[1],
        idle_kl=float(sums.idle.mean()),
        floor=0.0,
        chain_floor=floor,
        path_floor=path.half_width + rounding(problem) if path else 0.0,
        # Equal seeds draw equal paths: rounding moves an estimate, not its interval.
        floors={
            **dict.fromkeys(_BY_DRAWS, rounding(problem)),
            "marginal_kl": marginal_rounding(problem, marginal),
            "path_kl": rounding(problem) if path else 0.0,
        },
        engine="monte_carlo",
        seconds=time.perf_counter() - began,
        draws=engine_of(problem).draws,
        reasons=reasons,
        step_factorisation=tuple(sums.factorisation.mean(0).tolist()),
        step_floors=(rounding(problem),) * problem.grid.steps,
    )


def path_kl(problem: Problem, sums: PathSums) -> Estimate | None:
    """That of τ-leaping modulo ``S`` by its closed form, ``harness.measurement.path_of_wrap``.

    None for another sampler, for noise that shifts change, and where steps are not as told.
    """
    wrapped = Trait.WRAPPED_JUMPS in problem.sampler.claims.traits
    shifts = wrapped and turned_by_no_shift(problem.symbol_noise, problem.space.tokens)
    if not shifts or problem.grid.told is not None:
        return None
    lengths = np.array([t - s for t, s in problem.grid.intervals()])
    fallen = sums.uniform[:, -1] - sums.uniform[:, 0] - sums.fall[:, :-1] @ lengths
    start = sums.start if problem.start == "noise" else 0.0
    return Estimate.of(start + fallen, engine_of(problem).confidence)


def rounding(problem: Problem) -> float:
    """How far rounding can move an estimate: logarithms of up to ``d log S`` in every step."""
    space = problem.space
    size = space.length * math.log(space.vocabulary)
    return ENTRY_ERROR * size * problem.grid.steps


def marginal_rounding(problem: Problem, value: float) -> float:
    """The same for the marginal KL: a sum of KLs, one for every token and step.

    No logarithms are subtracted: to first order ``e Σ sqrt(2 KL_i)``, at most ``e sqrt(2 n KL)``
    where all ``n`` are alike; the kernels' errors are those of all tokens.  Nothing if infinite.
    """
    laws = problem.space.length * problem.grid.steps
    first = math.sqrt(2 * laws * max(value, 0.0)) if math.isfinite(value) else 0.0
    return ENTRY_ERROR * first + ENTRY_ERROR**2 * laws
