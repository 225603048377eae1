"""Wainwright (2026): what parallel reveals of masked tokens cost, and the best schedule."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from bounds.hypotheses import plug_in
from harness import grids
from harness.foundation.registry import theorems
from harness.measurement.reveal_profile import RevealProfile
from harness.noise import Absorbing
from harness.numerics import bernstein
from harness.problem import Problem
from harness.quantities import Quantities
from harness.samplers import MaskedPlugIn
from harness.theorem import Inequality, Rate, Trust
from toy_targets import PottsRing

SOURCE = "Wainwright, arXiv 2608.13520"


@theorems.add("wainwright_2026")
@dataclass(frozen=True)
class Wainwright2026(Inequality):
    """``KL <= KL(start) + Σ_j [(q-p) f'(p) - (f(q) - f(p))]``, ``p = ρ_j``, ``q = ρ_{j+1}``.

    ``ρ = e^{-t}`` is the probability that a token is revealed, ``f(r) = E H(X_revealed)``.

    Trust: [T], Theorem 1.  Rung: chain, where it is an equality: each step is its total
    correlation, ``∫_p^q (q-r) h'(r) dr`` with ``h(r) = Σ_i I(X^i; revealed | i hidden)``.  Assumes
    absorbing noise, the exact score, true step lengths and a sampler of independent tokens with
    exact marginals (masked plug-in, Tweedie).  The paper starts from ``ρ = 0``; from ``T < inf``
    the start adds up by the chain rule.  Terms: ``start`` and ``steps``.
    """

    statement: ClassVar[str] = (
        "KL <= KL(start) + Σ_j [(q-p) f'(p) - (f(q)-f(p))], p = ρ_j, q = ρ_{j+1}"
    )
    bounds_on: ClassVar[str] = "chain"
    source: ClassVar[str] = f"{SOURCE}, Theorem 1"
    bibtex: ClassVar[str | None] = "wainwright2026masked"
    trust: ClassVar[Trust] = Trust.TEXT

    @classmethod
    def example(cls) -> Problem:
        """A problem on which the theorem is decided, for listings and tests."""
        return Problem(
            PottsRing(3, 3, 1.0), Absorbing(), MaskedPlugIn(), grids.geometric(3.0, 0.1, kappa=0.1)
        )

    def assumptions(self, problem: Problem) -> Mapping[str, bool]:
        return plug_in(problem)

    def terms(self, problem: Problem, quantities: Quantities) -> Mapping[str, float]:
        p, q = steps(problem)
        costs = quantities.reveal_profile.step_cost(p, q)
        return {"start": quantities.start_kl, "steps": math.fsum(costs)}


@theorems.add("wainwright_2026_odds")
@dataclass(frozen=True)
class Wainwright2026Odds(Inequality):
    """``KL <= KL(start) + Σ_j (ψ_{j+1}/ψ_j - 1) H(ρ_j, ρ_{j+1})``, ``ψ = ρ/(1-ρ)`` the odds.

    ``H(p, q) = ∫_p^q r (1-r) h'(r) dr``; the step from ``ρ = 0`` and the one to ``ρ = 1``, where
    the odds are 0 or infinite, at their exact cost.

    Trust: [T], Corollary 1.  Rung: chain.  Assumes what ``wainwright_2026`` does.  Terms:
    ``start``; ``ends``, the steps at their exact cost; ``between``.  It follows from Theorem 1
    since ``(q-r)/(r (1-r)) <= (q-p)/(p (1-q)) = ψ(q)/ψ(p) - 1`` for ``p <= r <= q``.
    """

    statement: ClassVar[str] = (
        "KL <= KL(start) + Σ_j (ψ_{j+1}/ψ_j - 1) H(ρ_j,ρ_{j+1}), ψ = ρ/(1-ρ),"
        " steps from 0 and to 1 at their exact cost"
    )
    bounds_on: ClassVar[str] = "chain"
    source: ClassVar[str] = f"{SOURCE}, Corollary 1"
    bibtex: ClassVar[str | None] = "wainwright2026masked"
    trust: ClassVar[Trust] = Trust.TEXT

    @classmethod
    def example(cls) -> Problem:
        """A problem on which the theorem is decided, for listings and tests."""
        return Wainwright2026.example()

    def assumptions(self, problem: Problem) -> Mapping[str, bool]:
        return plug_in(problem)

    def terms(self, problem: Problem, quantities: Quantities) -> Mapping[str, float]:
        profile, (p, q) = quantities.reveal_profile, steps(problem)
        between = (p > 0) & (q < 1)
        ends = profile.step_cost(p[~between], q[~between])
        p, q = p[between], q[between]
        odds = (q - p) / (p * (1 - q)) * profile.curvature(p, q)
        return {
            "start": quantities.start_kl,
            "ends": math.fsum(ends),
            "between": math.fsum(odds),
        }


@theorems.add("wainwright_2026_optimal")
@dataclass(frozen=True)
class Wainwright2026Optimal(Rate):
    """``KL = (1 + o(1)) P/(2N)`` for the best ``N`` steps, ``P = (∫_0^1 sqrt(h'(r)) dr)²``.

    The best schedule makes ``∫ sqrt(h')`` equal in all steps: grid ``square_root_profile``.

    Trust: [T], Theorem 3.  Rung: chain, where the needed constant tends to 1.  Assumes what
    ``wainwright_2026`` does, dependent tokens, and the square-root profile grid of the data law.
    A rate, since it is the limit that the theorem gives.  Form: ``P/(2N)``, the integral from
    ``e^{-T}`` to ``e^{-δ}``, and the start.
    """

    statement: ClassVar[str] = (
        "KL ≲ P/(2N), P = (∫ sqrt(h'(r)) dr)², on the square-root profile grid"
    )
    bounds_on: ClassVar[str] = "chain"
    source: ClassVar[str] = f"{SOURCE}, Theorem 3"
    bibtex: ClassVar[str | None] = "wainwright2026masked"
    trust: ClassVar[Trust] = Trust.TEXT
    exponents: ClassVar[Mapping[str, str]] = {"step": "1"}

    @classmethod
    def example(cls) -> Problem:
        """A problem that meets the assumptions; refine its grid to decide the rate."""
        problem = Wainwright2026.example()
        density = RevealProfile.of(problem).density
        grid = grids.square_root_profile(density, 12, start=0.05)
        return replace(problem, grid=grid, start="exact")

    def assumptions(self, problem: Problem) -> Mapping[str, bool]:
        return {**plug_in(problem), "square-root profile grid": _equal_shares(problem)}

    def form(self, problem: Problem, quantities: Quantities) -> float:
        density, grid = quantities.reveal_profile.density, problem.grid
        root = math.fsum(bernstein.root_integrals(density, grid.revealed))
        return quantities.start_kl + root**2 / (2 * grid.steps)


def steps(problem: Problem) -> tuple[np.ndarray, np.ndarray]:
    """``[N]`` probabilities that a token is revealed before and after each step."""
    revealed = np.array(problem.grid.revealed)
    return revealed[:-1], revealed[1:]


def _equal_shares(problem: Problem) -> bool:
    """Whether each step has the same ``∫ sqrt(h')``, not 0; by draws none is known."""
    if problem.drawn or not problem.space.masked:
        return False
    shares = bernstein.root_integrals(RevealProfile.of(problem).density, problem.grid.revealed)
    return bool(shares.min() > 0 and np.allclose(shares, shares.mean(), rtol=1e-6, atol=0))
