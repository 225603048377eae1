"""What is said of a limit that is not the truth fits the law that it leads to, and nothing else."""

from dataclasses import dataclass, replace
from typing import ClassVar

import jax.numpy as jnp
import numpy as np
import pytest
from teeth.parts import PLAIN, leap, rates

from harness import Problem, grids
from harness.claims import Claims
from harness.noise import Uniform
from harness.regress import bank, law_limit, limit_causes
from harness.samplers import Tweedie

PROBLEM = Problem(bank.ONE_WAY, Uniform(), Tweedie(), grids.even(1.0, 0.1, 4), start="exact")
TRUTH, START = PROBLEM.marginal(0.1), PROBLEM.marginal(1.0)
TABLE = TRUTH.reshape(3, 3, 3)
APART = np.einsum("i,j,k->ijk", *(TABLE.sum(axes) for axes in ((1, 2), (0, 2), (0, 1)))).ravel()
ROUGH = TRUTH * np.exp(1e-3 * np.random.default_rng(0).normal(size=27))


@pytest.mark.parametrize(
    ("law", "said"),
    [
        (PROBLEM.marginal(0.1234), "equals the truth at t=0.1234, where it seems to stop"),
        (0.997 * TRUTH + 0.003 * START, "a share 0.003 of it is the law where the run begins"),
        (
            0.98 * TRUTH + 0.02 * APART,
            "a share 0.02 of it is the law that tokens have if none knows of the others",
        ),
        (TRUTH**1.01 / (TRUTH**1.01).sum(), "equals the truth to the power 1.01"),
        (ROUGH / ROUGH.sum(), ""),
    ],
)
def test_a_cause_is_said_where_it_fits(law, said):
    assert limit_causes.told(PROBLEM, law, 1e-9) == said
    assert limit_causes.told(PROBLEM, law, 1.0) == ""  # nothing is known of it


@dataclass(frozen=True)
class EndsEarly:
    """The last of its steps are left out: nothing moves from ``t = 0.2`` on."""

    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        found = rates(score, noise, x, t)
        return leap(x, jnp.where(t < 0.2 + 1e-9, 0.0, found), t - s)


def test_it_is_said_of_runs():
    grid = {n: grids.even(1.0, 0.1, n) for n in (36, 72, 144, 288)}  # each has a step to 0.2
    runs = [replace(PROBLEM, sampler=EndsEarly(), grid=each) for each in grid.values()]
    judged = law_limit.judged(law_limit.outputs(runs))
    assert not judged.passed
    assert "equals the truth at t=0.2, where it seems to stop; S=3, d=3" in judged.reason
