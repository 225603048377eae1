"""Chen, Cong and Li (2026): what random sets of tokens cost exactly, and how large to take them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from bounds.hypotheses import exact_score, random_sets
from harness import grids
from harness.foundation.registry import theorems
from harness.noise import Absorbing
from harness.numerics import reveal_sizes
from harness.numerics.divergence import ENTRY_ERROR
from harness.problem import Problem
from harness.quantities import Quantities
from harness.samplers import FixedCardinality
from harness.theorem import Equality, Inequality, Trust
from toy_targets import PottsRing

SOURCE = "Chen, Cong, Li: arXiv 2511.04647"


@theorems.add("chen_cong_li_2026")
@dataclass(frozen=True)
class ChenCongLi2026(Equality):
    """``E_sets KL = Σ_i Σ_{j=1}^{s_i} (Z_{N_{i-1}+j} - Z_{N_{i-1}+1})``, sets of ``s_i`` tokens.

    ``N_i = s_1 + .. + s_i``; ``Z_j = H_1 + H_{j-1} - H_j`` with ``H_j`` the mean entropy of ``j``
    tokens, so that ``Z`` grows and adds up to TC.

    Trust: [T], Theorem 16.  Rung: average, where it is an equality; the output KL is below it, and
    far below where different sets make different errors.  Assumes absorbing noise, a start with
    all tokens masked, ``δ = 0``, uniformly random subsets of given sizes, a step for each and the
    exact score.  Terms: ``rounds``.
    """

    statement: ClassVar[str] = (
        "E_sets KL = Σ_i Σ_{j=1}^{s_i} (Z_{N_{i-1}+j} - Z_{N_{i-1}+1}), Z_j = H_1 + H_{j-1} - H_j"
    )
    bounds_on: ClassVar[str] = "average"
    source: ClassVar[str] = f"{SOURCE}, Theorem 16"
    bibtex: ClassVar[str | None] = "chen2026optimal"
    trust: ClassVar[Trust] = Trust.TEXT

    @classmethod
    def example(cls) -> Problem:
        """A problem on which the theorem is decided, for listings and tests."""
        grid, sampler = grids.even_reveal(2), FixedCardinality((2, 1))
        return Problem(PottsRing(3, 3, 1.0), Absorbing(), sampler, grid, start="mask")

    def assumptions(self, problem: Problem) -> Mapping[str, bool]:
        return {**random_sets(problem), **exact_score(problem)}

    def terms(self, problem: Problem, quantities: Quantities) -> Mapping[str, float]:
        dependence = quantities.reveal_profile.dependence
        sizes = problem.sampler.claims.subset_sizes(problem.space.length)
        return {"rounds": reveal_sizes.cost(dependence, sizes)}


@theorems.add("chen_cong_li_2026_schedule")
@dataclass(frozen=True)
class ChenCongLi2026Schedule(Inequality):
    """``E_sets KL <= ε`` with the sizes that TC or DTC and ``ε`` give.

    With ``ζ = 1 + ⌈TC/ε⌉`` a round reveals ``⌊left/ζ⌋`` of the tokens that are left, then one at a
    time; with ``ζ = 1 + ⌈DTC/ε⌉`` these sizes in reverse order.  So ``ε = TC/(ζ - 1)``, or
    ``DTC/(ζ - 1)``, is one that gives the sizes of the sampler.

    Trust: [T], Theorem 9, which also says that there are at most ``2 + (1 + log d) ζ`` rounds.  The
    verdict is on the first half alone, the error: the second speaks of sizes, not of a law.

    Rung: average.  Assumes what ``chen_cong_li_2026`` does, and that the sizes are of one of the
    two schedules.  Terms: ``error``, the smallest of these ``ε`` for ``ζ`` up to ``d + 1`` (one
    token at a time is the schedule of every larger ``ζ`` too, and so of any ``ε``); ``rounding``.
    """

    statement: ClassVar[str] = (
        "E_sets KL <= ε in at most 2 + (1 + log d)(1 + ⌈TC/ε⌉) rounds, which reveal "
        "⌊left/(1 + ⌈TC/ε⌉)⌋ tokens, then one at a time; in reverse order with DTC for TC"
    )
    bounds_on: ClassVar[str] = "average"
    source: ClassVar[str] = f"{SOURCE}, Theorem 9"
    bibtex: ClassVar[str | None] = "chen2026optimal"
    trust: ClassVar[Trust] = Trust.TEXT

    @classmethod
    def example(cls) -> Problem:
        """A problem on which the theorem is decided, for listings and tests."""
        grid, sampler = grids.even_reveal(3), FixedCardinality((2, 1, 1))
        return Problem(PottsRing(2, 4, 1.0), Absorbing(), sampler, grid, start="mask")

    def assumptions(self, problem: Problem) -> Mapping[str, bool]:
        sizes = problem.sampler.claims.subset_sizes
        length = problem.space.length
        fits = sizes is not None and any(shares(sizes(length), length).values())
        return {
            **random_sets(problem),
            **exact_score(problem),
            "sizes of the TC or the DTC schedule": fits,
        }

    def terms(self, problem: Problem, quantities: Quantities) -> Mapping[str, float]:
        length, profile = problem.space.length, quantities.reveal_profile
        found = shares(problem.sampler.claims.subset_sizes(length), length)
        known = {
            "TC": float(profile.step_cost(0.0, 1.0)),
            "DTC": float(profile.dual_total_correlation(0.0, 1.0)),
        }
        errors = [known[name] / (share - 1) for name, share in found.items() if share]
        return {"error": min(errors), "rounding": rounding(problem)}


def shares(sizes: tuple[int, ...], length: int) -> dict[str, int]:
    """The largest ``ζ`` from 2 to ``d + 1`` with which TC, or DTC, gives ``sizes``; 0 for none."""
    found = {"TC": 0, "DTC": 0}
    for share in range(2, length + 2):
        schedule = reveal_sizes.falling(length, share)
        found["TC"] = share if sizes == schedule else found["TC"]
        found["DTC"] = share if sizes == schedule[::-1] else found["DTC"]
    return found


def rounding(problem: Problem) -> float:
    """What rounding makes of the entropies of up to ``d`` tokens."""
    length = problem.space.length
    return ENTRY_ERROR * length**2 * float(np.log(problem.space.vocabulary))
