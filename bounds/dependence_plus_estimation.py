"""In a fixed order what is lost is exactly dependence and estimation, and they add up."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from bounds.hypotheses import timeless_score, traits
from harness import grids
from harness.claims import Trait
from harness.foundation.registry import theorems
from harness.measurement import reveals_in_order
from harness.noise import Absorbing
from harness.problem import Problem
from harness.quantities import Quantities
from harness.samplers import FixedOrder
from harness.score import Perturbed
from harness.theorem import Equality, Trust
from toy_targets import PottsRing


@theorems.add("dependence_plus_estimation")
@dataclass(frozen=True)
class DependencePlusEstimation(Equality):
    """``KL = Σ_r TC(X_{S_r}|X_{C_r}) + Σ_r Σ_{i∈S_r} E KL(Pr(X^i|X_{C_r}) ‖ its estimate)``.

    ``S_r`` are the tokens that round ``r`` reveals, ``C_r`` those before: the same in every run.

    Trust: [D].  Rung: output, where it is an equality.  Of a random order it is true on the rung
    ``average`` only.  Assumes absorbing noise, a start with all tokens masked, ``δ = 0``, a choice
    that depends on which tokens are masked only, independent tokens, a score that says the same at
    all times, and that all tokens are revealed.  Terms: ``dependence``, ``estimation``.

    Proof.  The output is ``p(x) = Π_r Π_{i∈S_r} p̂(x_i|x_{C_r})``, since the sets are known
    beforehand; and ``q_0(x) = Π_r Pr(x_{S_r}|x_{C_r})``.  So the KL is the sum over rounds of
    ``E KL(Pr(X_{S_r} = ·|X_{C_r}) ‖ Π_i p̂_i)``, and the KL from a law to a product is its total
    correlation and the KLs of its marginals to the factors.  ∎
    """

    statement: ClassVar[str] = (
        "KL = Σ_r TC(X_{S_r}|X_{C_r}) + Σ_r Σ_{i∈S_r} E KL(Pr(X^i|X_{C_r}) ‖ estimate), the sets "
        "S_r fixed"
    )
    bounds_on: ClassVar[str] = "output"
    source: ClassVar[str] = "chain rule; proof in the docstring"
    trust: ClassVar[Trust] = Trust.DERIVED

    @classmethod
    def example(cls) -> Problem:
        """A problem on which the theorem is decided, for listings and tests."""
        grid, sampler, score = grids.even_reveal(2), FixedOrder((2,)), Perturbed(0.2)
        return Problem(PottsRing(3, 3, 1.0), Absorbing(), sampler, grid, score, "mask")

    def assumptions(self, problem: Problem) -> Mapping[str, bool]:
        ordered = traits(problem, Trait.FIXED_ORDER, Trait.INDEPENDENT_TOKENS)
        from_mask = problem.start == "mask"
        return {
            **ordered,
            **timeless_score(problem),
            "all tokens masked at the start": from_mask,
            "δ = 0": problem.grid.stop == 0,
            "all tokens revealed": not all((*ordered.values(), from_mask)) or _whole(problem),
        }

    def terms(self, problem: Problem, quantities: Quantities) -> Mapping[str, float]:
        blocks = reveals_in_order.blocks_of(problem)
        return {
            "dependence": reveals_in_order.dependence(problem, blocks),
            "estimation": reveals_in_order.estimation(problem, blocks),
        }


def _whole(problem: Problem) -> bool:
    blocks = reveals_in_order.blocks_of(problem)
    return sum(map(len, blocks)) == problem.space.length
