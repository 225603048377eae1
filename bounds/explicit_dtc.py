"""A bound of our own with every constant known: independent tokens under uniform noise."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from bounds.hypotheses import (
    any_trait,
    early_stopping,
    exact_score,
    traits,
    true_step_lengths,
    uniform_noise,
    worst_start,
)
from harness import grids
from harness.claims import Trait
from harness.foundation.registry import theorems
from harness.noise import Uniform
from harness.numerics.divergence import ENTRY_ERROR
from harness.problem import Problem
from harness.quantities import Quantities
from harness.samplers import Tweedie
from harness.theorem import Inequality, Trust
from toy_targets import PottsRing


@theorems.add("explicit_dtc")
@dataclass(frozen=True)
class ExplicitDTC(Inequality):
    """``KL <= KL(start) + Σ_k (A_k - 1)(DTC(X_s) - DTC(X_t)) + d Σ_k m(h, t)``, nothing hidden.

    ``A = e^h (e^t - 1)/(e^s - 1)`` for a step from ``t`` to ``s = t - h``.  ``m = 0`` for exact
    token marginals (Tweedie τ-leaping).  With ``ε = 1 - e^{-t}`` and ``u = h/ε``:
    Euler, if ``u < 1``: ``m = h³(e^h/4 + 1/ε) + h⁴/(ε(1-u))``;
    one-jump τ-leaping, with ``g = u/(1-e^{-u})``:
    ``m = g h³(e^h/2 + 2/ε + 1/(2ε²)) + h⁴ e^u (2/ε + 1/(2ε³))``.

    Trust: [D].  Rung: chain.  Assumes uniform noise, ``δ > 0``, the exact score, true step lengths
    and a sampler of one of the three kinds; any target, any grid.  Terms: ``start``,
    ``factorisation``, ``marginal``, and ``rounding``, what rounding of the DTC can add.
    Looser: with ``κ`` the grid's ``max h/min(1, s)`` and
    ``c(κ) = (e^κ - 1)(1 + e^κ/(1 - 1/e))``, about ``2.6 κ``, the factorisation term is at most
    ``c(κ) DTC(X_δ) <= c(κ) d log S``; and ``KL(start) <= e^{-T} d log S``.  Linear in the step and
    in ``d``, logarithmic in ``S``.  The factor ``A - 1`` cannot be improved by a constant: for one
    fair bit repeated ``d`` times, with the best step, the factorisation error is 61 % of its term
    at ``d = 200``, 87 % at ``d = 10⁴``, 93 % at ``d = 10⁶``.

    Proof.
    (1) *Chain rule.*  The output KL is at most the chain KL, and the tokens of a step are
    independent given ``X_t``, so a step adds ``E TC(X_s|X_t) + Σ_i E KL(c_i‖k_i)``, ``c_i`` the
    law of ``X_s^i`` given ``X_t`` and ``k_i`` the sampler's.  The last sum is for (6).

    (2) *A second difference.*  ``TC + DTC = Σ_i I(X^i; X^{-i})``, also given ``X_t``, and
    ``DTC >= 0``: so ``E TC(X_s|X_t) <= Σ_i I(X_s^i; X_s^{-i} | X_t)``.  Tokens are noised
    independently, so ``X_t^i - X_s^i - X_s^{-i} - X_t^{-i}`` is a Markov chain, and the chain rule
    of information, used three times, turns a summand into
    ``I(X_s^i;X_s^{-i}) - I(X_t^i;X_s^{-i}) - I(X_s^i;X_t^{-i}) + I(X_t^i;X_t^{-i})``.
    With ``G(a,b) = Σ_i I(X_a^i; X_b^{-i})`` and ``Φ(a,b) = -∂_b G(a,b)`` the sum is
    ``∫_s^t [Φ(s,b) - Φ(t,b)] db``.

    (3) *Φ is a mixture of divergences.*  Let two laws ``p, r`` run under one generator ``Q`` and
    ``f = p/r``.  Then ``-d/db KL(p‖r) = Σ_{y≠y'} r(y) Q(y,y') D(f(y), f(y'))`` with
    ``D(x,z) = x log(x/z) - x + z``.  Take for ``p`` the law of the context ``X_b^{-i}`` given
    ``X_a^i = x``, for ``r`` its law without that, and average over ``x``: since
    ``f(y) = Pr(X_a^i=x | y)/Pr(X_a^i=x)``,
    ``Φ(a,b) = Σ_i Σ_{y≠y'} Pr(X_b^{-i}=y) Q(y,y') KL(P_a m_y ‖ P_a m_{y'})``, where ``m_y`` is the
    law of the clean token ``X_0^i`` given ``X_b^{-i} = y``.  Only the KL depends on ``a``.

    (4) *Reverse data processing.*  Let ``p = P_a m``, ``r = P_a m'``, ``K(a) = KL(p‖r)``,
    ``f = p/r``, ``ψ(x) = x - 1 - log x``, ``η(x) = x log x - x + 1``.  As ``p' = 1/S - p`` and
    ``r' = 1/S - r``, ``-K' = K + (1/S) Σ_b ψ(f_b)``, while ``K = Σ_b r_b η(f_b)``.  All entries of
    ``p`` and ``r`` are at least ``(1-e^{-a})/S``.  If ``x >= 1`` then
    ``η - ψ = (x+1) log x - 2(x-1) >= 0``, so ``ψ(f_b)/S <= r_b η(f_b)/(1-e^{-a})``.  If ``x <= 1``
    then ``η - xψ = x(2 log x - x + 1/x) >= 0``, because the bracket falls (its derivative is
    ``-(1-1/x)²``) to 0 at 1; so ``ψ(f_b)/S <= η(f_b) r_b/(S p_b) <= r_b η(f_b)/(1-e^{-a})``.
    Hence ``-K' <= (1 + 1/(1-e^{-a})) K``.  As ``1/(1-e^{-a})`` is the derivative of
    ``log(e^a - 1)``, ``K(b) >= K(s) e^{-(b-s)} (e^s-1)/(e^b-1) >= K(s)/A`` for ``s <= b <= t``.

    (5) *The decrement of DTC.*  By (3) and (4) ``Φ(b',b) >= Φ(s,b)/A`` for ``s <= b' <= t``.  With
    ``b' = t``, (2) is at most ``(1 - 1/A) ∫_s^t Φ(s,b) db``.  Noise on token ``i`` alone changes
    ``TC`` as it changes ``I(X^i; X^{-i})``, so ``d/dt TC(X_t) = ∂_a G(t,t)``; and
    ``TC + DTC = G(t,t)``: so ``d/dt DTC(X_t) = ∂_b G(t,t) = -Φ(t,t)``.  With ``b' = b``,
    ``DTC(X_s) - DTC(X_t) = ∫_s^t Φ(b,b) db >= (1/A) ∫_s^t Φ(s,b) db``.  Divide: a step's ``E TC``
    is at most ``(A - 1)(DTC(X_s) - DTC(X_t))``.

    (6) *Marginal part.*  Fix the other tokens, let ``m`` be the law of the clean token,
    ``μ_s = P_s m``, ``μ = P_t m``, ``w = (1-e^{-h})/S``; the token at ``t`` is ``x ∼ μ``.  For
    ``b ≠ x``, ``c(b) = w μ_s(b)/μ(x)``, and Euler's is ``k(b) = (h/S) μ(b)/μ(x)``.  Let
    ``Δ_b = w μ_s(b) - (h/S) μ(b)``.  As ``μ = e^{-h} μ_s + w``,
    ``Δ_b = μ_s(b)(1-e^{-h}-he^{-h})/S - hw/S`` is in ``[-h²/S², h² μ_s(b)/(2S)]``, so
    ``Δ_b² <= h⁴ μ_s(b)²/(4S²) + h⁴/S⁴`` and ``|Σ_{b≠x} Δ_b| <= h²/S``.  Also ``μ_s <= e^h μ``,
    ``μ >= ε/S`` and ``Σ_b 1/μ(b) <= S²/ε``.  We use ``KL(c‖k) <= Σ_b (c-k)²/k``.
    Euler, ``b ≠ x``: the expectation is at most ``(S²/h) Σ_b Δ_b²/μ(b)``, at most
    ``(h³/4) Σ_b μ_s²/μ + (h³/S²) Σ_b 1/μ <= h³(e^h/4 + 1/ε)``.  Euler, ``b = x``: ``c - k`` is
    ``-Σ_{b≠x} Δ_b/μ(x)``, and ``k = 1 - hR >= 1 - u`` as ``R = (1-μ(x))/(S μ(x)) <= 1/ε``; the
    expectation is at most ``Σ_x (h²/S)²/(μ(x)(1-u)) <= h⁴/(ε(1-u))``.
    One-jump τ-leaping has ``k' = ρk``, ``ρ = (1-e^{-Rh})/(Rh)``, with ``1 - Rh/2 <= ρ <= 1`` and
    ``ρ >= 1/g``.  For ``b ≠ x``, ``(c-k')²/k' <= 2g (c-k)²/k + 2g (1-ρ)² k``; the first part adds
    up to ``2g h³(e^h/4 + 1/ε)``; in the second ``Σ_b k = hR``, so it is at most
    ``(g h³/2) E R³ <= g h³/(2ε²)``, since ``E R = 1 - 1/S``.  For ``b = x``, ``k' = e^{-Rh}`` is at
    least ``e^{-u}`` and ``|c - k'| <= h²/(S μ(x)) + (Rh)²/2``: the expectation is at most
    ``e^u (2h⁴/ε + (h⁴/2) E R⁴) <= h⁴ e^u (2/ε + 1/(2ε³))``.  Sum over ``d`` tokens.

    (7) *Looser.*  ``A - 1 = (e^h - 1)(1 + e^h/(1-e^{-s}))``.  If ``h <= κ min(1, s)``, then
    ``e^h - 1 <= (e^κ - 1) min(1, s)`` by convexity and ``min(1, s)/(1-e^{-s}) <= 1/(1-1/e)``:
    ``A - 1 <= c(κ)`` at every step, and the decrements of DTC add up to at most ``DTC(X_δ)``,
    at most an entropy.  ``KL(start) <= e^{-T} d log S`` is theorem ``start_uniform``.  ∎
    """

    statement: ClassVar[str] = (
        "KL <= KL(start) + Σ_k (A_k-1)(DTC(X_s)-DTC(X_t)) + d Σ_k m(h,t), A = e^h(e^t-1)/(e^s-1)"
    )
    bounds_on: ClassVar[str] = "chain"
    source: ClassVar[str] = "this project; proof in the docstring"
    trust: ClassVar[Trust] = Trust.DERIVED

    @classmethod
    def example(cls) -> Problem:
        """A problem on which the theorem is decided, for listings and tests."""
        return Problem(
            PottsRing(3, 3, 1.0), Uniform(), Tweedie(), grids.geometric(3.0, 0.1, kappa=0.1)
        )

    def assumptions(self, problem: Problem) -> Mapping[str, bool]:
        kinds = (Trait.EXACT_TOKEN_MARGINALS, Trait.LINEAR_IN_RATES, Trait.ONE_JUMP)
        euler = Trait.LINEAR_IN_RATES in problem.sampler.claims.traits
        return {
            **uniform_noise(problem),
            **early_stopping(problem),
            **exact_score(problem),
            **true_step_lengths(problem),
            **traits(problem, Trait.INDEPENDENT_TOKENS),
            **any_trait(problem, *kinds),
            "h < 1 - e^{-t} for Euler": not euler or _largest_share(problem) < 1,
        }

    def terms(self, problem: Problem, quantities: Quantities) -> Mapping[str, float]:
        intervals = problem.grid.intervals()
        falls = [quantities.dtc_fall(t, s) for t, s in intervals]
        factors = [growth(t, s) for t, s in intervals]
        parts = [a * fall for a, fall in zip(factors, falls, strict=True) if fall != 0]
        return {
            "start": quantities.start_kl,
            "factorisation": math.fsum(parts),
            "marginal": _marginal(problem),
            "rounding": math.fsum(factors) * _dtc_rounding(quantities),
        }

    def looser(self, problem: Problem, quantities: Quantities) -> Mapping[str, float]:
        grid, marginal = problem.grid, _marginal(problem)
        length, log_tokens = quantities.log_size
        with np.errstate(over="ignore"):
            share = float(np.expm1(grid.kappa) * (1 + np.exp(grid.kappa) / -math.expm1(-1)))
        entropy = length * log_tokens
        rounded = quantities.dtc(grid.stop) + (2 * grid.steps + 1) * _dtc_rounding(quantities)
        return {
            "c(κ) DTC(X_δ)": quantities.start_kl + share * rounded + marginal,
            "c(κ) d log S": quantities.start_kl + share * entropy + marginal,
            "e^{-T} d log S + c(κ) d log S": (
                worst_start(problem, quantities) + share * entropy + marginal
            ),
        }


def growth(t: float, s: float) -> float:
    """``A - 1`` of the step from ``t`` to ``s > 0``, without cancellation."""
    h = t - s
    with np.errstate(over="ignore"):
        return float(np.expm1(h) * (1 + np.exp(h) / -np.expm1(-s)))


def euler_marginal(t: float, s: float) -> float:
    """``m`` of Euler's step from ``t`` to ``s``, where ``h < 1 - e^{-t}``."""
    h, noised = t - s, -math.expm1(-t)
    return h**3 * (math.exp(h) / 4 + 1 / noised) + h**4 / (noised - h)


def one_jump_marginal(t: float, s: float) -> float:
    """``m`` of one-jump τ-leaping's step from ``t`` to ``s > 0``."""
    h, noised = t - s, -math.expm1(-t)
    u = h / noised
    with np.errstate(over="ignore"):
        grown, step = float(np.exp(u)), float(np.exp(h))
    off = u / -math.expm1(-u) * h**3 * (step / 2 + 2 / noised + 1 / (2 * noised**2))
    return off + h**4 * grown * (2 / noised + 1 / (2 * noised**3))


def _dtc_rounding(quantities: Quantities) -> float:
    """``DTC = Σ H(X^{-i}) - (d-1) H(X)``: ``2d - 1`` entropies of up to ``d log S``."""
    length, log_tokens = quantities.log_size
    return ENTRY_ERROR * (2 * length - 1) * length * log_tokens


def _marginal(problem: Problem) -> float:
    declared = problem.sampler.claims.traits
    if Trait.EXACT_TOKEN_MARGINALS in declared:
        return 0.0
    part = euler_marginal if Trait.LINEAR_IN_RATES in declared else one_jump_marginal
    return problem.space.length * math.fsum(part(t, s) for t, s in problem.grid.intervals())


def _largest_share(problem: Problem) -> float:
    """``max h/(1 - e^{-t})``, above the largest probability with which Euler moves a token."""
    return max((t - s) / -math.expm1(-t) for t, s in problem.grid.intervals())
