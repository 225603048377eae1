"""Dmitriev, Huang and Wei (2026): τ-leaping modulo ``S`` under uniform noise, log in ``S``."""

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

    Trust: [T], Theorem 1.  Rung: output.  Its sampler is τ-leaping with displacements added up
    modulo ``S`` (``multiple_jumps="wrap"``), on any grid, with any estimate, ``δ >= 0``; one-jump
    τ-leaping is another sampler, compared in ``dmitriev_2026a_one_jump``.  Assumes uniform noise,
    true step lengths, that sampler's law and ``Δ <= S/e``: beyond, the last part *falls* as steps
    get longer.  Form: the right side; the second part is 0 when the sampler starts at ``q_T``.
    """

    statement: ClassVar[str] = (
        "KL ≲ ε_score + e^{-T} d log S + Δ d log(S/Δ), Δ the largest step, τ-leaping modulo S"
    )
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
        return Problem(PottsRing(3, 3, 1.0), Uniform(), TauLeaping("wrap"), grid, start="exact")

    def assumptions(self, problem: Problem) -> Mapping[str, bool]:
        return {**of_noise_and_grid(problem), **traits(problem, Trait.WRAPPED_JUMPS)}

    def form(self, problem: Problem, quantities: Quantities) -> float:
        return right_side(problem, quantities)


def of_noise_and_grid(problem: Problem) -> dict[str, bool]:
    """What the right side needs, whatever the sampler."""
    return {
        **uniform_noise(problem),
        **true_step_lengths(problem),
        "Δ <= S/e": problem.grid.max_step <= problem.space.vocabulary / math.e,
    }


def right_side(problem: Problem, quantities: Quantities) -> float:
    """``ε_score + e^{-T} d log S + Δ d log(S/Δ)``."""
    step, (length, log_tokens) = problem.grid.max_step, quantities.log_size
    leaps = step * length * (log_tokens - math.log(step))
    return quantities.score_error + worst_start(problem, quantities) + leaps
