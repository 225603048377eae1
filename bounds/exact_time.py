"""A chain at the score's own rates loses the score error at every time, and nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from bounds.hypotheses import early_stopping, finite_start, traits, true_step_lengths
from harness import grids
from harness.claims import Trait
from harness.foundation.registry import theorems
from harness.noise import Uniform
from harness.problem import Problem
from harness.quantities import Quantities
from harness.samplers import Uniformization
from harness.score import Perturbed
from harness.theorem import Equality, Trust
from toy_targets import PottsRing


@theorems.add("exact_time")
@dataclass(frozen=True)
class ExactTime(Equality):
    """``KL(q_δ‖p_out) <= path KL = KL(q_T‖p_0) + ∫_δ^T L_SE(u) du``, rates at every time.

    ``L_SE(u)`` is the score error at ``u``: at every time, not only at those of a grid, which do
    not matter here.

    Trust: [D].  Rung: path, as an equality; output and chain KL are below it.  Assumes the rates
    of the score at every time of the step (uniformization), true step lengths, ``T < inf`` and
    ``δ > 0``; any noise, data, start and estimate.  Terms: ``start``, ``score``.

    Proof.  Girsanov: of two chains that start from ``q_T`` and ``p_0`` and jump from ``y`` at the
    rates ``r_u(y)`` and ``r̂_u(y)`` the KL of paths is ``KL(q_T‖p_0) + ∫ E_{q_u} Σ D(r_u, r̂_u) du``,
    and with ``r = R(b, y_i) s`` and ``r̂ = R(b, y_i) ŝ`` the integrand is ``L_SE(u)``.  The output
    is a function of the path.  ∎
    """

    statement: ClassVar[str] = "KL <= path KL = KL(start) + ∫_δ^T L_SE(u) du"
    bounds_on: ClassVar[str] = "path"
    source: ClassVar[str] = "Girsanov's theorem; proof in the docstring"
    trust: ClassVar[Trust] = Trust.DERIVED

    @classmethod
    def example(cls) -> Problem:
        """A problem on which the theorem is decided, for listings and tests."""
        grid = grids.geometric(2.0, 0.1, kappa=0.2)
        return Problem(PottsRing(3, 2, 1.0), Uniform(), Uniformization(), grid, Perturbed(0.3))

    def assumptions(self, problem: Problem) -> Mapping[str, bool]:
        return {**at_every_time(problem), **traits(problem, Trait.EXACT_TIME)}

    def terms(self, problem: Problem, quantities: Quantities) -> Mapping[str, float]:
        return {"start": quantities.start_kl, "score": quantities.score_error_in_time}


def at_every_time(problem: Problem) -> dict[str, bool]:
    """What an integral over all times needs of the grid."""
    return {
        **finite_start(problem),
        **early_stopping(problem),
        **true_step_lengths(problem),
    }
