"""The path KL at declared rates of tokens: against the referee, closed forms and the chain KL."""

import dataclasses
import math

import jax
import numpy as np
import pytest
from referee import ladder

from harness import Problem, grids, measure
from harness.measurement import path_of_tokens
from harness.measurement.path_of_tokens import clips, token_paths
from harness.noise import Absorbing, RateMatrix, Uniform
from harness.quantities import Quantities
from harness.samplers import Euler, FrozenScore, MaskedPlugIn, TauLeaping, Tweedie
from harness.score import Perturbed
from toy_targets import Parity, RandomTable, TwoBeliefs

TABLE = RandomTable(3, 2, seed=3)
SKEW = RateMatrix([[-1.5, 1, 0.5], [0.25, -0.75, 0.5], [2, 1, -3]])
GRID = grids.custom((2.0, 1.0, 0.3))
GUESSED = Perturbed(0.003, seed=4)


@pytest.mark.parametrize("noise", [Uniform(), SKEW], ids=["uniform", "skew"])
def test_it_is_the_integral_over_all_pairs_of_states(noise):
    problem = Problem(TABLE, noise, Tweedie(), GRID, start="noise")
    with jax.enable_x64(True):
        rates = np.asarray(noise.rate_matrix(3))
    expected = ladder.path_kl(np.exp(TABLE.log_law()), rates, "tweedie", GRID.times, "noise")
    value, floor = Quantities(problem).rung("path")
    assert value == pytest.approx(expected, rel=1e-7)
    assert abs(value - expected) < floor + 1e-9 * expected


@pytest.mark.parametrize(
    ("noise", "sampler"),
    [
        (Uniform(), Tweedie()),
        (SKEW, Tweedie()),
        (Absorbing(), MaskedPlugIn()),
        (Absorbing(), Tweedie()),
    ],
    ids=["uniform", "skew", "masked plug-in", "masked Tweedie"],
)
def test_tokens_from_their_own_posteriors_lose_no_more_on_paths_than_on_the_grid(noise, sampler):
    exact = Problem(TABLE, noise, sampler, GRID, start="exact")
    for problem in (exact, dataclasses.replace(exact, score=GUESSED)):
        m, found = measure(problem), token_paths(problem)
        assert found.path == pytest.approx(m.chain_kl, rel=1e-7)
        assert abs(found.path - m.chain_kl) < found.path_floor < 1e-5
        best = math.fsum(m.step_factorisation)
        assert found.path - found.approximation == pytest.approx(best, rel=1e-6)
    assert token_paths(exact).approximation < 1e-20
    assert found.approximation > 1e-9


@pytest.mark.parametrize("told", [None, (1.1, 0.6)], ids=["true", "told longer"])
@pytest.mark.parametrize("score", [None, GUESSED], ids=["exact", "guessed"])
def test_wrapped_jumps_have_their_closed_form(score, told):
    grid = grids.custom(GRID.times, told=told) if told else GRID
    more = {"score": score} if score else {}
    problem = Problem(TABLE, Uniform(), TauLeaping("wrap"), grid, start="exact", **more)
    assert token_paths(problem).path == pytest.approx(measure(problem).path_kl, rel=1e-9)


def test_what_jumps_once_cannot_follow_a_truth_that_jumps_twice():
    for sampler in (TauLeaping(), Euler()):
        problem = Problem(TABLE, Uniform(), sampler, GRID, start="exact")
        assert token_paths(problem).path == math.inf


def test_under_a_mask_a_token_jumps_once_and_it_can():
    grid = grids.even(1.0, 0.5, 6)
    problem = Problem(Parity(3), Absorbing(), TauLeaping(), grid, start="exact")
    m = measure(problem)
    assert m.chain_kl < token_paths(problem).path < 2 * m.chain_kl


def test_where_it_is_not_measured(monkeypatch):
    problem = Problem(TABLE, Uniform(), Tweedie(), GRID, start="exact")
    wrong = dataclasses.replace(problem, score=Perturbed(9.0))
    assert not clips(problem)
    assert clips(wrong)
    assert math.isnan(token_paths(wrong).path)
    frozen = dataclasses.replace(problem, sampler=FrozenScore())
    assert "no rates of tokens" in path_of_tokens.unmeasured(frozen)
    target = TwoBeliefs((0.7, 0.2, 0.1), (0.1, 0.3, 0.6), length=4)
    lumped = dataclasses.replace(problem, target=target, engine="counts")
    assert "sequences of tokens only" in path_of_tokens.unmeasured(lumped)
    masked = Problem(TABLE, Absorbing(), MaskedPlugIn(), grids.even_reveal(2), start="mask")
    assert "T = inf" in path_of_tokens.unmeasured(masked)
    to_data = dataclasses.replace(problem, grid=grids.custom((1.0, 0.0)))
    assert "ends below 1/100 of its begin" in path_of_tokens.unmeasured(to_data)
    monkeypatch.setattr(path_of_tokens, "PAIRS", 100)
    assert path_of_tokens.unmeasured(problem).startswith("9 states are too many")
    assert math.isnan(Quantities(problem).rung("path")[0])
