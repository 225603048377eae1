"""Scores with an error: as large as was asked for, and none where none was."""

import dataclasses

import numpy as np
import pytest
from helpers.random_problems import SPACES, customs, examples, generators, laws
from hypothesis import given
from hypothesis import strategies as st

from harness import Problem, grids, measure, output_law
from harness.noise import Uniform
from harness.samplers import Tweedie
from harness.score import Exact, Perturbed
from toy_targets import RandomTable, Table

GRIDS = [
    grids.even(3.0, 0.1, 4),
    grids.geometric(3.0, 0.1, 0.3),
    grids.custom((2.0, 1.0, 0.0)),
    grids.custom((2.0, 1.0, 0.0), told=(0.9, 1.1)),
]


@pytest.mark.parametrize("space", SPACES, ids=str)
def test_a_perturbed_score_has_the_error_that_was_asked_for(space):
    @examples(30)
    @given(
        laws(space.size),
        generators(space.tokens),
        customs(),
        st.floats(-12, 0.5),
        st.integers(0, 99),
    )
    def check(law, noise, grid, log_error, seed):
        wanted = 10**log_error
        problem = Problem(
            Table(law.reshape(space.shape)),
            noise,
            Tweedie(),
            grid,
            Perturbed(score_error=wanted, seed=seed),
            start="exact",
        )
        assert measure(problem, output_only=True).score_error == pytest.approx(wanted, rel=1e-7)

    check()


def test_no_score_error_is_the_exact_score():
    score = Perturbed(score_error=0)
    problem = Problem(RandomTable(3, 2, 1), Uniform(), Tweedie(), GRIDS[0], score)
    np.testing.assert_array_equal(
        output_law(problem), output_law(dataclasses.replace(problem, score=Perturbed(size=0.0)))
    )
    exact = output_law(dataclasses.replace(problem, score=Exact()))
    np.testing.assert_allclose(output_law(problem), exact, rtol=1e-14)
