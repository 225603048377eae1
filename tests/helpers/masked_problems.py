"""Masked problems in the referee's own words, and the samplers that it knows under a mask."""

import math
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import pairwise

import numpy as np
import pytest
from helpers import generic_samplers
from referee import ladder, masked, reference

from harness import Problem, grids
from harness.foundation import registry
from harness.samplers import FrozenScore
from harness.score import Exact
from toy_targets import Parity, RandomTable

registry.load()


def refereed(sampler):
    """The referee's step of ``sampler``, None where it has none here."""
    label = registry.label(sampler)
    if label in masked.STEPS:
        return masked.STEPS[label]
    method = reference.LABELS.get(label, label)
    known = method in reference.METHODS and not sampler.claims.adds_values
    return partial(reference.step_matrix, method=method) if known else None


EVERY = [*generic_samplers.SAMPLERS, *registry.sampler_examples(masked=True)]
SAMPLERS = [sampler for sampler in EVERY if refereed(sampler)]
PRODUCTS = [sampler for sampler in SAMPLERS if sampler != FrozenScore()]
LABELS = {"ids": registry.label}
TARGETS = {"full support": RandomTable(2, 3, seed=2), "parity": Parity(3)}
EACH_TARGET = pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS.keys())
EACH = pytest.mark.parametrize("sampler", SAMPLERS, **LABELS)
STOPPED, WHOLE = grids.custom((2.0, 1.2, 0.5, 0.2)), grids.custom((2.0, 1.2, 0.5, 0.0))


@dataclass
class Refereed:
    """A masked problem in the referee's own words."""

    problem: Problem

    @cached_property
    def facts(self):
        """``q_0 [S + 1]*d`` and ``R``."""
        space = self.problem.target.space
        whole = np.zeros((space.tokens + 1,) * space.length)
        whole[(slice(space.tokens),) * space.length] = np.exp(self.problem.target.log_law())
        rates = -np.eye(space.tokens + 1)
        rates[:, -1] += 1
        return whole, rates

    @cached_property
    def error(self):
        score, (q0, _) = self.problem.score, self.facts
        if isinstance(score, Exact):
            return None
        z = np.random.default_rng(score.seed).standard_normal((q0.size, q0.ndim, len(q0)))
        return np.exp(score.size * z)

    @cached_property
    def start(self):
        """``p_0``, flat: the surrogate, or ``q_T``."""
        (q0, rates), grid = self.facts, self.problem.grid
        if self.problem.start == "exact":
            return reference.marginal(q0, rates, grid.start)
        tokens, kept = len(q0) - 1, math.exp(-grid.start)
        token = np.array([kept / tokens] * tokens + [1 - kept])
        return token[reference.states(q0)].prod(1)

    def matrix(self, t, s):
        step = refereed(self.problem.sampler)
        return step(*self.facts, t=t, s=s, ratio_error=self.error)

    def output_law(self):
        law = self.start
        for t, s in self.problem.grid.intervals():
            law = law @ self.matrix(t, s)
        return law.reshape(self.facts[0].shape)

    def chain_kl(self):
        times = self.problem.grid.times
        total = [ladder.kl(self.marginal(times[0]), self.start)]
        for t, s in pairwise(times):
            law, truth, K = self.marginal(t), self.reversal(t, s), self.matrix(t, s)
            total += [law[x] * ladder.kl(truth[x], K[x]) for x in np.flatnonzero(law)]
        return math.fsum(total)

    def marginal(self, t):
        if math.isfinite(t):
            return reference.marginal(*self.facts, t)
        return np.eye(self.facts[0].size)[-1]

    def reversal(self, t, s):
        if math.isfinite(t):
            return reference.reversal(*self.facts, t, s)
        return np.broadcast_to(self.marginal(s), (self.facts[0].size,) * 2)
