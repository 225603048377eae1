"""First hitting: one token at a time, and nothing is lost but what the score gets wrong."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from bounds.hypotheses import timeless_score, traits, true_step_lengths
from harness import grids
from harness.claims import Trait
from harness.foundation.registry import theorems
from harness.measurement import reveal_chain
from harness.noise import Absorbing
from harness.numerics.divergence import kl_floor
from harness.problem import Problem
from harness.quantities import Quantities
from harness.samplers import FirstHitting as FirstHittingSampler
from harness.score import Perturbed
from harness.theorem import Inequality, Trust
from toy_targets import PottsRing


@theorems.add("first_hitting")
@dataclass(frozen=True)
class FirstHitting(Inequality):
    """``KL(q_δ‖p_out) <= KL(start) + ε_clean``: first hitting has no error but that of the score.

    ``ε_clean = ∫ E Σ_{i masked} KL(Pr(X_0^i|X_u) ‖ its estimate) du/(e^u - 1)`` is the score error
    in the form that masked models are trained in.  With the exact score it is 0, and the output is
    ``q_δ`` whatever the grid: one score call a token, no discretisation.

    Trust: [T] that the law is exact; the integral is Girsanov's.  Rung: path, where it is an
    equality.  Assumes tokens revealed one at a time (which needs absorbing noise) and true step
    lengths; any start, any ``δ >= 0``, ``T = inf`` included.  Terms: ``start``, ``score`` and
    ``rounding``, since the output KL of an exact sampler is rounding and nothing else.
    """

    statement: ClassVar[str] = (
        "KL <= KL(start) + ∫ E Σ_{i masked} KL(clean ‖ estimate) du/(e^u - 1)"
    )
    bounds_on: ClassVar[str] = "path"
    source: ClassVar[str] = (
        "Zheng, Chen, Mao, Liu, Zhu, Zhang: Masked Diffusion Models are Secretly Time-Agnostic "
        "Masked Models and Exploit Inaccurate Categorical Sampling, ICLR 2025, arXiv 2409.02908"
    )
    bibtex: ClassVar[str | None] = "zheng2025masked"
    trust: ClassVar[Trust] = Trust.TEXT

    @classmethod
    def example(cls) -> Problem:
        """A problem on which the theorem is decided, for listings and tests."""
        grid = grids.even_reveal(2)
        sampler, score = FirstHittingSampler(), Perturbed(0.3)
        return Problem(PottsRing(3, 3, 1.0), Absorbing(), sampler, grid, score, "mask")

    def assumptions(self, problem: Problem) -> Mapping[str, bool]:
        return {
            **traits(problem, Trait.ONE_AT_A_TIME),
            **true_step_lengths(problem),
            **timeless_score(problem),
        }

    def terms(self, problem: Problem, quantities: Quantities) -> Mapping[str, float]:
        grid = problem.grid
        weights = reveal_chain.mask_weights(problem, grid.start, grid.stop)
        estimate = reveal_chain.estimated_clean_laws(problem)
        error = float((weights * reveal_chain.token_kl(problem, estimate)).sum())
        # Each step of an exact sampler rounds every probability once.
        rounding = grid.steps * problem.space.length * kl_floor(0.0)
        return {"start": quantities.start_kl, "score": error, "rounding": rounding}
