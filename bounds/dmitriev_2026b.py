"""Dmitriev, Huang and Wei (2026): Tweedie τ-leaping adapts to the dependence in the data."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from bounds.hypotheses import (
    dependent_data,
    exact_score,
    geometric_grid,
    traits,
    true_step_lengths,
    uniform_noise,
)
from harness import grids
from harness.claims import Trait
from harness.foundation.registry import theorems
from harness.noise import Uniform
from harness.problem import Problem
from harness.quantities import Quantities
from harness.samplers import Tweedie
from harness.theorem import Rate, Trust
from toy_targets import PottsRing


@theorems.add("dmitriev_2026b")
@dataclass(frozen=True)
class Dmitriev2026b(Rate):
    """``KL(q_δ‖p_out) ≲ KL(start) + ε_score + κ DTC(X_0)`` for Tweedie on a geometric grid.

    The dual total correlation of the data takes the place of ``d log S``; it can be far smaller.

    Trust: [T], Theorem 1, whose sampler (each token from the posterior given the *other* tokens,
    noised) is Tweedie τ-leaping when the score is exact.  Rung: chain.  Assumes uniform noise, a
    geometric grid (so ``δ > 0``), the exact score (so ``ε_score = 0``), true step lengths,
    independent tokens with exact marginals, and ``DTC(X_0) > 0``: a law of independent tokens is
    sampled without error, and no constant is needed.  Form: ``KL(start) + κ DTC(X_0)``.
    """

    statement: ClassVar[str] = "KL ≲ KL(start) + ε_score + κ DTC(X_0), geometric grid"
    bounds_on: ClassVar[str] = "chain"
    source: ClassVar[str] = (
        "Dmitriev, Huang, Wei: Provably adaptive sampling with uniform and remasking discrete "
        "diffusion models, 2026, arXiv 2608.23554, Theorem 1"
    )
    bibtex: ClassVar[str | None] = "dmitriev2026provably"
    trust: ClassVar[Trust] = Trust.TEXT
    exponents: ClassVar[Mapping[str, str]] = {"step": "1", "S": "DTC", "d": "DTC"}

    @classmethod
    def example(cls) -> Problem:
        """A problem that meets the assumptions; refine its grid to decide the rate."""
        return Problem(
            PottsRing(3, 3, 1.0),
            Uniform(),
            Tweedie(),
            grids.geometric(2.0, 0.1, kappa=0.2),
            start="exact",
        )

    def assumptions(self, problem: Problem) -> Mapping[str, bool]:
        return {
            **uniform_noise(problem),
            **geometric_grid(problem),
            **exact_score(problem),
            **true_step_lengths(problem),
            **traits(problem, Trait.INDEPENDENT_TOKENS, Trait.EXACT_TOKEN_MARGINALS),
            **dependent_data(problem),
        }

    def form(self, problem: Problem, quantities: Quantities) -> float:
        return quantities.start_kl + problem.grid.kappa * quantities.dtc_data
