"""Ren, Chen, Rotskoff and Ying (2024): τ-leaping under symmetric noise."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from bounds.hypotheses import early_stopping, traits, true_step_lengths
from harness import grids
from harness.claims import Trait
from harness.foundation.precision import float64
from harness.foundation.registry import theorems
from harness.noise import Uniform
from harness.problem import Problem
from harness.quantities import Quantities
from harness.samplers import TauLeaping
from harness.theorem import Rate, Trust
from toy_targets import PottsRing


def _rates(problem: Problem) -> np.ndarray:
    with float64():
        return np.asarray(problem.symbol_noise.rate_matrix(problem.space.tokens))


@theorems.add("ren_2024")
@dataclass(frozen=True)
class Ren2024(Rate):
    """``KL(q_δ‖p_out) ≲ e^{-ρT} d log S + ε_score + D̄² κ (T + log 1/δ)``.

    ``ρ`` is how fast the noise forgets, ``D̄`` the largest rate out of a sequence.

    Trust: [O].  The paper's: the three parts, first order in ``κ``, quadratic in ``D̄``.
    Ours: ``ρ`` as the spectral gap of a token's generator, the logarithm, and one-jump as the
    reading of its τ-leaping.  Rung: output.  Assumes symmetric noise, ``δ > 0``, true step lengths
    and one-jump τ-leaping.  Form: the right side, ``D̄ = d max_a |R(a, a)|``; the first part is 0
    when the sampler starts at ``q_T``.
    """

    statement: ClassVar[str] = (
        "KL ≲ e^{-ρT} d log S + ε_score + D̄² κ (T + log 1/δ) [paper: these parts, κ and D̄²; "
        "reconstructed: ρ as the spectral gap, the logarithm, one-jump]"
    )
    bounds_on: ClassVar[str] = "output"
    source: ClassVar[str] = (
        "Ren, Chen, Rotskoff, Ying: How Discrete and Continuous Diffusion Meet: Comprehensive "
        "Analysis of Discrete Diffusion Models via a Stochastic Integral Framework, ICLR 2025, "
        "arXiv 2410.03601"
    )
    bibtex: ClassVar[str | None] = "ren2025how"
    trust: ClassVar[Trust] = Trust.ORDER
    exponents: ClassVar[Mapping[str, str]] = {"step": "1", "S": "0", "d": "2"}

    @classmethod
    def example(cls) -> Problem:
        """A problem that meets the assumptions; refine its grid to decide the rate."""
        grid = grids.geometric(2.0, 0.1, kappa=0.2)
        return Problem(PottsRing(3, 3, 1.0), Uniform(), TauLeaping(), grid, start="exact")

    def assumptions(self, problem: Problem) -> Mapping[str, bool]:
        rates = _rates(problem) / problem.space.weights  # from token to token
        return {
            "symmetric noise": bool(np.allclose(rates, rates.T, rtol=1e-9, atol=1e-12)),
            **early_stopping(problem),
            **true_step_lengths(problem),
            **traits(problem, Trait.ONE_JUMP),
        }

    def form(self, problem: Problem, quantities: Quantities) -> float:
        grid, (length, log_tokens), rates = problem.grid, quantities.log_size, _rates(problem)
        start = 0.0
        if problem.start != "exact":
            gap = -np.sort(np.linalg.eigvals(rates).real)[-2]
            start = math.exp(-gap * grid.start) * length * log_tokens
        largest = length * float(np.abs(np.diag(rates)).max())
        leaps = largest**2 * grid.kappa * (grid.start + math.log(1 / grid.stop))
        return start + quantities.score_error + leaps
