"""DNDM: transition times drawn beforehand."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from bounds.hypotheses import absorbing_noise, traits, true_step_lengths
from harness import grids
from harness.claims import Trait
from harness.foundation.registry import theorems
from harness.noise import Absorbing
from harness.numerics.divergence import ENTRY_ERROR
from harness.problem import Problem
from harness.quantities import Quantities
from harness.samplers import DNDM as DNDMSampler
from harness.theorem import Rate, Trust
from toy_targets import PottsRing


@theorems.add("dndm")
@dataclass(frozen=True)
class DNDM(Rate):
    """``KL(q_δ‖p_out) ≲ KL(start) + ε_score + Δ Σ_i I(X_0^i; X_0^{-i})``, absorbing noise.

    ``Δ`` is the largest step in the probability ``e^{-t}`` that a token is revealed.

    Trust: [O].  The paper's: a token's transition time is at most ``t`` with probability
    ``1 - α_t``, and the process with times drawn beforehand has the same law of ``X_t`` given
    ``X_0``, so that a trained model can be used as it is; it states no KL.  Reconstructed here: the
    form.  Under absorbing noise the sampler is the masked plug-in, whose step from reveal
    probability ``p`` to ``r`` costs ``(r-p) f'(p) - (f(r)-f(p)) <= (r-p)(h(r)-h(p))``, with ``f``
    the mean entropy of what is revealed and ``h = Σ_i I(X^i; revealed) = Σ_i H(X^i) - f'``; the sum
    telescopes to ``Δ Σ_i I(X^i; X^{-i})``, with a constant of 1 for the exact score.
    Nothing of the kind is true under uniform noise: the sampler keeps a bias (see the sampler).

    Rung: chain.  Assumes absorbing noise, independent tokens with exact marginals, true step
    lengths, a finite ``T`` or the exact score (``ε_score`` is a sum over noise time), and
    ``Σ_i I(X^i; X^{-i}) > 0``.  Form: the right side.
    """

    statement: ClassVar[str] = (
        "KL ≲ KL(start) + ε_score + Δ Σ_i I(X^i; X^{-i}), absorbing noise [paper: the process has "
        "the law of X_t given X_0 that the model was trained on; reconstructed: the form]"
    )
    bounds_on: ClassVar[str] = "chain"
    source: ClassVar[str] = (
        "Chen, Yuan, Li, Kou, Zhang, Gu: Fast Sampling via Discrete Non-Markov Diffusion Models "
        "with Predetermined Transition Time, NeurIPS 2024, arXiv 2312.09193"
    )
    bibtex: ClassVar[str | None] = "chen2024fast"
    trust: ClassVar[Trust] = Trust.ORDER
    exponents: ClassVar[Mapping[str, str]] = {"step": "1", "S": "I", "d": "I"}

    @classmethod
    def example(cls) -> Problem:
        """A problem that meets the assumptions; refine its grid to decide the rate."""
        grid = grids.geometric(2.0, 0.1, kappa=0.2)
        return Problem(PottsRing(3, 3, 1.0), Absorbing(), DNDMSampler(), grid, start="exact")

    def assumptions(self, problem: Problem) -> Mapping[str, bool]:
        exact = problem.score_model.log_error is None
        space = problem.space
        rounding = ENTRY_ERROR * space.length**2 * math.log(space.vocabulary)
        return {
            **absorbing_noise(problem),
            **traits(problem, Trait.INDEPENDENT_TOKENS, Trait.EXACT_TOKEN_MARGINALS),
            **true_step_lengths(problem),
            "finite T or the exact score": exact or math.isfinite(problem.grid.start),
            "Σ_i I(X^i; X^{-i}) > 0": sum(problem.dependence) > rounding,
        }

    def form(self, problem: Problem, quantities: Quantities) -> float:
        step = max(math.exp(-s) - math.exp(-t) for t, s in problem.grid.intervals())
        dependence = step * quantities.neighbour_information
        return quantities.start_kl + quantities.score_error + dependence
