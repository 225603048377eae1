"""Kind 7: a noise that goes one way round, and a dependence that no one token has."""

import math
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from bounds import StartUniform
from bounds.hypotheses import (
    absorbing_noise,
    dependent_data,
    exact_score,
    finite_start,
    traits,
    true_step_lengths,
)
from harness import Problem, grids
from harness.claims import Trait
from harness.noise import Absorbing, Circulant
from harness.samplers import MaskedPlugIn
from harness.theorem import Rate, Trust
from toy_targets import PottsRing

from ..case import Case
from .constants import OfTerms


@dataclass(frozen=True)
class StartByModulus(OfTerms, StartUniform):
    """Kind 7: ``d log(1 + e^{-2ρT} (1/min π - 1))``, ``ρ`` the least ``|λ|`` of the noise."""

    name: ClassVar[str] = "start_by_modulus"

    @classmethod
    def example(cls):
        noise = Circulant([0.0, 1.0, 0.2])
        return replace(StartUniform.example(), noise=noise, target=PottsRing(3, 3, 1.0))

    def assumptions(self, problem):
        masked = isinstance(problem.noise, Absorbing)
        words = bool(problem.space.class_sizes)
        return {"no masks": not masked, "no classes": not words, **finite_start(problem)}

    def terms(self, problem, quantities):
        noise, tokens = problem.noise, problem.space.tokens
        length, _ = quantities.log_size
        rates, law = np.asarray(noise.rate_matrix(tokens)), noise.stationary(tokens)
        forgets = math.exp(-2 * self.forgets(rates, law) * problem.grid.start)
        return {"start": length * math.log1p(forgets * (1 / law.min() - 1))}

    def forgets(self, rates, law):
        """A rate, by the noise's ``rates`` and the ``law`` that it keeps."""
        return np.sort(np.abs(np.linalg.eigvals(rates)))[1]


@dataclass(frozen=True)
class StartByRealPart(StartByModulus):
    """Kind 7: by the least real part, which is how fast it forgets in the end and no sooner."""

    name: ClassVar[str] = "start_by_real_part"

    def forgets(self, rates, law):
        return np.sort(-np.linalg.eigvals(rates).real)[1]


@dataclass(frozen=True)
class ByTheLesser(Rate):
    """Kind 7: ``h min(TC, DTC)``: a sum that is even has ``TC = log 2``, and costs its DTC."""

    name: ClassVar[str] = "by_the_lesser"
    statement: ClassVar[str] = "KL ≲ KL(start) + (e^h - 1) min(TC, DTC)"
    bounds_on: ClassVar[str] = "chain"
    source: ClassVar[str] = "none"
    trust: ClassVar[Trust] = Trust.ORDER
    exponents: ClassVar[dict[str, str]] = {"step": "1", "S": "DTC", "d": "DTC"}

    @classmethod
    def example(cls):
        grid = grids.even(3.0, 0.0, 32)
        return Problem(PottsRing(3, 3, 1.0), Absorbing(), MaskedPlugIn(), grid, start="exact")

    def assumptions(self, problem):
        tokens = traits(problem, Trait.INDEPENDENT_TOKENS, Trait.EXACT_TOKEN_MARGINALS)
        true = {**exact_score(problem), **true_step_lengths(problem), **finite_start(problem)}
        return {**absorbing_noise(problem), **true, **tokens, **dependent_data(problem)}

    def form(self, problem, quantities):
        longest = max(t - s for t, s in problem.grid.intervals())
        return quantities.start_kl + math.expm1(longest) * self.of(*problem.dependence)

    def of(self, total, dual):
        """Of both correlations of the data, what a step costs."""
        return min(total, dual)


CASES = [
    Case(StartByModulus(), 7, "stands with tweedie"),
    Case(StartByRealPart(), 7, "stands with tweedie"),
    Case(ByTheLesser(), 7, "stands with tweedie along d of parity in even steps"),
]
