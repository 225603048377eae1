"""Zhang, Chen and Gu (2024): the frozen-score sampler, with and without early stopping."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from bounds.hypotheses import (
    early_stopping,
    traits,
    true_step_lengths,
    uniform_noise,
    worst_start,
)
from harness import grids
from harness.claims import Trait
from harness.foundation.registry import theorems
from harness.noise import Uniform
from harness.numerics.divergence import CARRIED
from harness.problem import Problem
from harness.quantities import Quantities
from harness.samplers import FrozenScore
from harness.theorem import Rate, Trust
from toy_targets import PottsRing

SOURCE = (
    "Zhang, Chen, Gu: Convergence of Score-Based Discrete Diffusion Models: A Discrete-Time "
    "Analysis, ICLR 2025, arXiv 2410.02321"
)


@theorems.add("zhang_2024_early_stopping")
@dataclass(frozen=True)
class Zhang2024EarlyStopping(Rate):
    """``KL(q_δ‖p_out) ≲ e^{-T} d log S + T ε + d Σ_k h_k² ∫_s^t B²``, ``B(t) = 1 + S/(e^t - 1)``.

    Trust: [O].  The paper's: the algorithm, the three parts (start, ``T`` times the score error a
    unit of time ``ε``, discretisation), no assumption on the data, and growth nearly linear in
    ``d``.  Second-hand: second order in the step, which exact laws have too [N].  It is quoted
    differently by others: Table 1 of arXiv 2505.21892 has ``d^{4/3} ε^{-4/3}`` steps for a TV of
    ``ε``, where ``d h²`` needs ``d^{1/2} ε^{-1}``; the two do not fit.  Ours: the constant; ``B``
    is the bound on the score at ``t``, so that at a given ``δ`` the growth is quadratic in ``S``.
    Rung: path (a Girsanov argument).  Assumes uniform noise, ``δ > 0``, true step lengths and
    rates frozen at the start of a step.  Form: the right side with ``ε = ε_score/(T - δ)``; the
    first part is 0 when the sampler starts at ``q_T``.
    """

    statement: ClassVar[str] = (
        "KL ≲ e^{-T} d log S + T ε + C h², C h² = d Σ_k h_k² ∫_s^t B², B(t) = 1 + S/(e^t-1)"
        " [paper: the three parts, near-linear in d; second-hand: h²; quoted differently in"
        " 2505.21892, Table 1: d^{4/3} ε^{-4/3} steps for TV <= ε, which does not fit h²;"
        " reconstructed: C]"
    )
    bounds_on: ClassVar[str] = "path"
    source: ClassVar[str] = SOURCE
    bibtex: ClassVar[str | None] = "zhang2025convergence"
    trust: ClassVar[Trust] = Trust.ORDER
    exponents: ClassVar[Mapping[str, str]] = {"step": "2", "S": "2", "d": "1"}

    @classmethod
    def example(cls) -> Problem:
        """A problem that meets the assumptions; refine its grid to decide the rate."""
        grid = grids.geometric(2.0, 0.1, kappa=0.2)
        return Problem(PottsRing(3, 3, 1.0), Uniform(), FrozenScore(), grid, start="exact")

    def assumptions(self, problem: Problem) -> Mapping[str, bool]:
        return {**_common(problem), **early_stopping(problem)}

    def form(self, problem: Problem, quantities: Quantities) -> float:
        tokens = problem.space.vocabulary
        squares = [_score_bound_squared(t, s, tokens) for t, s in problem.grid.intervals()]
        return _form(problem, quantities, squares)


@theorems.add("zhang_2024_full_support")
@dataclass(frozen=True)
class Zhang2024FullSupport(Rate):
    """``KL(q_δ‖p_out) ≲ e^{-T} d log S + T ε + d L² Σ_k h_k³``, ``δ = 0`` allowed.

    ``L`` is the largest ratio ``q_0(y)/q_0(x)`` of sequences that differ in one token.  It bounds
    the score at all times: exchanging two values of one token commutes with uniform noise, so
    ``q_t`` of the exchanged sequence averages terms at most ``L`` times those of ``q_t``.

    Trust: [O].  The paper's: the algorithm, the three parts, full support with bounded ratios, and
    growth nearly linear in ``d``.  Second-hand: second order in the step; others quote
    another order, as ``zhang_2024_early_stopping`` says.  Ours: the constant ``d L²``.  Rung: path
    (a Girsanov argument).  Assumes uniform noise, full support, true step lengths and rates frozen
    at the start of a step.  Form: the right side with ``ε = ε_score/(T - δ)``; the first part is 0
    when the sampler starts at ``q_T``.
    """

    statement: ClassVar[str] = (
        "KL ≲ e^{-T} d log S + T ε + C h², C h² = d L² Σ_k h_k³, L the largest one-token ratio"
        " [paper: the three parts, near-linear in d; second-hand: h²; quoted differently in"
        " 2505.21892, Table 1: d^{4/3} ε^{-4/3} steps for TV <= ε, which does not fit h²;"
        " reconstructed: C]"
    )
    bounds_on: ClassVar[str] = "path"
    source: ClassVar[str] = SOURCE
    bibtex: ClassVar[str | None] = "zhang2025convergence"
    trust: ClassVar[Trust] = Trust.ORDER
    exponents: ClassVar[Mapping[str, str]] = {"step": "2", "S": "0", "d": "1"}

    @classmethod
    def example(cls) -> Problem:
        """A problem that meets the assumptions; refine its grid to decide the rate."""
        grid = grids.even(2.0, 0.0, steps=12)
        return Problem(PottsRing(3, 3, 1.0), Uniform(), FrozenScore(), grid, start="exact")

    def assumptions(self, problem: Problem) -> Mapping[str, bool]:
        if problem.drawn:
            return {**_common(problem), "full support, seen on all states": False}
        # Ratios of probabilities that float64 does not carry would be wrong.
        carried = not problem.full_support or problem.data_law.min() >= CARRIED
        return {
            **_common(problem),
            "full support": problem.full_support,
            f"no probability below {CARRIED:g}": bool(carried),
        }

    def form(self, problem: Problem, quantities: Quantities) -> float:
        ratio = _largest_ratio(problem)
        squares = [(t - s) * ratio**2 for t, s in problem.grid.intervals()]
        return _form(problem, quantities, squares)


def _largest_ratio(problem: Problem) -> float:
    """``L``, from the reverse rates ``s/S`` of the data law under uniform noise."""
    space, law = problem.space, problem.data_law
    tokens = space.weights / space.vocabulary  # a symbol may stand for several tokens
    largest = 0.0
    for rows, flow in problem.reverse_flow(law):
        held = (law[rows, None] * space.holders(rows))[..., None]
        # No flow leaves a slot that no token holds.
        each = np.divide(flow, held, out=np.zeros(np.shape(flow)), where=held > 0)
        largest = max(largest, float((each / tokens).max()))
    return largest


def _common(problem: Problem) -> dict[str, bool]:
    frozen = traits(problem, Trait.FROZEN_RATES)
    return {**uniform_noise(problem), **frozen, **true_step_lengths(problem)}


def _score_bound_squared(t: float, s: float, tokens: int) -> float:
    """``∫_s^t (1 + S/(e^u - 1))² du``."""
    # 1/(e^u - 1) has the antiderivative log(1 - e^{-u}), its square -1/(e^u - 1) - log(1 - e^{-u}).
    first = math.log(math.expm1(-t) / math.expm1(-s))
    second = math.exp(-s) / -math.expm1(-s) - math.exp(-t) / -math.expm1(-t) - first
    return t - s + 2 * tokens * first + tokens**2 * second


def _form(problem: Problem, quantities: Quantities, squares: list[float]) -> float:
    """``squares``: the integral of the squared score bound over each step."""
    grid = problem.grid
    a_unit_of_time = quantities.score_error / (grid.start - grid.stop)
    steps = math.fsum(
        (t - s) ** 2 * square for (t, s), square in zip(grid.intervals(), squares, strict=True)
    )
    start = worst_start(problem, quantities)
    return start + grid.start * a_unit_of_time + problem.space.length * steps
