"""Chen and Ying (2024): uniformization has no discretisation error."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from bounds.hypotheses import early_stopping, traits, true_step_lengths, uniform_noise, worst_start
from harness import grids
from harness.claims import Trait
from harness.foundation.registry import theorems
from harness.noise import Uniform
from harness.problem import Problem
from harness.quantities import Quantities
from harness.samplers import Uniformization
from harness.theorem import Rate, Trust
from toy_targets import PottsRing


@theorems.add("chen_ying_2024")
@dataclass(frozen=True)
class ChenYing2024(Rate):
    """``KL(q_δ‖p_out) ≲ e^{-T} d log S + T ε``: no part that depends on the steps.

    Trust: [O].  The paper's: the sampler, the two parts, ``ε`` the score error a unit of time.
    Reconstructed here: ``log S`` in the first part, since the paper has bits.  Rung: path (a
    Girsanov argument).  Assumes uniform noise, ``δ > 0``, true step lengths, the rates of the score
    at every time, and an error to bound: with the exact start and score there is none.  Form: the
    right side with ``ε = ε_score/(T - δ)``; the first part is 0 when the sampler starts at ``q_T``.
    """

    statement: ClassVar[str] = (
        "KL ≲ e^{-T} d log S + T ε, no discretisation part [paper: these parts, on bits; "
        "reconstructed: log S]"
    )
    bounds_on: ClassVar[str] = "path"
    source: ClassVar[str] = (
        "Chen, Ying: Convergence Analysis of Discrete Diffusion Model: Exact Implementation "
        "through Uniformization, 2024, arXiv 2402.08095"
    )
    bibtex: ClassVar[str | None] = "chen2024convergence"
    trust: ClassVar[Trust] = Trust.ORDER
    exponents: ClassVar[Mapping[str, str]] = {"step": "0", "S": "log", "d": "1"}

    @classmethod
    def example(cls) -> Problem:
        """A problem that meets the assumptions; refine its grid to decide the rate."""
        grid = grids.geometric(2.0, 0.1, kappa=0.2)
        return Problem(PottsRing(3, 3, 1.0), Uniform(), Uniformization(), grid)

    def assumptions(self, problem: Problem) -> Mapping[str, bool]:
        starts_wrong = problem.start != "exact" and math.exp(-problem.grid.start) > 0
        return {
            **uniform_noise(problem),
            **early_stopping(problem),
            **true_step_lengths(problem),
            **traits(problem, Trait.EXACT_TIME),
            "an error of start or score": starts_wrong or problem.score_model.log_error is not None,
        }

    def form(self, problem: Problem, quantities: Quantities) -> float:
        grid = problem.grid
        a_unit_of_time = quantities.score_error / (grid.start - grid.stop)
        return worst_start(problem, quantities) + grid.start * a_unit_of_time
