"""Ren et al. (2025): two-stage samplers, second order in the step."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from bounds.hypotheses import early_stopping, traits, true_step_lengths, uniform_noise, worst_start
from harness import grids
from harness.claims import Trait
from harness.foundation.registry import theorems
from harness.noise import Uniform
from harness.problem import Problem
from harness.quantities import Quantities
from harness.samplers import ThetaTrapezoidal
from harness.theorem import Rate, Trust
from toy_targets import PottsRing


@theorems.add("ren_2025")
@dataclass(frozen=True)
class Ren2025(Rate):
    """``KL(q_δ‖p_out) ≲ e^{-T} d log S + (ε_I + ε_II) T + κ² T d S``.

    For θ-trapezoidal with any θ, and for θ-RK-2 with ``θ <= 1/2``.  Note that ``κ²`` is the order
    of a KL: that of an output whose TV is of order 1, as one-jump τ-leaping has it too.

    Trust: [O].  The paper's: the samplers, the three parts, ``e^{-T}``, second order in ``κ``,
    linear in ``T``; its constant depends on ``d`` and ``S``.  Reconstructed here: ``d log S`` in
    the first part and ``d S`` in the last.  Rung: output.  Assumes uniform noise, ``δ > 0``, true
    step lengths, rates seen again inside the step and no chain lost: one that leaves the alphabet
    costs an order.  Form: the right side with
    ``ε_I = ε_II = ε_score/(T - δ)``; the first part is 0 when the sampler starts at ``q_T``.
    """

    statement: ClassVar[str] = (
        "KL ≲ e^{-T} d log S + (ε_I + ε_II) T + κ² T d S [paper: e^{-T}, (ε_I + ε_II) T, κ² T; "
        "reconstructed: d and S]"
    )
    bounds_on: ClassVar[str] = "output"
    source: ClassVar[str] = (
        "Ren, Chen, Zhu, Guo, Chen, Rotskoff, Tao, Ying: Fast Solvers for Discrete Diffusion "
        "Models: Theory and Applications of High-Order Algorithms, 2025, arXiv 2502.00234"
    )
    bibtex: ClassVar[str | None] = "ren2025fast"
    trust: ClassVar[Trust] = Trust.ORDER
    exponents: ClassVar[Mapping[str, str]] = {"step": "2", "S": "1", "d": "1"}

    @classmethod
    def example(cls) -> Problem:
        """A problem that meets the assumptions; refine its grid to decide the rate."""
        grid = grids.geometric(2.0, 0.5, kappa=0.2)
        sampler = ThetaTrapezoidal(clamp=False)  # the clamp costs the order
        return Problem(PottsRing(2, 3, 1.0), Uniform(), sampler, grid, start="exact")

    def assumptions(self, problem: Problem) -> Mapping[str, bool]:
        return {
            **uniform_noise(problem),
            **early_stopping(problem),
            **true_step_lengths(problem),
            **traits(problem, Trait.RATES_SEEN_AGAIN, Trait.KEEPS_MASS),
        }

    def form(self, problem: Problem, quantities: Quantities) -> float:
        grid, (length, _) = problem.grid, quantities.log_size
        a_unit_of_time = quantities.score_error / (grid.start - grid.stop)
        steps = grid.kappa**2 * grid.start * length * problem.space.vocabulary
        return worst_start(problem, quantities) + 2 * grid.start * a_unit_of_time + steps
