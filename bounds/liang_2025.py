"""Liang, Liang, Lai and Shroff (2025): τ-leaping, Euler and Tweedie without Girsanov."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from bounds.hypotheses import (
    any_trait,
    early_stopping,
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
from harness.samplers import Euler
from harness.theorem import Rate, Trust
from toy_targets import PottsRing


@theorems.add("liang_2025")
@dataclass(frozen=True)
class Liang2025(Rate):
    """``KL(q_δ‖p_out) ≲ ε_score + e^{-T} d log S + κ d² S (T + log 1/δ)``, up to logarithms.

    Trust: [O].  The paper's (its abstract): the three samplers, no regularity assumption on score
    or data, a bounded estimate, linear growth in ``S``, and the parts score error, start and
    discretisation.  Quoted elsewhere: ``Õ(d² S/ε)`` steps *for τ-leaping*, and so first order in
    the step, in Table 1 of arXiv 2602.15008.  Ours: the same order for Euler and Tweedie, and the
    logarithms.
    Rung: differential (the paper's technique, a differential inequality, which bounds no path).
    Assumes uniform noise, ``δ > 0``, true step lengths and a sampler that is one-jump τ-leaping,
    Euler or Tweedie with the score at grid times only.  Form: the right side; the second part is
    0 when the sampler starts at ``q_T``.  ``κ`` is ``max h/min(1, s)``.
    """

    statement: ClassVar[str] = (
        "KL ≲ ε_score + e^{-T} d log S + κ d² S (T + log 1/δ)"
        " [paper: these parts, linear in S; quoted in 2602.15008, Table 1, for τ-leaping: d² S/ε"
        " steps; reconstructed: the same for Euler and Tweedie, logs]"
    )
    bounds_on: ClassVar[str] = "differential"
    source: ClassVar[str] = (
        "Liang, Liang, Lai, Shroff: Discrete Diffusion Models: Novel Analysis and New Sampler "
        "Guarantees, NeurIPS 2025, arXiv 2509.16756"
    )
    bibtex: ClassVar[str | None] = "liang2025discrete"
    trust: ClassVar[Trust] = Trust.ORDER
    exponents: ClassVar[Mapping[str, str]] = {"step": "1", "S": "1", "d": "2"}

    @classmethod
    def example(cls) -> Problem:
        """A problem that meets the assumptions; refine its grid to decide the rate."""
        return Problem(
            PottsRing(3, 3, 1.0),
            Uniform(),
            Euler(),
            grids.geometric(2.0, 0.1, kappa=0.2),
            start="exact",
        )

    def assumptions(self, problem: Problem) -> Mapping[str, bool]:
        kinds = (Trait.ONE_JUMP, Trait.LINEAR_IN_RATES, Trait.EXACT_TOKEN_MARGINALS)
        return {
            **uniform_noise(problem),
            **early_stopping(problem),
            **true_step_lengths(problem),
            **traits(problem, Trait.SCORE_AT_GRID_TIMES),
            **any_trait(problem, *kinds),
        }

    def form(self, problem: Problem, quantities: Quantities) -> float:
        grid, (length, _) = problem.grid, quantities.log_size
        span = grid.start + math.log(1 / grid.stop)
        steps = grid.kappa * length**2 * problem.space.vocabulary * span
        return quantities.score_error + worst_start(problem, quantities) + steps
