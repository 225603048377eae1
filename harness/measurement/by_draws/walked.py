"""The ``Measurement`` of a decoder of masked tokens that is estimated by draws from the data."""

import math
import time

from harness.measurement.by_draws.chain_kl import engine_of
from harness.measurement.by_draws.measurement import NO_LAW, OF_OUTPUT, rounding
from harness.measurement.by_draws.teacher_forcing import WalkSums, estimate_output_kl, walk_sums
from harness.measurement.result import Measurement
from harness.problem.problem import Problem

LEFT = "masks are left at the end: the grid needs a step for every round"


def measurement(problem: Problem, sums: WalkSums | None = None) -> Measurement:
    """The output KL by teacher forcing, and the chain KL in the sampler's own order, equal to it.

    What needs the output law itself is ``nan``.
    """
    began = time.perf_counter()
    sums = sums or walk_sums(problem)
    found, nan = estimate_output_kl(problem, sums).kl, math.nan
    reasons = {name: NO_LAW for name in OF_OUTPUT if name != "kl"}
    reasons["path_kl"] = "not estimated by draws"
    if math.isinf(found.value):
        reasons |= {"kl": LEFT, "chain_kl": LEFT}
    floor = found.half_width + rounding(problem)
    unknown = "not known in closed form"
    total, dual = problem.dependence
    if math.isnan(total):
        reasons |= {"total_correlation": unknown, "dual_total_correlation": unknown}
    each = sums.dependence.mean(0).tolist()
    return Measurement(
        **(dict.fromkeys(OF_OUTPUT, nan) | {"kl": found.value}),
        chain_kl=found.value,
        start_kl=0.0,
        factorisation_kl=found.value,
        marginal_kl=0.0,
        path_kl=nan,
        score_error=0.0,
        total_correlation=total,
        dual_total_correlation=dual,
        idle_kl=math.inf,
        floor=floor,
        chain_floor=floor,
        path_floor=0.0,
        floors=dict.fromkeys(("kl", "chain_kl", "factorisation_kl"), rounding(problem)),
        engine="monte_carlo",
        seconds=time.perf_counter() - began,
        draws=engine_of(problem).draws,
        reasons=reasons,
        step_factorisation=tuple(each),
        step_floors=(rounding(problem),) * problem.grid.steps,
    )
