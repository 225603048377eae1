"""One-jump τ-leaping beside the right side of Dmitriev, Huang and Wei (2026): nobody's theorem."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from bounds.dmitriev_2026a import Dmitriev2026a, of_noise_and_grid, right_side
from bounds.hypotheses import traits
from harness import grids
from harness.claims import Trait
from harness.foundation.registry import theorems
from harness.noise import Uniform
from harness.problem import Problem
from harness.quantities import Quantities
from harness.samplers import TauLeaping
from harness.theorem import Rate, Trust
from toy_targets import PottsRing


@theorems.add("dmitriev_2026a_one_jump")
@dataclass(frozen=True)
class Dmitriev2026aOneJump(Rate):
    """The right side of ``dmitriev_2026a`` beside another sampler, one-jump τ-leaping.

    Trust: [N].  Not a theorem: theirs is about jumps that add up modulo ``S``, which classes of
    tokens have not, so that at ``S = 50,257`` only this comparison can be computed.  On exact
    laws the same form has bounded both samplers, which differ in tokens that jump twice in a step.
    Rung: output.  Assumes uniform noise, true step lengths, one-jump τ-leaping and ``Δ <= S/e``.
    Form: that of ``dmitriev_2026a``.
    """

    statement: ClassVar[str] = (
        "one-jump τ-leaping, which dmitriev_2026a is not about: does its KL, too, stay below "
        "ε_score + e^{-T} d log S + Δ d log(S/Δ) up to a constant?"
    )
    bounds_on: ClassVar[str] = "output"
    source: ClassVar[str] = (
        "a comparison of this project; the form is that of Dmitriev, Huang, Wei, arXiv 2602.15008, "
        "Theorem 1, for another sampler"
    )
    bibtex: ClassVar[str | None] = "dmitriev2026efficient"
    trust: ClassVar[Trust] = Trust.SEEN
    exponents: ClassVar[Mapping[str, str]] = Dmitriev2026a.exponents

    @classmethod
    def example(cls) -> Problem:
        """A problem that meets the assumptions; refine its grid to decide the rate."""
        grid = grids.even(2.0, 0.1, steps=12)
        return Problem(PottsRing(3, 3, 1.0), Uniform(), TauLeaping(), grid, start="exact")

    def assumptions(self, problem: Problem) -> Mapping[str, bool]:
        return {**of_noise_and_grid(problem), **traits(problem, Trait.ONE_JUMP)}

    def form(self, problem: Problem, quantities: Quantities) -> float:
        return right_side(problem, quantities)
