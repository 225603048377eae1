"""A theorem of our own for τ-leaping modulo ``S``: an identity for its paths, and what it bounds.

Every constant is known, any score estimate and any target are allowed.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from bounds.hypotheses import (
    beyond_linear,
    finite_start,
    noise_of_shifts,
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
from harness.score import Perturbed
from harness.theorem import Equality, Inequality, Side, Trust
from toy_targets import PottsRing


@theorems.add("explicit_path_identity")
@dataclass(frozen=True)
class ExplicitPathIdentity(Equality):
    """Path KL ``= KL(q_T‖p_0) + ε_score + Σ_k D_k``, ``D_k = KL(q_s‖U) - KL(q_t‖U) - h φ(t)``.

    ``U`` is the uniform law and ``φ(t) = -d/dt KL(q_t‖U)``.  With ``w_c`` the rate at which the
    noise takes a token from ``a`` to ``a ⊕ c``, whatever ``a`` is,
    ``φ(t) = Σ_i Σ_c w_c E_{q_t}[-log s_t(X ⊕_i c)] = Σ_i Σ_c w_c KL(q_t ‖ q_t, token i shifted)``.

    Trust: [D].  Rung: path.  Assumes that the noise is a shift modulo ``S`` that does not depend on
    the token (uniform noise, a cyclic walk, any circulant generator), τ-leaping modulo ``S``, true
    step lengths and ``T < inf``; any target, any score estimate, any grid, ``δ = 0`` included.
    Terms: ``path``, Girsanov's integral by quadrature, which knows nothing of the right side.  The
    path KL is measured by that right side, so what is compared comes about in two ways.

    Proof.
    (1) *What a step costs.*  Between ``t`` and ``s`` the sampler turns token ``i`` by ``c`` at the
    rate ``ŵ_c = w_{-c} ŝ_t(X_t ⊕_i c)``, fixed when the step begins: displacements add up modulo
    ``S``, so nothing that the sampler does in the step changes them.  Backwards in time, the truth
    turns it at ``w_{-c} s_u(X_u ⊕_i c)``.  Girsanov's formula for two jump processes with the same
    jumps gives ``∫_s^t E Σ_i Σ_c w_{-c} [s_u log(s_u/ŝ_t) - s_u + ŝ_t] du``, and the chain rule
    adds up the steps and ``KL(q_T‖p_0)``.

    (2) *Shifts take the score away.*  ``E_{q_u}[s_u(X ⊕ c) g(X)] = E_{q_u}[g(X ⊖ c)]``, since
    ``q_u s_u`` is the law of ``X ⊖ c``.  So ``E Σ w_{-c} s_u log s_u`` is
    ``Σ w_{-c} E log(q_u(X)/q_u(X ⊖ c)) = φ(u)``.  The noise between ``u`` and ``t`` commutes with
    shifts: the pair ``(X_u ⊖ c, X_t ⊖ c)`` has a law with density ``s_u(X_u ⊕ c)`` against that of
    ``(X_u, X_t)``.  So the cross term ``E Σ w_{-c} s_u(X_u ⊕ c) log ŝ_t(X_t ⊕ c)`` is
    ``Σ w_{-c} E log ŝ_{t,c}(X_t ⊖ c)``, with ``ŝ_{t,c}(x) = ŝ_t(x ⊕ c)``, and ``u`` is gone from
    it; for ``ŝ = s`` it is ``φ(t)``.  In the same way ``E s_u = 1``.  What an estimate changes is,
    a unit of time, ``Σ w_{-c} E [s_t log(s_t/ŝ_t) - s_t + ŝ_t]``, the summand of ``ε_score``.

    (3) *The time is integrated.*  A step costs ``∫_s^t φ(u) du - h φ(t)`` and its part of
    ``ε_score``, and ``∫_s^t φ = KL(q_s‖U) - KL(q_t‖U)``, because ``U`` does not move.  ∎
    """

    statement: ClassVar[str] = "path KL = KL(q_T‖p_0) + ε_score + Σ_k [∫_s^t φ - h φ(t)]"
    bounds_on: ClassVar[str] = "path"
    source: ClassVar[str] = "this project; proof in the docstring"
    trust: ClassVar[Trust] = Trust.DERIVED

    @classmethod
    def example(cls) -> Problem:
        """A problem on which the theorem is decided, for listings and tests."""
        return _example()

    def assumptions(self, problem: Problem) -> Mapping[str, bool]:
        return of_paths(problem)

    def terms(self, problem: Problem, quantities: Quantities) -> Mapping[str, float]:
        return {"path": quantities.path_integral}


@theorems.add("explicit_path")
@dataclass(frozen=True)
class ExplicitPath(Inequality):
    """``KL <= KL(q_T‖p_0) + ε_score + Σ_k h (φ(s) - φ(t))``, nothing hidden.

    ``φ(t) = -d/dt KL(q_t‖U)``, ``U`` the uniform law, as in ``explicit_path_identity``.  A last
    step from ``δ`` to 0 has ``KL(q_0‖U) - KL(q_δ‖U) - δ φ(δ)`` in the place of its summand.

    Trust: [D].  Rung: path.  Assumes what the identity does; any target, any score estimate.
    Terms: ``start``, ``score``, ``steps``, and ``last step`` where the grid ends at 0.
    Looser: on a grid with ``h <= κ min(1, s)`` the steps are at most
    ``κ (KL(q_0‖U) - KL(q_1‖U))``; on any grid, ``Δ`` its largest step, at most ``Δ φ(δ)``.  Under
    uniform noise these are at most ``κ d log S`` and ``Δ d log(1 + S/(e^δ - 1))``, and
    ``KL(q_T‖U) <= e^{-T} d log S``: constant 1, any estimate, no regularity, ``S`` in a logarithm,
    and no ``log 1/δ``.  (A slower noise forgets at its own pace, so the start stays as it is.)
    On geometric grids with ``δ <= 1 <= T`` the sum ``Σ D_k/κ`` tends, as ``κ -> 0``, to
    ``½ [δ φ(δ) + KL(q_δ‖U) - KL(q_1‖U) - φ(T)]``: half of the bound as ``δ -> 0`` and ``T ->
    inf``.  The constants 1 cannot be improved: see the study of the needle.  Equal ``h sqrt(-φ')``
    (grid ``equal_cost``) is best in the limit of many steps, where a step costs ``½ h² |φ'|``; of
    few steps no grid is said to be the best.

    Proof.
    (1) *φ falls.*  It is a sum of ``w_c KL(q_t ‖ q_t shifted)``, and noise moves both laws by one
    kernel, because it commutes with shifts: the inequality of data processing.  Under uniform
    noise, in a time ``a`` more, a token that is drawn afresh no longer knows whether it was
    shifted: the two laws are the same with probability ``1 - e^{-a}``, so by convexity
    ``φ(t + a) <= e^{-a} φ(t)``.

    (2) *Steps.*  ``D_k = ∫_s^t [φ(u) - φ(t)] du`` is between 0 and ``h (φ(s) - φ(t))``; under
    uniform noise at least ``φ(t) ∫_0^h (e^a - 1) da = (e^h - 1 - h) φ(t)``.  With the identity
    this is the bound.

    (3) *Geometric.*  Let ``m(s) = min(1, s)``.  As ``h <= κ m(s)``, the steps are at most
    ``κ Σ m(s_k) (φ(s_k) - φ(t_k))``.  Each ``φ`` at a time between ``δ`` and ``T`` appears in two
    summands, with ``m`` there and ``m`` one step earlier, and so this is at most
    ``κ [m(δ) φ(δ) + Σ (m(t_k) - m(s_k)) φ(t_k)]``.  As ``φ`` falls, the sum is at most
    ``∫ φ`` from ``m(δ)`` to 1, and ``m(δ) φ(δ) <= ∫_0^{m(δ)} φ``: together
    ``κ ∫_0^1 φ = κ (KL(q_0‖U) - KL(q_1‖U)) <= κ d log S``.

    (4) *Any grid.*  ``Σ h (φ(s) - φ(t)) <= Δ Σ (φ(s) - φ(t)) <= Δ φ(δ)``.  Under uniform noise a
    ratio ``s_δ`` is at least the smallest entry of a column of the kernel over the largest, so
    ``-log s_δ <= log(1 + S/(e^δ - 1))``, and the rates of ``d`` tokens add up to less than ``d``.
    The start is theorem ``start_uniform``.  ∎
    """

    statement: ClassVar[str] = (
        "KL <= KL(q_T‖p_0) + ε_score + Σ_k h (φ(s) - φ(t)) <= .. + κ (KL(q_0‖U) - KL(q_1‖U))"
    )
    bounds_on: ClassVar[str] = "path"
    source: ClassVar[str] = "this project; proof in the docstring"
    trust: ClassVar[Trust] = Trust.DERIVED

    @classmethod
    def example(cls) -> Problem:
        """A problem on which the theorem is decided, for listings and tests."""
        return _example()

    def assumptions(self, problem: Problem) -> Mapping[str, bool]:
        return of_paths(problem)

    def terms(self, problem: Problem, quantities: Quantities) -> Mapping[str, float]:
        steps, last = split(problem)
        falls = [(t - s) * _fallen(quantities, t, s) for t, s in steps]
        terms = {
            "start": quantities.start_kl,
            "score": quantities.score_error,
            "steps": math.fsum(falls),
        }
        return terms | ({"last step": cost_of_last(quantities, last)} if last else {})

    def looser(self, problem: Problem, quantities: Quantities) -> Mapping[str, float]:
        steps, last = split(problem)
        if not steps:
            return {}
        to_last = cost_of_last(quantities, last) if last else 0.0
        beside = quantities.score_error + to_last
        given, stop = quantities.start_kl + beside, steps[-1][1]
        kappa = max((t - s) / min(1.0, s) for t, s in steps)
        longest = max(t - s for t, s in steps)
        found = {
            "κ (KL(q_0‖U) - KL(q_1‖U))": (
                given + kappa * (quantities.uniform_kl(0.0) - quantities.uniform_kl(1.0))
            ),
            "Δ φ(δ)": given + longest * quantities.uniform_fall(stop),
        }
        if not isinstance(problem.noise, Uniform):
            return found
        length, log_tokens = quantities.log_size
        largest = math.log1p(math.exp(log_tokens) / math.expm1(stop))
        start = 0.0 if problem.start == "exact" else math.exp(-problem.grid.start)
        return found | {
            "Δ d log(1 + S/(e^δ - 1))": given + longest * length * largest,
            "e^{-T} d log S + κ d log S": beside + (start + kappa) * length * log_tokens,
        }


@theorems.add("explicit_path_below")
@dataclass(frozen=True)
class ExplicitPathBelow(Inequality):
    """Path KL ``>= KL(q_T‖p_0) + ε_score + Σ_k (e^h - 1 - h) φ(t)``, uniform noise.

    ``φ`` as in ``explicit_path``, the bound from above: as steps get shorter a step's share of this
    one is ``½ h² φ`` where the cost is ``½ h² |φ'|``.

    Trust: [D].  Rung: path.  Assumes uniform noise, τ-leaping modulo ``S``, true step lengths and
    ``T < inf``; any target, any score estimate, any grid.  Terms: ``start``, ``score``, ``steps``.

    Proof.  Theorem ``explicit_path``, parts (1) and (2): a token that is drawn afresh forgets a
    shift, so ``φ(t - a) >= e^a φ(t)``, and ``D_k = ∫_0^h [φ(t - a) - φ(t)] da``.  ∎
    """

    statement: ClassVar[str] = "path KL >= KL(q_T‖p_0) + ε_score + Σ_k (e^h - 1 - h) φ(t)"
    bounds_on: ClassVar[str] = "path"
    side: ClassVar[Side | str] = Side.LOWER
    source: ClassVar[str] = "this project; proof in the docstring"
    trust: ClassVar[Trust] = Trust.DERIVED

    @classmethod
    def example(cls) -> Problem:
        """A problem on which the theorem is decided, for listings and tests."""
        return _example()

    def assumptions(self, problem: Problem) -> Mapping[str, bool]:
        return {**uniform_noise(problem), **of_paths(problem)}

    def terms(self, problem: Problem, quantities: Quantities) -> Mapping[str, float]:
        excess = beyond_linear([t - s for t, s in problem.grid.intervals()])
        falls = [quantities.uniform_fall(t) for t in problem.grid.times[:-1]]
        return {
            "start": quantities.start_kl,
            "score": quantities.score_error,
            "steps": math.fsum(excess * falls),
        }


def _example() -> Problem:
    grid = grids.geometric(3.0, 0.05, kappa=0.2)
    return Problem(PottsRing(3, 3, 1.0), Uniform(), TauLeaping("wrap"), grid, Perturbed(size=0.1))


def of_paths(problem: Problem) -> dict[str, bool]:
    """What the identity and its bounds assume."""
    return {
        **noise_of_shifts(problem),
        **true_step_lengths(problem),
        **finite_start(problem),
        **traits(problem, Trait.WRAPPED_JUMPS),
    }


def split(problem: Problem) -> tuple[list[tuple[float, float]], float]:
    """The steps ``(t, s)`` with ``s > 0``, and from where the last one leads to 0, or 0.0."""
    steps = problem.grid.intervals()
    return ([*steps[:-1]], steps[-1][0]) if problem.grid.stop == 0 else (steps, 0.0)


def cost_of_last(quantities: Quantities, t: float) -> float:
    """``D`` of a step from ``t`` to 0."""
    fallen = quantities.uniform_kl(0.0) - quantities.uniform_kl(t)
    return max(fallen - t * quantities.uniform_fall(t), 0.0)


def _fallen(quantities: Quantities, t: float, s: float) -> float:
    """``φ(s) - φ(t)``, which a rise by rounding does not make negative."""
    return max(quantities.uniform_fall(s) - quantities.uniform_fall(t), 0.0)
