"""Whether a sampler is right, from dense matrices and extrapolation alone.

Knows nothing of what ``leapcheck regress`` tries, so that it can be said of a sampler that is
called right that it is.
"""

import itertools
from collections.abc import Callable
from functools import cache
from typing import Any

import jax
import numpy as np
from scipy.linalg import expm

from harness.engines.sequences import by_kind
from harness.problem import Problem
from harness.regress.step_matrix import dense

STEPS = (16, 32, 64, 128)


def output(problem: Problem) -> np.ndarray:
    """``[S^d]`` law at the end of a run: a product of matrices, over the memory of tokens too."""
    space, claims = problem.chain_space, problem.sampler.claims
    assert claims.memory == 1

    def made(t: Any, s: Any) -> Any:
        x = space.states()
        law = problem.sampler.step(problem.score_model, problem.noise, x, t, s)
        return by_kind.written_out(law, space, x)

    compiled: Callable[..., Any] = made if claims.on_host else jax.jit(made)
    law = noised(problem, problem.grid.start)
    for t, s in problem.grid.intervals():
        with jax.enable_x64(True):
            law = law @ dense(problem, compiled(np.float64(t), np.float64(s)))
    return law


def noised(problem: Problem, t: float) -> np.ndarray:
    """``q_t [S^d]`` by the exponential of the generator."""
    tokens, d = problem.sequences.tokens, problem.target.space.length
    with jax.enable_x64(True):
        rates = np.asarray(problem.noise.rate_matrix(tokens))
    data = np.zeros((tokens,) * d)
    data[(slice(problem.target.space.tokens),) * d] = np.exp(problem.target.log_law())
    kernel = np.tile(np.eye(tokens)[-1], (tokens, 1)) if np.isinf(t) else expm(t * rates)
    for axis in range(d):
        data = np.moveaxis(np.tensordot(data, kernel, (axis, 0)), -1, axis)
    return data.reshape(-1)


@cache
def outputs(problems: tuple[Problem, ...]) -> list[np.ndarray]:
    """The output law of each."""
    return [output(problem) for problem in problems]


def gaps(problems: tuple[Problem, ...], order: float) -> tuple[list[float], float]:
    """TV to ``q_δ`` for each number of ``STEPS``, and of the law that they lead to.

    The laws are extrapolated entry by entry, in powers of the step from ``order`` on.
    """
    wanted = noised(problems[0], problems[0].grid.stop)
    laws = outputs(problems)
    tvs = [float(np.abs(law - wanted).sum() / 2) for law in laws]
    power = order
    while len(laws) > 1:
        laws = [b + (b - a) / (2**power - 1) for a, b in itertools.pairwise(laws)]
        power += 1
    return tvs, float(np.abs(laws[0] - wanted).sum() / 2)
