"""Path KL of τ-leaping modulo ``S`` by draws, and ``explicit_path`` decided by them."""

import dataclasses
import math

import numpy as np
import pytest

from bounds import ExplicitPath, ExplicitPathIdentity
from harness import MonteCarlo, Problem, grids, measure
from harness.measurement.by_draws.chain_kl import path_sums
from harness.noise import CyclicWalk, RateMatrix, Uniform
from harness.quantities import Quantities
from harness.samplers import TauLeaping, Tweedie
from harness.verdicts.checks import check
from harness.verdicts.verdict import Status
from toy_targets import MarkovChain

WRAP = TauLeaping("wrap")
CHAIN = MarkovChain(((0.8, 0.15, 0.05), (0.1, 0.8, 0.1), (0.3, 0.1, 0.6)), 4, (0.6, 0.3, 0.1))
DRAWS = MonteCarlo(draws=4000, seed=3)


@pytest.mark.parametrize("noise", [Uniform(), CyclicWalk()], ids=["uniform", "walk"])
def test_estimates_are_of_what_is_exact(noise):
    """Every mean within five of its standard errors, which are at most 0.02 nats and 2 %.

    A false alarm of each has a probability of 6e-7, and what is off by 0.1 nats and 10 % is found.
    """
    for grid in (grids.geometric(3.0, 0.1, 0.5), grids.custom((2.0, 0.5, 0.0))):
        exact = Problem(CHAIN, noise, WRAP, grid)
        drawn = dataclasses.replace(exact, engine=DRAWS)
        quantities, sums = Quantities(exact), path_sums(drawn)
        for k, t in enumerate(grid.times):
            pairs = [(sums.uniform[:, k], quantities.uniform_kl(t))]
            pairs += [(sums.fall[:, k], quantities.uniform_fall(t))] if t > 0 else []
            for sample, wanted in pairs:
                error = sample.std() / math.sqrt(len(sample))
                assert abs(sample.mean() - wanted) < 5 * error
                assert error < 0.02 * (1 + wanted)
        assert (sums.fall >= 0).all()
        found, wanted = measure(drawn), measure(exact)
        assert abs(found.path_kl - wanted.path_kl) < 2 * found.path_floor
        assert "path_kl" not in found.reasons


@pytest.mark.slow
def test_a_long_chain_is_decided():
    problem = Problem(
        MarkovChain.binary(128, 0.05),
        Uniform(),
        WRAP,
        grids.geometric(5.0, 0.02, 0.4),
        engine=MonteCarlo(draws=300, seed=1),
    )
    bound, same = check(problem, [ExplicitPath(), ExplicitPathIdentity()])
    assert bound.status is Status.HOLDS
    assert bound.rung == "path"
    assert 0.3 < bound.measured / bound.bound < 0.7
    assert same.status is Status.INCONCLUSIVE


def test_where_no_path_is_drawn():
    grid = grids.custom((2.0, 0.5, 0.1))
    skew = RateMatrix([[-1, 1, 0], [0, -1, 1], [2, 1, -3]])
    told = grids.custom((2.0, 0.5, 0.1), told=(1.4, 0.4))
    for noise, sampler, times in (
        (skew, WRAP, grid),
        (Uniform(), Tweedie(), grid),
        (Uniform(), WRAP, told),
    ):
        problem = Problem(CHAIN, noise, sampler, times, engine=MonteCarlo(draws=64))
        found = measure(problem)
        assert np.isnan(found.path_kl)
        assert found.reasons["path_kl"] == "not estimated by draws"
