"""Truncated uniformization: what is scaled down costs nothing, if the truth is not."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import ClassVar

import numpy as np

from bounds.exact_time import at_every_time
from bounds.hypotheses import traits
from harness import grids
from harness.claims import Trait
from harness.engines.sequences.accounts import exits, rates_at
from harness.engines.sequences.step_laws import step_law
from harness.foundation.precision import float64
from harness.foundation.registry import theorems
from harness.noise import Uniform
from harness.numerics.divergence import kl_floor
from harness.problem import Problem
from harness.quantities import Quantities
from harness.samplers import TruncatedUniformization, Uniformization
from harness.score import Exact, Perturbed
from harness.theorem import Inequality, Trust
from toy_targets import Product

ROUNDING = 1e-9  # relative, of the rate out of a state


@theorems.add("huang_2026")
@dataclass(frozen=True)
class Huang2026(Inequality):
    """``KL <= KL(start) + ∫_δ^T L_SE(u) du`` for truncated uniformization.

    Rates out of a state are scaled down to a total ``β(u)``; the right side is that of
    ``exact_time``, of the estimate as it is, which needs no bound of its own.

    Trust: [D].  The paper's Lemma 4 is for bits; the proof here is for any tokens and noise.
    Rung: path.  Assumes rates of the score at every time, scaled down to a bound; that the *true*
    rates are not scaled down, ``β(u) >= max_x Σ_{i,b} R(b, x_i) s_u(x)_{i,b}``; true step
    lengths, ``T < inf``, ``δ > 0``.  Terms: ``start``, ``score``, ``rounding``.

    That condition is looked at where each step begins and ends.  Where all tokens leave at one rate
    the largest total falls with ``u``, so the ends tell of the whole step.  Under a noise with
    unequal exit rates they do not: what happens between the ends is not seen, and a HOLDS there
    says less than a proof would.

    Without that condition it is false: of one bit that is 0, with the exact estimate and start,
    the right side is 0 and the output KL is not.

    Proof.  By Girsanov the path KL is ``KL(start) + ∫ E Σ D(r, θ r̂) du`` with ``θ = min(1, β/R̂)``,
    ``R̂ = Σ r̂`` the estimated rate out of the state, ``R = Σ r`` the true one.  The derivative of
    ``Σ D(r, θ r̂)`` in ``θ`` is ``R̂ - R/θ``, at least 0 for ``θ >= R/R̂``; and ``β >= R``, so that
    it is no larger at ``β/R̂`` than at 1, where it adds up to ``L_SE``.  ∎
    """

    statement: ClassVar[str] = (
        "KL <= KL(start) + ∫_δ^T L_SE(u) du, rates scaled down to a total that the truth has not"
    )
    bounds_on: ClassVar[str] = "path"
    source: ClassVar[str] = "arXiv 2505.21892, COLT 2026, Lemma 4; proof in the docstring"
    bibtex: ClassVar[str | None] = "huang2026truncated"
    trust: ClassVar[Trust] = Trust.DERIVED

    @classmethod
    def example(cls) -> Problem:
        """A problem on which the theorem is decided, for listings and tests."""
        grid, score = grids.geometric(2.0, 0.3, kappa=0.2), Perturbed(0.2)
        target, sampler = Product((0.98, 0.01, 0.01), 2), TruncatedUniformization()
        return Problem(target, Uniform(), sampler, grid, score)

    def assumptions(self, problem: Problem) -> Mapping[str, bool]:
        of_sampler = traits(problem, Trait.TRUNCATED_TIME)
        return {
            **at_every_time(problem),
            **of_sampler,
            "true rates not scaled down": not all(of_sampler.values()) or keeps_truth(problem),
        }

    def terms(self, problem: Problem, quantities: Quantities) -> Mapping[str, float]:
        return {
            "start": quantities.start_kl,
            "score": quantities.score_error_in_time,
            "rounding": problem.grid.steps * kl_floor(0.0),
        }


@lru_cache(maxsize=64)
def keeps_truth(problem: Problem) -> bool:
    """Whether the sampler, given the exact score, leaves its rates as they are at grid times."""
    own = replace(problem, score=Exact())
    plain = replace(own, sampler=Uniformization())
    for t, s in problem.grid.intervals():
        laws = [(each.sequences, step_law(each, t, s)) for each in (own, plain)]
        for u in (t, s):
            with float64():
                kept, true = (
                    np.asarray(exits(space, rates_at(law, space, u))) for space, law in laws
                )
            if (kept < true * (1 - ROUNDING)).any():
                return False
    return True
