"""A bound of our own with every constant known: parallel reveals of masked tokens."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from bounds.hypotheses import plug_in, worst_start
from harness import grids
from harness.foundation.registry import theorems
from harness.noise import Absorbing
from harness.problem import Problem
from harness.quantities import Quantities
from harness.samplers import MaskedPlugIn
from harness.theorem import Inequality, Trust
from toy_targets import PottsRing


@theorems.add("explicit_dtc_masked")
@dataclass(frozen=True)
class ExplicitDTCMasked(Inequality):
    """``KL <= KL(start) + Σ_k (e^{h_k} - 1)(DTC(X_s) - DTC(X_t))``, nothing hidden.

    Trust: [D].  Rung: chain.  Assumes absorbing noise, the exact score, true step lengths and a
    sampler of independent tokens with exact marginals: masked plug-in, Tweedie τ-leaping.  Any
    target, any grid, ``δ = 0`` too.  Terms: ``start``; ``first step``, which from ``T = inf`` costs
    ``TC(X_s)`` and is counted as that (no multiple of a DTC is above it), else 0; ``others``.
    Looser: with ``h`` the largest step (but that from ``inf``) the last is at most
    ``(e^h - 1) DTC(X_0) <= (e^h - 1) d log S``; and ``KL(start) <= d e^{-T} log S``.

    A step of one token repeated ``d`` times from a small ``t`` to 0 takes a share ``(d - 1)/d`` of
    its term: no smaller factor would do for all ``d``.  It is the masked case of ``explicit_dtc``:
    there a divergence between noised laws of a token falls no faster than by ``A``, here
    ``KL(P_t m‖P_t m') = e^{-t} KL(m‖m')`` exactly.

    Proof.  Let ``p = e^{-t} < q = e^{-s}``; ``A`` the set of clean tokens at ``t``, each in it with
    probability ``p``, independently; ``f(p) = E H(X_0^A)``; ``b`` the entropy of a coin.
    (1) *Chain rule.*  Tokens are independent given ``X_t``, each with its exact law: so the
    chain KL, which is above the output KL, is ``KL(start) + Σ_k E TC(X_s | X_t)``.
    (2) *Derivatives.*  Differentiating ``f`` in the probability of each token and adding up,
    ``f'(p) = Σ_i E H(X_0^i | X_0^A)``, ``A`` without ``i``; once more, for ``i ≠ j``,
    ``f'' = -h'``, ``h'(p) = Σ_{i≠j} E I(X_0^i; X_0^j | X_0^A) >= 0``, ``A`` without both.
    (3) *DTC.*  ``X_t`` shows ``A``: ``H(X_t) = d b(p) + f(p)``.  Given the others, token ``i`` is
    clean with probability ``p``: ``Σ_i H(X_t^i | X_t^{-i}) = d b(p) + p f'(p)``.  So
    ``DTC(X_t) = f(p) - p f'(p)``, and its derivative in ``p`` is ``p h'(p)``.
    (4) *TC.*  Given ``X_t`` each masked token is revealed with probability ``(q-p)/(1-p)``, by a
    coin of its own that adds as much to ``Σ_i H(X_s^i | X_t)`` as to ``H(X_s | X_t)``; what is
    revealed adds ``(q-p) f'(p)`` to the one and ``f(q) - f(p)`` to the other.  So
    ``E TC(X_s | X_t) = (q-p) f'(p) - (f(q) - f(p)) = ∫_p^q (q-r) h'(r) dr``.
    (5) *Compare.*  By (3) ``DTC(X_s) - DTC(X_t) = ∫_p^q r h'(r) dr``, and for ``p <= r <= q``
    ``(q-r)/r <= (q-p)/p = e^h - 1``.  From ``p = 0`` the step costs ``q f'(0) - f(q)``, which is
    ``TC(X_s)``.
    (6) *Looser.*  The decrements of DTC add up to at most ``DTC(X_0)``, at most an entropy;
    ``KL(start) <= d e^{-T} log S`` is theorem ``start_absorbing``.  ∎
    """

    statement: ClassVar[str] = "KL <= KL(start) + Σ_k (e^{h_k} - 1)(DTC(X_s) - DTC(X_t))"
    bounds_on: ClassVar[str] = "chain"
    source: ClassVar[str] = "this project; proof in the docstring"
    trust: ClassVar[Trust] = Trust.DERIVED

    @classmethod
    def example(cls) -> Problem:
        """A problem on which the theorem is decided, for listings and tests."""
        return Problem(
            PottsRing(3, 3, 1.0), Absorbing(), MaskedPlugIn(), grids.geometric(3.0, 0.1, kappa=0.1)
        )

    def assumptions(self, problem: Problem) -> Mapping[str, bool]:
        return plug_in(problem)

    def terms(self, problem: Problem, quantities: Quantities) -> Mapping[str, float]:
        profile, revealed = quantities.reveal_profile, np.array(problem.grid.revealed)
        p, q = revealed[:-1], revealed[1:]
        first, later = p == 0, p > 0
        falls = profile.dual_total_correlation(p[later], q[later])
        return {
            "start": quantities.start_kl,
            "first step": math.fsum(profile.step_cost(p[first], q[first])),
            "others": math.fsum((q - p)[later] / p[later] * falls),
        }

    def looser(self, problem: Problem, quantities: Quantities) -> Mapping[str, float]:
        terms = self.terms(problem, quantities)
        steps = [t - s for t, s in problem.grid.intervals() if math.isfinite(t)]
        with np.errstate(over="ignore"):
            largest = float(np.expm1(max(steps, default=0.0)))
        dtc = float(quantities.reveal_profile.dual_total_correlation(0.0, 1.0))
        length, log_tokens = quantities.log_size
        first, entropy = terms["first step"], length * log_tokens
        return {
            "(e^h - 1) DTC(X_0)": terms["start"] + first + largest * dtc,
            "d e^{-T} log S + (e^h - 1) d log S": (
                worst_start(problem, quantities) + first + largest * entropy
            ),
        }
