"""Dmitriev, Huang and Wei (2026): Tweedie τ-leaping adapts to the dependence in the data."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from bounds.hypotheses import (
    dependent_data,
    exact_score,
    finite_start,
    geometric_grid,
    traits,
    true_step_lengths,
    uniform_noise,
)
from harness import grids
from harness.claims import Trait
from harness.foundation.registry import theorems
from harness.measurement.path_of_tokens import clips
from harness.noise import Uniform
from harness.problem import Problem
from harness.quantities import Quantities
from harness.samplers import Tweedie
from harness.score import Perturbed
from harness.theorem import Equality, Rate, Trust
from toy_targets import PottsRing

SOURCE = (
    "Dmitriev, Huang, Wei: Provably adaptive sampling with uniform and remasking discrete "
    "diffusion models, 2026, arXiv 2608.23554"
)


@theorems.add("dmitriev_2026b")
@dataclass(frozen=True)
class Dmitriev2026b(Rate):
    """``KL(q_δ‖p_out) ≲ KL(start) + ε_score + κ DTC(X_0)`` for Tweedie on a geometric grid.

    The dual total correlation of the data takes the place of ``d log S``; it can be far smaller.

    Trust: [T], Theorem 1, whose sampler (each token from the posterior given the *other* tokens,
    noised) is Tweedie τ-leaping when the score is exact.  Rung: chain.  Assumes uniform noise, a
    geometric grid (so ``δ > 0``), the exact score (so ``ε_score = 0``), true step lengths,
    independent tokens with exact marginals, and ``DTC(X_0) > 0``: a law of independent tokens is
    sampled without error, and no constant is needed.  Form: ``KL(start) + κ DTC(X_0)``.
    """

    statement: ClassVar[str] = "KL ≲ KL(start) + ε_score + κ DTC(X_0), geometric grid"
    bounds_on: ClassVar[str] = "chain"
    source: ClassVar[str] = f"{SOURCE}, Theorem 1"
    bibtex: ClassVar[str | None] = "dmitriev2026provably"
    trust: ClassVar[Trust] = Trust.TEXT
    exponents: ClassVar[Mapping[str, str]] = {"step": "1", "S": "DTC", "d": "DTC"}

    @classmethod
    def example(cls) -> Problem:
        """A problem that meets the assumptions; refine its grid to decide the rate."""
        return Problem(
            PottsRing(3, 3, 1.0),
            Uniform(),
            Tweedie(),
            grids.geometric(2.0, 0.1, kappa=0.2),
            start="exact",
        )

    def assumptions(self, problem: Problem) -> Mapping[str, bool]:
        return {
            **uniform_noise(problem),
            **geometric_grid(problem),
            **exact_score(problem),
            **true_step_lengths(problem),
            **traits(problem, Trait.INDEPENDENT_TOKENS, Trait.EXACT_TOKEN_MARGINALS),
            **dependent_data(problem),
        }

    def form(self, problem: Problem, quantities: Quantities) -> float:
        return quantities.start_kl + problem.grid.kappa * quantities.dtc_data


@theorems.add("dmitriev_2026b_path")
@dataclass(frozen=True)
class Dmitriev2026bPath(Equality):
    """``KL <= path KL = KL(start) + Σ L_approx + Σ L_discr``, tokens from their own posteriors.

    ``L_discr = Σ_i ∫_s^t ∫_u^t ∂²_{uv} I(X_u^i; X_v^{-i}) dv du``, where token ``i`` of one ``X_0``
    is noised up to ``u`` and the others up to ``v``; ``L_approx = ∫_s^t E Σ_i Σ_b D(r*_i(b),
    r̂_i(b)) du`` with ``r*_i(b) = R(b, y) Pr(X_u^i = b|X_t^{-i})/Pr(X_u^i = y|X_t^{-i})`` and ``r̂``
    the same from the estimate.  ``L_approx`` is not ``h L_SE(t)``, the score error at the begin.

    Trust: [D].  Under uniform noise it is Proposition 2 and Theorem 2 of the paper, read in full;
    for any other noise that acts on each token by itself, and for the closed form of the double
    integral, the proof is the one below.  Rung: path, as an equality; output and chain KL are below
    it.  Assumes independent tokens with exact marginals, declared rates, ``T < inf`` and, of an
    estimate, positive earlier ratios.  Terms: ``start``, ``approximation``, ``discretisation``.

    The double integral needs no quadrature.  With ``G(a, b) = Σ_i I(X_a^i; X_b^{-i})`` the inner
    one is ``∂_a G(u, t) - ∂_a G(u, u)``, and ``∂_a G(u, u)`` is the slope of ``TC(X_u)``; so it is
    ``TC(X_s) - TC(X_t) - G(s, t) + G(t, t)``, which is ``E TC(X_s | X_t)``: the path KL of this
    sampler is its chain KL.  What that is compared with is Girsanov's integral, by quadrature
    (``harness.measurement.path_of_tokens``).

    Proof.  Girsanov's formula has ``E Σ D(r, r̂)`` with the true rates ``r_i(b) = R(b, y) Pr(X_u^i
    = b|X_u^{-i})/Pr(X_u^i = y|X_u^{-i})``.  Of ``Z = X_u^{-i}`` and ``Z' = X_t^{-i}``, given
    ``Z`` the token ``X_u^i`` does not depend on ``Z'``, so ``Pr(z|y, z') = Pr(y|z) Pr(z|z') /
    Pr(y|z')`` and the mean of ``r_i(b)`` given ``X_u^i`` and ``X_t`` is ``r*_i(b)``.  For such a
    mean ``E D(r, r̂) = E D(r, r*) + E D(r*, r̂)``: the second is ``L_approx``.  A token that is
    noised further loses ``-∂_a I(X_a^i; Z) = E Σ_b D(r^Z, r^0)``, ``r^Z`` the rates backwards given
    ``Z`` and ``r^0`` those given nothing; the same identity, of ``Z`` and ``Z'``, makes ``E Σ D(r,
    r*)`` the difference of two such losses, ``∫_u^t ∂²_{uv} I(X_u^i; X_v^{-i}) dv``.  ∎
    """

    statement: ClassVar[str] = (
        "KL <= path KL = KL(start) + Σ ∫ E Σ D(r*, r̂) du + "
        "Σ_i ∫_s^t ∫_u^t ∂²_{uv} I(X_u^i; X_v^{-i}) dv du"
    )
    bounds_on: ClassVar[str] = "path"
    source: ClassVar[str] = (
        f"{SOURCE}, Proposition 2 and Theorem 2, for uniform noise; proof in the docstring"
    )
    bibtex: ClassVar[str | None] = "dmitriev2026provably"
    trust: ClassVar[Trust] = Trust.DERIVED

    @classmethod
    def example(cls) -> Problem:
        """A problem on which the theorem is decided, for listings and tests."""
        grid, score = grids.geometric(2.0, 0.1, kappa=0.2), Perturbed(0.02)
        return Problem(PottsRing(3, 2, 1.0), Uniform(), Tweedie(), grid, score, start="exact")

    def assumptions(self, problem: Problem) -> Mapping[str, bool]:
        token_traits = traits(problem, Trait.INDEPENDENT_TOKENS, Trait.EXACT_TOKEN_MARGINALS)
        return {
            **token_traits,
            **finite_start(problem),
            "rates inside the step": problem.sampler.claims.rates_in_step is not None,
            "positive earlier ratios": not clips(problem),
        }

    def terms(self, problem: Problem, quantities: Quantities) -> Mapping[str, float]:
        return {
            "start": quantities.start_kl,
            "approximation": quantities.step_approximation,
            "discretisation": math.fsum(quantities.step_factorisation),
        }
