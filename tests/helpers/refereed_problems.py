"""Problems on all sequences in the referee's own words."""

from dataclasses import dataclass
from functools import cached_property

import jax
import numpy as np
from helpers import generic_samplers
from referee import guided, reference, two_stage

from harness import Problem, grids, output_law
from harness.claims import Trait
from harness.foundation import registry
from harness.noise import CyclicWalk, RateMatrix, Uniform
from harness.score import Exact, Perturbed
from toy_targets import RandomTable

SAMPLERS = generic_samplers.SAMPLERS
PRODUCTS = [s for s in SAMPLERS if Trait.INDEPENDENT_TOKENS in s.claims.traits]
REFEREES = {**two_stage.STEPS, **guided.STEPS}
LABELS = {"ids": registry.label}

SKEW = RateMatrix([[-1.5, 1, 0.5], [0.25, -0.75, 0.5], [2, 1, -3]])
NOISES = [Uniform(), CyclicWalk(), SKEW]
EVEN = grids.even(2.0, 0.2, 3)
TOLD = grids.from_schedule(lambda tau: 0.3 * tau + 0.2 * tau * tau, (2.0, 1.2, 0.3), "left")
SHORT = grids.from_schedule(lambda tau: 0.3 * tau + 0.2 * tau * tau, (2.0, 1.2, 0.6), "left")
TABLE = RandomTable(3, 2, seed=3)
FINE = Perturbed(size=0.2, seed=5)
COARSE = Perturbed(size=1.5, seed=6)
CASES = [  # every noise with both scores; grids and starts in turn
    (Uniform(), Exact(), EVEN, "noise"),
    (Uniform(), FINE, TOLD, "exact"),
    (CyclicWalk(), Exact(), TOLD, "noise"),
    (CyclicWalk(), FINE, EVEN, "exact"),
    (SKEW, Exact(), EVEN, "exact"),
    (SKEW, FINE, TOLD, "noise"),
]


@dataclass
class Refereed:
    """A problem in the referee's own words."""

    problem: Problem

    @cached_property
    def facts(self) -> tuple[np.ndarray, np.ndarray]:
        """``q_0 [S]*d`` and ``R``, the latter not from the noise's kernel."""
        with jax.enable_x64(True):
            rates = np.asarray(self.problem.noise.rate_matrix(self.problem.space.tokens))
        return np.exp(self.problem.target.log_law()), rates

    @property
    def error(self):
        score, space = self.problem.score, self.problem.space
        if isinstance(score, Exact):
            return None
        shape = (space.size, space.length, space.tokens)
        return np.exp(score.size * np.random.default_rng(score.seed).standard_normal(shape))

    def __call__(self, function, **more):
        p = self.problem
        given = {"start": p.start, "ratio_error": self.error, "told_steps": p.grid.told, **more}
        given = {key: value for key, value in given.items() if value is not ...}
        return function(*self.facts, method_of(p.sampler), p.grid.times, **given)


def told(sampler, grid):
    """``grid``, or one whose steps are not told to end past the data."""
    return SHORT if sampler.claims.needs_early_stopping and grid is TOLD else grid


def method_of(sampler):
    """The referee's name of the sampler's method."""
    label = registry.label(sampler)
    return REFEREES.get(label, reference.LABELS.get(label, label))


def agree(problem, rtol=1e-11, atol=1e-15):
    law = output_law(problem)
    np.testing.assert_allclose(law, Refereed(problem)(reference.output_law), rtol=rtol, atol=atol)
    assert law.dtype == np.float64
    assert law.shape == problem.space.shape
