"""Wen (2026): what decoders that look at values cost, exactly."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from bounds.hypotheses import absorbing_noise, exact_score
from harness import grids
from harness.claims import Trait
from harness.foundation.registry import theorems
from harness.law.reveal_policy import TIE
from harness.noise import Absorbing
from harness.problem import Problem
from harness.quantities import Quantities
from harness.samplers import Confidence, EntropyBound
from harness.theorem import Equality, Inequality, Trust
from toy_targets import PottsRing


def _decoder(problem: Problem) -> dict[str, bool]:
    return {
        **absorbing_noise(problem),
        "all tokens masked at the start": problem.start == "mask",
        "δ = 0": problem.grid.stop == 0,
        **exact_score(problem),
        Trait.DETERMINED_CHOICE: Trait.DETERMINED_CHOICE in problem.sampler.claims.traits,
    }


@theorems.add("wen_2026")
@dataclass(frozen=True)
class Wen2026(Equality):
    """``KL(q_0‖p_out) = E_{x∼q_0} Σ_r TC(X_{S_r} | x_{C_r})``, decoders that look at values.

    ``S_r`` are the tokens that round ``r`` reveals, a function of the unmasked ones ``x_{C_r}``.

    Trust: [T], and derived here.  Rung: output.  Assumes absorbing noise, a start with all tokens
    masked, ``δ = 0`` and a step for every round, exact conditionals, and a choice that is a
    function of the unmasked tokens.  Terms: ``dependence``, the right side; ``hidden``, infinite
    where the steps are too few and a mask is left.

    Proof.  Along a given ``x`` the choices are known, so ``log p_out(x) = Σ_r Σ_{i∈S_r}
    log Pr(x_i | x_{C_r})``; by the chain rule ``log q_0(x) = Σ_r log Pr(x_{S_r} | x_{C_r})``.  The
    mean of the difference given ``x_{C_r}``, and so ``S_r``, is the total correlation.  ∎
    """

    statement: ClassVar[str] = "output KL = E Σ_r TC(X_{S_r} | x_{C_r})"
    bounds_on: ClassVar[str] = "output"
    source: ClassVar[str] = "Wen 2026, arXiv 2608.25505; proof in the docstring"
    bibtex: ClassVar[str | None] = "wen2026decoders"
    trust: ClassVar[Trust] = Trust.TEXT

    @classmethod
    def example(cls) -> Problem:
        """A problem on which the theorem is decided, for listings and tests."""
        grid = grids.even_reveal(2)
        return Problem(PottsRing(3, 3, 1.0), Absorbing(), Confidence(2), grid, start="mask")

    def assumptions(self, problem: Problem) -> Mapping[str, bool]:
        return _decoder(problem)

    def terms(self, problem: Problem, quantities: Quantities) -> Mapping[str, float]:
        return {"dependence": quantities.reveal_dependence, "hidden": quantities.hidden_cost}


@theorems.add("wen_2026_entropy_bound")
@dataclass(frozen=True)
class Wen2026EntropyBound(Inequality):
    """``KL(q_0‖p_out) <= γ E #{rounds that reveal more than one token}``, entropy bound ``γ``.

    In every round the entropies of what is revealed, given the unmasked tokens, are at most ``γ``
    beside the largest.  Rounds of one token cost nothing, and one round fewer would be too few: of
    a bit repeated twice ``γ = log 2`` shows both at once, for ``log 2``.

    Trust: [D].  Rung: output.  Assumes what ``wen_2026`` does and an entropy budget.  Terms:
    ``budget``, the right side; ``ties``, what sums that count as equal to ``γ`` may be above it;
    ``hidden``, infinite where a mask is left.

    Proof.  ``TC(X_S | x_C) = Σ_{i∈S} H(X_i | x_C) - H(X_S | x_C)``, and the joint entropy is at
    least the largest of those of its tokens.  So a round costs at most ``ΣH - max H <= γ``, and
    nothing if it reveals one token; add up by ``wen_2026``.  ∎
    """

    statement: ClassVar[str] = "output KL <= γ E #{rounds that reveal more than one token}"
    bounds_on: ClassVar[str] = "output"
    source: ClassVar[str] = "corollary of Wen 2026, arXiv 2608.25505; proof in the docstring"
    bibtex: ClassVar[str | None] = "wen2026decoders"
    trust: ClassVar[Trust] = Trust.DERIVED

    @classmethod
    def example(cls) -> Problem:
        """A problem on which the theorem is decided, for listings and tests."""
        grid = grids.even_reveal(3)
        return Problem(PottsRing(3, 3, 1.0), Absorbing(), EntropyBound(1.05), grid, start="mask")

    def assumptions(self, problem: Problem) -> Mapping[str, bool]:
        budget = problem.sampler.claims.entropy_budget
        return {**_decoder(problem), "an entropy budget": budget is not None}

    def terms(self, problem: Problem, quantities: Quantities) -> Mapping[str, float]:
        rounds = quantities.parallel_rounds
        return {
            "budget": problem.sampler.claims.entropy_budget * rounds,
            "ties": 1.5 * problem.space.length / TIE * rounds,
            "hidden": quantities.hidden_cost,
        }
