"""Problems of samplers that reveal masks, and what the referee says of them."""

import math

import jax
import numpy as np
from referee import reference, reveals

from harness import Problem, check, grids, output_law
from harness.foundation import registry
from harness.noise import Absorbing, RateMatrix
from harness.score import Exact, Perturbed
from toy_targets import RandomTable

MASKED = registry.sampler_examples(masked=True)
REMEMBERING = registry.sampler_examples(remembering=True)
MINE = [s for s in MASKED if registry.label(s) in reveals.STEPS]
IDS = {"ids": registry.label}
TABLE = RandomTable(2, 3, seed=1)
SKEW = RateMatrix([[-1.5, 1, 0.5], [0.25, -0.75, 0.5], [2, 1, -3]])
FROM_MASK = grids.even_reveal(4)
EVEN = grids.even(2.0, 0.2, 3)
TO_DATA = grids.custom((2.0, 0.7, 0.0))


def masked(target, sampler, grid=FROM_MASK, score=Exact(), start=None):  # noqa: B008 (frozen)
    start = start or ("mask" if math.isinf(grid.start) else "exact")
    return Problem(target, Absorbing(), sampler, grid, score, start)


def data(problem):
    """``q_0`` with the mask as last token."""
    law = np.exp(problem.target.log_law())
    return np.pad(law, [(0, int(problem.noise == Absorbing()))] * law.ndim)


def referee_law(problem, step=None):
    """``[S]*d`` output law: one dense matrix a step, memories summed out at the end."""
    q0, score = data(problem), problem.score
    with jax.enable_x64(True):
        rates = np.asarray(problem.noise.rate_matrix(q0.shape[0]))
    error = None
    if isinstance(score, Perturbed):
        z = np.random.default_rng(score.seed).standard_normal((q0.size, q0.ndim, q0.shape[0]))
        error = np.exp(score.size * z)
    step = step or reveals.STEPS[registry.label(problem.sampler)]
    law = problem.start_law
    memory = problem.sampler.claims.memory
    if memory == 2:
        states = reference.states(q0)
        whole = np.zeros((2 * q0.shape[0],) * q0.ndim)
        whole[tuple(2 * states.T)] = law
        law = whole.ravel()
    for t, s in problem.grid.intervals():
        law = law @ step(q0, rates, t, s, error)
    if memory == 2:
        law = law.reshape((q0.shape[0], 2) * q0.ndim).sum(tuple(range(1, 2 * q0.ndim, 2)))
    return law.reshape(q0.shape)


def agree(problem):
    np.testing.assert_allclose(output_law(problem), referee_law(problem), rtol=1e-11, atol=1e-15)


def verdict(key, problem):
    return next(v for v in check(problem) if v.theorem == key)
