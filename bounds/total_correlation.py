"""A sampler whose tokens are each right loses only what binds them together."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from bounds.hypotheses import exact_score, traits, true_step_lengths
from harness import grids
from harness.claims import Trait
from harness.foundation.registry import theorems
from harness.noise import Uniform
from harness.problem import Problem
from harness.quantities import Quantities
from harness.samplers import Tweedie
from harness.theorem import Inequality, Trust
from toy_targets import PottsRing


@theorems.add("total_correlation")
@dataclass(frozen=True)
class TotalCorrelation(Inequality):
    """``KL(q_δ‖p_out) <= KL(start) + Σ_k E TC(X_s | X_t)`` for exact token marginals.

    Trust: [D].  Rung: chain, where it is an equality: any other term that is measured there is an
    error of the sampler.  Assumes independent tokens with exact marginals, the exact score and
    true step lengths; any noise.  Terms: ``start`` and ``factorisation``.

    Proof.  By the chain rule the chain KL is ``KL(start)`` plus, a step,
    ``E KL(q_{s|t}(·|X_t) ‖ Π_i k_i(·|X_t))``.  When ``k_i`` is the law of ``X_s^i`` given ``X_t``,
    the second law is the product of the marginals of the first, and the KL from a law to the
    product of its marginals is its total correlation.  ∎
    """

    statement: ClassVar[str] = "KL <= KL(start) + Σ_k E TC(X_s | X_t)"
    bounds_on: ClassVar[str] = "chain"
    source: ClassVar[str] = "chain rule; proof in the docstring"
    trust: ClassVar[Trust] = Trust.DERIVED

    @classmethod
    def example(cls) -> Problem:
        """A problem on which the theorem is decided, for listings and tests."""
        return Problem(
            PottsRing(3, 3, 1.0),
            Uniform(),
            Tweedie(),
            grids.geometric(2.0, 0.1, kappa=0.2),
            start="exact",
        )

    def assumptions(self, problem: Problem) -> Mapping[str, bool]:
        return {
            **traits(problem, Trait.INDEPENDENT_TOKENS, Trait.EXACT_TOKEN_MARGINALS),
            **exact_score(problem),
            **true_step_lengths(problem),
        }

    def terms(self, problem: Problem, quantities: Quantities) -> Mapping[str, float]:
        return {
            "start": quantities.start_kl,
            "factorisation": math.fsum(quantities.step_factorisation),
        }
