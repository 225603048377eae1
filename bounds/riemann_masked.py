"""Parallel reveals as a left Riemann sum: three bounds that need one number of the data each."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from bounds.hypotheses import plug_in
from harness import grids
from harness.foundation.registry import theorems
from harness.noise import Absorbing
from harness.problem import Problem
from harness.quantities import Quantities
from harness.samplers import MaskedPlugIn
from harness.theorem import Inequality, Trust
from toy_targets import PottsRing


@theorems.add("riemann_masked")
@dataclass(frozen=True)
class RiemannMasked(Inequality):
    """``KL <= KL(start) + min(TC, Δ (TC + DTC), ½ d(d-1) log S Σ_k (r_{k+1} - r_k)²)``.

    ``r = e^{-t}`` is the probability that a token is revealed, ``Δ`` the largest step of ``r``;
    TC and DTC are of the data.

    Trust: [D].  Rung: chain.  Assumes absorbing noise, the exact score, true step lengths and a
    sampler of independent tokens with exact marginals (masked plug-in, Tweedie); any grid,
    ``δ = 0`` and ``T = inf`` too.  Terms: ``start``, ``steps``.  Looser: each of the three.

    In one step from all masked it is an equality, ``TC``; on two bits that are one, in many even
    steps, half of the second.

    Proof.  With ``f(r) = E H(X_revealed)`` and ``h(r) = f'(0) - f'(r) = Σ_i I(X^i; revealed | i
    hidden)``, which grows, a step from ``p`` to ``q`` costs ``(q-p) f'(p) - (f(q) - f(p)) =
    ∫_p^q (q-r) h'(r) dr`` (step 4 of ``explicit_dtc_masked``): ``Σ (q-p) f'(p)`` is the left
    Riemann sum of ``f'``, which falls, and the cost is what it is too large by.
    (1) ``q - r <= 1 - r``, and ``∫_0^1 (1-r) h' = f'(0) - f(1) = TC``.
    (2) ``q - r <= Δ``, and ``∫_0^1 h' = h(1) = Σ_i I(X^i; X^{-i}) = TC + DTC``.
    (3) ``h'(r) = Σ_{i≠j} E I(X^i; X^j | revealed) <= d(d-1) log S``, and ``∫_p^q (q-r) dr =
    (q-p)²/2``.  ∎
    """

    statement: ClassVar[str] = (
        "KL <= KL(start) + min(TC, Δ (TC + DTC), ½ d(d-1) log S Σ (Δr)²), Δ the largest Δr"
    )
    bounds_on: ClassVar[str] = "chain"
    source: ClassVar[str] = "left Riemann sums; proof in the docstring"
    trust: ClassVar[Trust] = Trust.DERIVED

    @classmethod
    def example(cls) -> Problem:
        """A problem on which the theorem is decided, for listings and tests."""
        grid = grids.even_reveal(12, start=0.05, stop=0.95)
        return Problem(PottsRing(3, 3, 1.0), Absorbing(), MaskedPlugIn(), grid, start="noise")

    def assumptions(self, problem: Problem) -> Mapping[str, bool]:
        return plug_in(problem)

    def terms(self, problem: Problem, quantities: Quantities) -> Mapping[str, float]:
        return {
            "start": quantities.start_kl,
            "steps": min(_of_steps(problem, quantities).values()),
        }

    def looser(self, problem: Problem, quantities: Quantities) -> Mapping[str, float]:
        start = quantities.start_kl
        return {name: start + cost for name, cost in _of_steps(problem, quantities).items()}


def _of_steps(problem: Problem, quantities: Quantities) -> dict[str, float]:
    """What the steps cost at most, in each of three ways."""
    profile, steps = quantities.reveal_profile, np.diff(problem.grid.revealed)
    length, log_tokens = quantities.log_size
    pairs = length * (length - 1)
    return {
        "TC": float(profile.step_cost(0.0, 1.0)),
        "Δ (TC + DTC)": float(steps.max() * profile.information(1.0)),
        "½ d(d-1) log S Σ (Δr)²": pairs / 2 * log_tokens * math.fsum(steps**2),
    }
