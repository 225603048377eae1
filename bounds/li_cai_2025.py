"""Li and Cai (2025): random subsets of fixed size, revealed in parallel."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from bounds.hypotheses import exact_score, random_sets, timeless_score
from harness import grids
from harness.foundation.registry import theorems
from harness.measurement import reveal_chain
from harness.noise import Absorbing
from harness.numerics.divergence import ENTRY_ERROR
from harness.problem import Problem
from harness.quantities import Quantities
from harness.samplers import FixedCardinality
from harness.theorem import Inequality, Trust
from toy_targets import PottsRing


@theorems.add("li_cai_2025")
@dataclass(frozen=True)
class LiCai2025(Inequality):
    """``E_masks KL <= ((2^⌈log₂ s_max⌉ - 1)/d) Σ_i I(X^i; X^{-i}) + ε_train``, fixed cardinality.

    ``s_max`` is the largest subset revealed in a step.  ``E_masks KL`` is the mean, over the random
    subsets, of the KL from the data to the output given the subsets.  By convexity the output KL is
    below it.  With subsets of one token the bound is ``ε_train`` alone.

    Trust: [T].  Rung: average.  Assumes absorbing noise, a start with all tokens masked, ``δ = 0``,
    uniformly random subsets of given sizes and a step for each.  Terms: ``dependence``;
    ``training``, ``ε_train = Σ_k s_k E KL(Pr(X^i|X_revealed) ‖ its estimate)`` for a random masked
    token ``i`` of step ``k``, which is 0 for the exact score; ``rounding`` of the informations.
    """

    statement: ClassVar[str] = "E_masks KL <= ((2^⌈log₂ s_max⌉ - 1)/d) Σ_i I(X^i; X^{-i}) + ε_train"
    bounds_on: ClassVar[str] = "average"
    source: ClassVar[str] = (
        "Li, Cai: Breaking AR's Sampling Bottleneck: Provable Acceleration via Diffusion Language "
        "Models, NeurIPS 2025, arXiv 2505.21400"
    )
    bibtex: ClassVar[str | None] = "li2025breaking"
    trust: ClassVar[Trust] = Trust.TEXT

    @classmethod
    def example(cls) -> Problem:
        """A problem on which the theorem is decided, for listings and tests."""
        return Problem(
            PottsRing(3, 3, 1.0),
            Absorbing(),
            FixedCardinality((2,)),
            grids.even_reveal(2),
            start="mask",
        )

    def assumptions(self, problem: Problem) -> Mapping[str, bool]:
        return {**random_sets(problem), **timeless_score(problem)}

    def terms(self, problem: Problem, quantities: Quantities) -> Mapping[str, float]:
        length = problem.space.length
        sizes = problem.sampler.claims.subset_sizes(length)
        doubled = 2 ** math.ceil(math.log2(max(sizes)))
        information = quantities.neighbour_information
        rounding = ENTRY_ERROR * length * math.log(problem.space.vocabulary) * length
        return {
            "dependence": (doubled - 1) / length * information,
            "training": _training(problem, sizes),
            "rounding": doubled * rounding,
        }


def _training(problem: Problem, sizes: tuple[int, ...]) -> float:
    """``Σ_k (s_k / m_k) Σ_{i masked} E KL``, over uniformly random sets of ``m_k`` masks."""
    if all(exact_score(problem).values()):
        return 0.0
    length = problem.space.length
    estimate = reveal_chain.estimated_clean_laws(problem)
    weights = reveal_chain.known(problem) * reveal_chain.token_kl(problem, estimate)
    count = reveal_chain.masks(problem.sequences).sum(1)
    by_level = np.bincount(count, weights, length + 1)
    masks = length - np.cumsum((0, *sizes[:-1]))
    return math.fsum(
        size / m * by_level[m] / math.comb(length, m)
        for size, m in zip(sizes, masks.tolist(), strict=True)
    )
