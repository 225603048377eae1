"""Dmitriev, Huang and Wei (2026): τ-leaping under uniform noise, linear in ``d``, log in ``S``."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from bounds.hypotheses import (
    traits,
    true_step_lengths,
    uniform_noise,
    worst_start,
)
from harness import grids
from harness.claims import Trait
from harness.foundation.registry import theorems
from harness.noise import Uniform
from harness.problem import Problem
from harness.quantities import Quantities
from harness.samplers import TauLeaping
from harness.theorem import Rate, Trust
from toy_targets import PottsRing


@theorems.add("dmitriev_2026a")
@dataclass(frozen=True)
class Dmitriev2026a(Rate):
    """``KL(q_δ‖p_out) ≲ ε_score + e^{-T} d log S + Δ d log(S/Δ)``, ``Δ`` the largest step.

    Trust: [T], Theorem 1.  Rung: output.  Assumes uniform noise, ``δ > 0``, true step lengths,
    one-jump τ-leaping and ``Δ <= S/e``: beyond, the last part *falls* as steps get longer.
    Form: the right side; the second part is 0 when the sampler starts at ``q_T``.
    """

    statement: ClassVar[str] = "KL ≲ ε_score + e^{-T} d log S + Δ d log(S/Δ), Δ the largest step"
    bounds_on: ClassVar[str] = "output"
    source: ClassVar[str] = (
        "Dmitriev, Huang, Wei: Efficient Sampling with Discrete Diffusion Models: Sharp and "
        "Adaptive Guarantees, COLT 2026, arXiv 2602.15008, Theorem 1"
    )
    bibtex: ClassVar[str | None] = "dmitriev2026efficient"
    trust: ClassVar[Trust] = Trust.TEXT
    exponents: ClassVar[Mapping[str, str]] = {"step": "1 (log)", "S": "log", "d": "1"}

    @classmethod
    def example(cls) -> Problem:
        """A problem that meets the assumptions; refine its grid to decide the rate."""
        grid = grids.even(2.0, 0.1, steps=12)
        return Problem(PottsRing(3, 3, 1.0), Uniform(), TauLeaping(), grid, start="exact")

    def assumptions(self, problem: Problem) -> Mapping[str, bool]:
        return {
            **uniform_noise(problem),
            **true_step_lengths(problem),
            **traits(problem, Trait.ONE_JUMP),
            "Δ <= S/e": problem.grid.max_step <= problem.space.vocabulary / math.e,
        }

    def form(self, problem: Problem, quantities: Quantities) -> float:
        step, (length, log_tokens) = problem.grid.max_step, quantities.log_size
        leaps = step * length * (log_tokens - math.log(step))
        return quantities.score_error + worst_start(problem, quantities) + leaps
