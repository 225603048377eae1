"""Liang, Huang, Lai, Shroff and Liang (2025): τ-leaping under absorbing noise, linear in ``d``."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from bounds.hypotheses import (
    absorbing_noise,
    early_stopping,
    finite_start,
    traits,
    true_step_lengths,
    worst_start,
)
from harness import grids
from harness.claims import Trait
from harness.foundation.registry import theorems
from harness.noise import Absorbing
from harness.problem import Problem
from harness.quantities import Quantities
from harness.samplers import TauLeaping
from harness.theorem import Rate, Trust
from toy_targets import PottsRing


@theorems.add("absorb_2025")
@dataclass(frozen=True)
class Absorb2025(Rate):
    """``KL(q_δ‖p_out) ≲ d e^{-T} + ε_score + κ d``, up to logarithms of ``S``, ``T`` and ``1/δ``.

    Trust: [O].  The paper's: the conditions, the three parts, linear growth in ``d`` and first
    order in the step (``Õ(d/ε)`` steps), steps ``h <= κ min(1, s)``, the surrogate start.
    Reconstructed here: the logarithms, ``log S`` in the first and ``log S (T + log 1/δ)`` in the
    last part.  Rung: output.  Assumes absorbing noise, ``δ > 0``, ``T < inf``, true step lengths
    and one-jump τ-leaping.  Form: the right side with those logarithms; the first part is 0 when
    the sampler starts at ``q_T``.
    """

    statement: ClassVar[str] = (
        "KL ≲ d e^{-T} log S + ε_score + κ d log S (T + log 1/δ)"
        " [paper: these parts, linear in d and the step; reconstructed: logs]"
    )
    bounds_on: ClassVar[str] = "output"
    source: ClassVar[str] = (
        "Liang, Huang, Lai, Shroff, Liang: Absorb and Converge: Provable Convergence Guarantee for "
        "Absorbing Discrete Diffusion Models, arXiv 2506.02318"
    )
    bibtex: ClassVar[str | None] = "liang2025absorb"
    trust: ClassVar[Trust] = Trust.ORDER
    exponents: ClassVar[Mapping[str, str]] = {"step": "1", "S": "log", "d": "1"}

    @classmethod
    def example(cls) -> Problem:
        """A problem that meets the assumptions; refine its grid to decide the rate."""
        return Problem(
            PottsRing(3, 3, 1.0),
            Absorbing(),
            TauLeaping(),
            grids.geometric(2.0, 0.1, kappa=0.2),
            start="exact",
        )

    def assumptions(self, problem: Problem) -> Mapping[str, bool]:
        return {
            **absorbing_noise(problem),
            **early_stopping(problem),
            **finite_start(problem),
            **true_step_lengths(problem),
            **traits(problem, Trait.ONE_JUMP),
        }

    def form(self, problem: Problem, quantities: Quantities) -> float:
        grid, (length, log_tokens) = problem.grid, quantities.log_size
        span = grid.start + math.log(1 / grid.stop)
        steps = grid.kappa * length * log_tokens * span
        return quantities.score_error + worst_start(problem, quantities) + steps
