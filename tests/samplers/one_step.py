"""One step of a sampler on a small problem: its transition matrix, and whether draws follow it."""

import numpy as np

from harness import Problem, grids, output_law, simulate, statistics
from harness.engines.sequences import by_kind, step_laws
from harness.foundation.precision import float64
from harness.noise import RateMatrix
from toy_targets import RandomTable

SKEW = RateMatrix([[-1.5, 1, 0.5], [0.25, -0.75, 0.5], [2, 1, -3]])
TABLE = RandomTable(3, 2, seed=3)
STEP = grids.custom((1.0, 0.4))
RANDOM_TESTS = 6
LEVEL = statistics.false_alarm_each(RANDOM_TESTS)


def problem(sampler, target=TABLE, noise=SKEW, grid=STEP, **rest):
    return Problem(target, noise, sampler, grid, **{"start": "exact", **rest})


def matrix(case):
    with float64():
        law = step_laws.step_law(case, *case.grid.times[:2])
        return np.asarray(by_kind.transitions(law, case.space)[0])


def rates_of(case):
    with float64():
        return np.asarray(case.noise.rate_matrix(case.space.tokens))


def follows(case, key=0, chains=100_000):
    return statistics.draws_test(simulate(case, key, chains), output_law(case), LEVEL)
