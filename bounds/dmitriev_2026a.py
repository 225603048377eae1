"""Dmitriev, Huang and Wei (2026): τ-leaping modulo ``S``, and reveals of masked tokens."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from bounds.hypotheses import (
    beyond_linear,
    finite_start,
    geometric_grid,
    plug_in,
    traits,
    true_step_lengths,
    uniform_noise,
    worst_start,
)
from harness import grids
from harness.claims import Trait
from harness.foundation.registry import theorems
from harness.measurement.reveal_profile import RevealProfile
from harness.noise import Absorbing, Uniform
from harness.numerics.divergence import kl_floor
from harness.problem import Problem
from harness.quantities import Quantities
from harness.samplers import MaskedPlugIn, TauLeaping
from harness.theorem import Inequality, Rate, Side, Trust
from toy_targets import PottsRing

SOURCE = (
    "Dmitriev, Huang, Wei: Efficient Sampling with Discrete Diffusion Models: Sharp and "
    "Adaptive Guarantees, COLT 2026, arXiv 2602.15008"
)


@theorems.add("dmitriev_2026a")
@dataclass(frozen=True)
class Dmitriev2026a(Rate):
    """``KL(q_δ‖p_out) ≲ ε_score + e^{-T} d log S + Δ d log(S/Δ)``, ``Δ`` the largest step.

    Trust: [T], Theorem 1.  Rung: output.  Its sampler is τ-leaping with displacements added up
    modulo ``S`` (``multiple_jumps="wrap"``), on any grid, with any estimate, ``δ >= 0``; one-jump
    τ-leaping is another sampler, compared in ``dmitriev_2026a_one_jump``.  Assumes uniform noise,
    true step lengths, that sampler's law and ``Δ <= S/e``: beyond, the last part *falls* as steps
    get longer.  Form: the right side; the second part is 0 when the sampler starts at ``q_T``.
    """

    statement: ClassVar[str] = (
        "KL ≲ ε_score + e^{-T} d log S + Δ d log(S/Δ), Δ the largest step, τ-leaping modulo S"
    )
    bounds_on: ClassVar[str] = "output"
    source: ClassVar[str] = f"{SOURCE}, Theorem 1"
    bibtex: ClassVar[str | None] = "dmitriev2026efficient"
    trust: ClassVar[Trust] = Trust.TEXT
    exponents: ClassVar[Mapping[str, str]] = {"step": "1 (log)", "S": "log", "d": "1"}

    @classmethod
    def example(cls) -> Problem:
        """A problem that meets the assumptions; refine its grid to decide the rate."""
        grid = grids.even(2.0, 0.1, steps=12)
        return Problem(PottsRing(3, 3, 1.0), Uniform(), TauLeaping("wrap"), grid, start="exact")

    def assumptions(self, problem: Problem) -> Mapping[str, bool]:
        return {**of_noise_and_grid(problem), **traits(problem, Trait.WRAPPED_JUMPS)}

    def form(self, problem: Problem, quantities: Quantities) -> float:
        return right_side(problem, quantities)


@theorems.add("dmitriev_2026a_lower")
@dataclass(frozen=True)
class Dmitriev2026aLower(Inequality):
    """``path KL >= KL(start) + ε_score + KL(q_1‖U) Σ_{t_k <= 1} (e^{h_k} - 1 - h_k)``.

    ``U`` is the uniform law, so that ``KL(q_1‖U) = d log S - H(q_1)``: for data with
    ``H(q_1) <= (1-γ) d log S`` no path KL of a constant is reached in fewer than a multiple of
    ``d log S`` steps, however they are chosen.

    Trust: [D].  The paper's Theorem 2 has the order; the constants are derived here.  Rung: path,
    from below.  Nothing is said of the output KL.  Assumes uniform noise, τ-leaping modulo ``S``
    and true step lengths; any data, estimate and grid.  Terms: ``start``, ``score``, ``steps``.
    Looser, where ``T >= 1``, ``δ <= 1/2`` and no step is longer than 1/2: the last is at least
    ``KL(q_1‖U) (1/2 - δ)²/(2N)``.

    Of a point mass in one step from 1 the share tends to 1 as ``S → ∞``, since then
    ``KL(q_t‖U) = e^{-t} log S`` but for a constant: no larger one would do.

    Proof.  (1) The path KL is ``KL(start) + ε_score + Σ_k D_k``, ``D_k = ∫_s^t (φ(u) - φ(t)) du``
    with ``φ = -d/dt KL(q_t‖U)`` (``harness.measurement.path_of_wrap``).
    (2) ``φ(t) = Σ_i Σ_c KL(q_t ‖ q_t with token i turned by c)/S``.  In a time ``a`` token ``i`` is
    drawn afresh, and its shift forgotten, with probability ``1 - e^{-a}``; by convexity and data
    processing ``φ(t) <= e^{-a} φ(t-a)``.  So ``D_k >= φ(t) ∫_0^h (e^a - 1) da``.
    (3) ``KL(q_{t+a}‖U) <= e^{-a} KL(q_t‖U)`` (theorem ``start_uniform``), whose derivative at
    ``a = 0`` says ``φ(t) >= KL(q_t‖U)``; and that is at least ``KL(q_1‖U)`` for ``t <= 1``.
    (4) Looser: ``e^h - 1 - h >= h²/2``; the steps that begin at or below 1 begin with one from
    above 1/2, so their lengths add up to ``1/2 - δ`` at least, and their squares to that squared
    over ``N``.  ∎
    """

    statement: ClassVar[str] = (
        "path KL >= KL(start) + ε_score + (d log S - H(q_1)) Σ_{t_k <= 1} (e^{h_k} - 1 - h_k), "
        "τ-leaping modulo S"
    )
    bounds_on: ClassVar[str] = "path"
    side: ClassVar[Side | str] = Side.LOWER
    source: ClassVar[str] = f"{SOURCE}, Theorem 2; constants and proof in the docstring"
    bibtex: ClassVar[str | None] = "dmitriev2026efficient"
    trust: ClassVar[Trust] = Trust.DERIVED

    @classmethod
    def example(cls) -> Problem:
        """A problem on which the theorem is decided, for listings and tests."""
        return Dmitriev2026a.example()

    def assumptions(self, problem: Problem) -> Mapping[str, bool]:
        return of_sampler(problem)

    def terms(self, problem: Problem, quantities: Quantities) -> Mapping[str, float]:
        excess = beyond_linear([t - s for t, s in problem.grid.intervals() if t <= 1])
        return {
            "start": quantities.start_kl,
            "score": quantities.score_error,
            "steps": quantities.uniform_kl(1.0) * math.fsum(excess),
        }

    def looser(self, problem: Problem, quantities: Quantities) -> Mapping[str, float]:
        grid, terms = problem.grid, self.terms(problem, quantities)
        if grid.start < 1 or grid.stop > 0.5 or grid.max_step > 0.5:
            return {}
        least = quantities.uniform_kl(1.0) * (0.5 - grid.stop) ** 2 / (2 * grid.steps)
        return {"KL(q_1‖U) (1/2 - δ)²/(2N)": terms["start"] + terms["score"] + least}


@theorems.add("dmitriev_2026a_masked")
@dataclass(frozen=True)
class Dmitriev2026aMasked(Inequality):
    """``KL <= KL(start) + (e^κ - 1) D(X_0) + (e^δ' - 1)(DTC(X_0) - DTC(X_δ'))``, masked plug-in.

    ``D = ∫ min(1, t) I(t) dt`` is the *effective total correlation* of the data, at most ``TC`` and
    at most ``DTC``; ``I(t) = Σ_{i≠j} I(X_t^i; X_t^j | the rest)``.  ``κ`` is the largest
    ``h/min(1, s)`` of the steps that end above 0, and the last part that of a step from ``δ'`` to
    the data, which reveals all, if there is one.

    Trust: [D].  The paper's Theorem 3 has the order; the constants are derived here.  Rung: chain,
    which is the path KL of this sampler.  Assumes absorbing noise, the exact score, true step
    lengths, a sampler of independent tokens with exact marginals (masked plug-in, Tweedie) and
    ``T < inf``; any data.  Terms: ``start``, ``steps``, ``last step``.  Looser: ``min(TC, DTC)``
    in the place of ``D``.

    Proof.  (1) With ``r = e^{-u}`` a step costs ``∫_p^q (q-r) h'(r) dr``, and ``I = r² h'`` (steps
    3 and 4 of ``explicit_dtc_masked``): that is ``∫_s^t (e^{v-s} - 1) I(v) dv = ∫_s^t ∫_u^t
    e^{v-u} I(v) dv du``.  (A token is revealed once, at a time that does not depend on what it is,
    so paths cost no more than the states at grid times.)
    (2) For ``s <= v <= t``, ``v - s <= κ min(1, s)``, and by convexity ``e^{v-s} - 1 <=
    min(1, s)(e^κ - 1) <= min(1, v)(e^κ - 1)``.  The sum is ``(e^κ - 1) D`` at most.
    (3) From ``δ'`` to 0, ``e^v - 1 <= e^δ' - 1`` and ``∫_0^δ' I = DTC(X_0) - DTC(X_δ')``.
    (4) ``min(1, t)`` is at most 1 and at most ``e^t - 1``; ``∫ I = DTC``, ``∫ (e^t - 1) I = TC``.
    ∎
    """

    statement: ClassVar[str] = (
        "KL <= KL(start) + (e^κ - 1) ∫ min(1, t) I(t) dt + (e^δ - 1)(DTC(X_0) - DTC(X_δ)), masked "
        "plug-in, the last part for a step from δ to 0"
    )
    bounds_on: ClassVar[str] = "chain"
    source: ClassVar[str] = f"{SOURCE}, Theorem 3; constants and proof in the docstring"
    bibtex: ClassVar[str | None] = "dmitriev2026efficient"
    trust: ClassVar[Trust] = Trust.DERIVED

    @classmethod
    def example(cls) -> Problem:
        """A problem on which the theorem is decided, for listings and tests."""
        grid = grids.geometric(3.0, 0.1, kappa=0.1, to_data=True)
        return Problem(PottsRing(3, 3, 1.0), Absorbing(), MaskedPlugIn(), grid)

    def assumptions(self, problem: Problem) -> Mapping[str, bool]:
        return {**plug_in(problem), **finite_start(problem)}

    def terms(self, problem: Problem, quantities: Quantities) -> Mapping[str, float]:
        steps, last = _parts(problem)
        profile = quantities.reveal_profile
        return {
            "start": quantities.start_kl,
            "steps": steps * profile.effective_total_correlation,
            "last step": math.expm1(last) * _fall_to_data(profile, last),
        }

    def looser(self, problem: Problem, quantities: Quantities) -> Mapping[str, float]:
        terms, profile = self.terms(problem, quantities), quantities.reveal_profile
        tc = float(profile.step_cost(0.0, 1.0))
        dtc = float(profile.dual_total_correlation(0.0, 1.0))
        steps = _parts(problem)[0] * min(tc, dtc)
        return {"(e^κ - 1) min(TC, DTC)": terms["start"] + steps + terms["last step"]}


def _parts(problem: Problem) -> tuple[float, float]:
    """``e^κ - 1`` of the steps that end above 0; where a step to 0 begins, or 0."""
    intervals = problem.grid.intervals()
    kappa = max(((t - s) / min(1.0, s) for t, s in intervals if s > 0), default=0.0)
    with np.errstate(over="ignore"):
        return float(np.expm1(kappa)), max((t for t, s in intervals if s == 0), default=0.0)


def _fall_to_data(profile: RevealProfile, t: float) -> float:
    """``DTC(X_0) - DTC(X_t)``."""
    return float(profile.dual_total_correlation(math.exp(-t), 1.0))


@theorems.add("dmitriev_2026a_geometric")
@dataclass(frozen=True)
class Dmitriev2026aGeometric(Rate):
    """``KL(q_δ‖p_out) ≲ ε_score + (e^{-T} + κ log(1/δ)) KL(q_0‖U)``, ``U`` the uniform law.

    Trust: [T], Theorem 4.  Rung: output.  Assumes uniform noise, τ-leaping modulo ``S``, true step
    lengths, a geometric grid with ``δ < 1`` and data that are not uniform.  Form: the right side;
    the part with ``e^{-T}`` is 0 when the sampler starts at ``q_T``.
    """

    statement: ClassVar[str] = (
        "KL ≲ ε_score + (e^{-T} + κ log(1/δ)) KL(q_0‖uniform), τ-leaping modulo S, geometric grid"
    )
    bounds_on: ClassVar[str] = "output"
    source: ClassVar[str] = f"{SOURCE}, Theorem 4"
    bibtex: ClassVar[str | None] = "dmitriev2026efficient"
    trust: ClassVar[Trust] = Trust.TEXT
    exponents: ClassVar[Mapping[str, str]] = {"step": "1", "delta": "log", "S": "log", "d": "1"}

    @classmethod
    def example(cls) -> Problem:
        """A problem that meets the assumptions; refine its grid to decide the rate."""
        grid = grids.geometric(0.7, 0.5, kappa=0.02)
        return Problem(PottsRing(3, 3, 1.0), Uniform(), TauLeaping("wrap"), grid, start="exact")

    def assumptions(self, problem: Problem) -> Mapping[str, bool]:
        sampled = of_sampler(problem)
        return {
            **sampled,
            **geometric_grid(problem),
            "δ < 1": problem.grid.stop < 1,
            "KL(q_0‖uniform) > 0": not all(sampled.values()) or _not_uniform(problem),
        }

    def form(self, problem: Problem, quantities: Quantities) -> float:
        grid = problem.grid
        start = math.exp(-grid.start) if problem.start == "noise" else 0.0
        weight = start + grid.kappa * math.log(1 / grid.stop)
        return quantities.score_error + weight * quantities.uniform_kl(0.0)


def _not_uniform(problem: Problem) -> bool:
    """Whether the data differ from uniform tokens by more than rounding."""
    off = kl_floor(0.0, problem.space.length**2)
    return problem.drawn or Quantities(problem).uniform_kl(0.0) > off


def of_sampler(problem: Problem) -> dict[str, bool]:
    """τ-leaping modulo ``S`` under uniform noise, told the truth about its steps."""
    return {
        **uniform_noise(problem),
        **true_step_lengths(problem),
        **traits(problem, Trait.WRAPPED_JUMPS),
    }


def of_noise_and_grid(problem: Problem) -> dict[str, bool]:
    """What the right side needs, whatever the sampler."""
    return {
        **uniform_noise(problem),
        **true_step_lengths(problem),
        "Δ <= S/e": problem.grid.max_step <= problem.space.vocabulary / math.e,
    }


def right_side(problem: Problem, quantities: Quantities) -> float:
    """``ε_score + e^{-T} d log S + Δ d log(S/Δ)``."""
    step, (length, log_tokens) = problem.grid.max_step, quantities.log_size
    leaps = step * length * (log_tokens - math.log(step))
    return quantities.score_error + worst_start(problem, quantities) + leaps
