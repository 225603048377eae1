"""Hayakawa et al. (2025): a product of exact conditionals is off by the inverse of the steps."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from bounds.hypotheses import dependent_data, exact_score, traits, true_step_lengths
from harness import grids
from harness.claims import Trait
from harness.foundation.registry import theorems
from harness.noise import Absorbing
from harness.problem import Problem
from harness.quantities import Quantities
from harness.samplers import MaskedPlugIn
from harness.theorem import Rate, Side, Trust
from toy_targets import PottsRing


@theorems.add("di4c_2025")
@dataclass(frozen=True)
class Di4C2025(Rate):
    """``TV(q_δ, p_out) ≍ 1/N`` in ``N`` steps, tokens drawn by themselves, each from its exact law.

    Two-sided: the constant neither grows nor falls as steps are refined.  That both sides hold for
    the same data is our reconstruction, not a statement of the paper.

    Trust: [O].  The paper's: ``O(1/N)`` for any data, and ``Ω(1/N)`` for some, with two tokens of
    two values already.  Reconstructed here: which steps (equal ones, in time or in the probability
    ``e^{-t}`` of a reveal) and that the lower bound is asked of all data whose tokens depend on
    each other; it could fail where errors of first order happen to cancel.  Rung: tv.  Assumes
    independent tokens with exact marginals, the exact score, true step lengths, equal steps, a
    start at ``q_T`` or from all masked (what noise costs does not fall), ``δ > 0`` unless tokens
    are revealed (where rates have no bound it is ``log(N)/N`` on forbidden sequences), and
    ``DTC(X_0) > 0``.  Form: ``1/N``.  Decided along the step: of ``d``, ``S``, ``T`` and ``δ``
    nothing is said.

    One bit repeated, revealed in even steps from all masked: ``N TV = 1/2`` at every ``N``, since
    a step in which both are revealed, of probability ``1/N²``, is wrong half of the time.
    """

    statement: ClassVar[str] = (
        "TV(q_δ, p_out) ≍ 1/N in N equal steps [paper: O(1/N), and Ω(1/N) for some data; "
        "reconstructed: which steps and which data]"
    )
    bounds_on: ClassVar[str] = "tv"
    side: ClassVar[Side | str] = Side.TWO_SIDED
    source: ClassVar[str] = (
        "Hayakawa, Takida, Imaizumi, Wakaki, Mitsufuji: Distillation of Discrete Diffusion through "
        "Dimensional Correlations, ICML 2025, arXiv 2410.08709, Theorem 1"
    )
    bibtex: ClassVar[str | None] = "hayakawa2025distillation"
    trust: ClassVar[Trust] = Trust.ORDER
    exponents: ClassVar[Mapping[str, str]] = {"step": "1"}
    only_along: ClassVar[tuple[str, ...]] = ("step",)

    @classmethod
    def example(cls) -> Problem:
        """A problem that meets the assumptions; refine its grid to decide the rate."""
        grid = grids.even_reveal(12, start=0.05, stop=0.95)
        return Problem(PottsRing(3, 3, 1.0), Absorbing(), MaskedPlugIn(), grid, start="exact")

    def assumptions(self, problem: Problem) -> Mapping[str, bool]:
        masked = isinstance(problem.noise, Absorbing)
        return {
            **traits(problem, Trait.INDEPENDENT_TOKENS, Trait.EXACT_TOKEN_MARGINALS),
            **exact_score(problem),
            **true_step_lengths(problem),
            **dependent_data(problem),
            "equal steps": _equal_steps(problem),
            "a start at q_T or from all masked": problem.start != "noise",
            "δ > 0 or absorbing noise": problem.grid.stop > 0 or masked,
        }

    def form(self, problem: Problem, quantities: Quantities) -> float:
        return 1 / problem.grid.steps


def _equal_steps(problem: Problem) -> bool:
    """Whether steps are equal in time or, from a mask, in what is revealed."""
    grid = problem.grid
    scales = [grid.times] if np.isfinite(grid.start) else []
    scales += [grid.revealed] if problem.space.masked else []
    lengths = [np.abs(np.diff(scale)) for scale in scales]
    return any(np.allclose(each, each.mean(), rtol=1e-6, atol=0) for each in lengths)
