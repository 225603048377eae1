"""τ-leaping that loses chains outside the alphabet: its KL is of first order, and no better."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from bounds.hypotheses import (
    dependent_data,
    early_stopping,
    exact_score,
    traits,
    true_step_lengths,
    uniform_noise,
)
from harness import grids
from harness.claims import Trait
from harness.foundation.registry import theorems
from harness.noise import Uniform
from harness.problem import Problem
from harness.quantities import Quantities
from harness.samplers import TauLeaping
from harness.theorem import Rate, Side, Trust
from toy_targets import Product


@theorems.add("lost_jumps")
@dataclass(frozen=True)
class LostJumps(Rate):
    """``KL(q_δ‖p_out) ≳ Σ_k h_k² Λ(t_k)``: on independent tokens ``KL/(d h)`` tends to a constant.

    ``Λ(t) = ½ Σ_i E Σ_{b,b'} r_i(b) r_i(b') [b + b' - X_t^i is no token]``, with ``r`` the true
    reverse rates: how often two jumps within a step lead out of the alphabet.

    Trust: [D].  Rung: output, from below.  Assumes τ-leaping that loses a chain outside the
    alphabet, uniform noise, the exact score, true step lengths, ``δ > 0``, a start at ``q_T`` and
    independent tokens in the data (``DTC(X_0) = 0``; what is lost on dependent ones may be the same
    few chains).
    Form: the right side; the constant tends to 1 as steps are refined, where every token is
    possible.  Decided along the step and ``d``, in which both sides are additive.

    Proof.  (1) No probability of the truth is lost, and a share ``ℓ`` of the sampler's is: so by
    data processing ``KL >= -log(1 - ℓ)``.  Tokens neither see nor move each other where the data
    are independent, so this is a sum over tokens, ``-Σ_i log(1 - ℓ_i) >= Σ_i ℓ_i``.
    (2) In a step a token is lost by the first jump never, by the second with probability
    ``½ h² Σ_{b,b'} r(b) r(b') [b + b' - x is no token]`` up to ``O(h³)``, since displacements add
    up at rates that are held: each jump is to a token, and their sum need not be.
    (3) The sampler's law at ``t_k`` is the truth's up to ``O(h)``, so ``ℓ_i = Σ_k h_k² Λ_i(t_k)
    (1 + O(h))``, whence the bound with every constant below 1.  And given that it is not lost
    a token has a law within ``O(h)`` of the truth, and so a KL of ``O(h²)`` where that is positive:
    the quotient tends to 1.  ∎
    """

    statement: ClassVar[str] = (
        "KL ≳ Σ_k h_k² Λ(t_k), Λ the rate at which two jumps in a step lose a chain: first order "
        "in the step on independent tokens, τ-leaping that loses what leaves the alphabet"
    )
    bounds_on: ClassVar[str] = "output"
    side: ClassVar[Side | str] = Side.LOWER
    source: ClassVar[str] = "this project; proof in the docstring"
    trust: ClassVar[Trust] = Trust.DERIVED
    exponents: ClassVar[Mapping[str, str]] = {"step": "1", "d": "1"}
    only_along: ClassVar[tuple[str, ...]] = ("step", "d")

    @classmethod
    def example(cls) -> Problem:
        """A problem that meets the assumptions; refine its grid to decide the rate."""
        grid = grids.even(1.0, 0.2, 16)
        target = Product((0.6, 0.3, 0.1), 2)
        return Problem(target, Uniform(), TauLeaping("lose"), grid, start="exact")

    def assumptions(self, problem: Problem) -> Mapping[str, bool]:
        return {
            **traits(problem, Trait.LOST_JUMPS),
            **uniform_noise(problem),
            **exact_score(problem),
            **true_step_lengths(problem),
            **early_stopping(problem),
            "a start at q_T": problem.start == "exact",
            "DTC(X_0) = 0": not any(dependent_data(problem).values()),
        }

    def form(self, problem: Problem, quantities: Quantities) -> float:
        return math.fsum((t - s) ** 2 * lost_pairs(problem, t) for t, s in problem.grid.intervals())


def lost_pairs(problem: Problem, t: float) -> float:
    """``Λ(t)`` of independent tokens under uniform noise."""
    law, tokens = problem.token_laws(t), np.arange(problem.space.tokens)  # [d, S]
    rates = law[:, None, :] / law[:, :, None] / len(tokens)  # [d, a, b], from a to b
    rates[:, tokens, tokens] = 0.0
    sums = tokens[:, None] + tokens - tokens[:, None, None]  # b + b' - a
    outside = (sums < 0) | (sums >= len(tokens))
    return float(np.einsum("ia,iab,iac,abc->", law, rates, rates, outside) / 2)
