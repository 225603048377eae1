"""The simulator draws from the laws that the exact engine computes.

Every random test here has a fixed key and an equal share of one false-alarm budget: a correct
library fails any of them with probability 1e-6 at most, had the keys been drawn at random.
"""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import generic_samplers

from harness import Problem, grids, output_law, simulate, statistics
from harness.engines.draws import from_tables
from harness.engines.draws import simulate as simulator
from harness.engines.sequences import by_kind
from harness.foundation import registry
from harness.noise import CyclicWalk, RateMatrix, Uniform
from harness.samplers import FrozenScore, TauLeaping, Tweedie
from harness.score import Perturbed
from harness.space import Sequences
from harness.statistics import DrawsTest, draws_test
from harness.step import Generator, Tokens
from toy_targets import Parity, RandomTable

SAMPLERS = generic_samplers.SAMPLERS
NOISES = [Uniform(), CyclicWalk(), RateMatrix([[-1.5, 1, 0.5], [0.25, -0.75, 0.5], [2, 1, -3]])]
TARGET = RandomTable(3, 2, seed=3)
GRID = grids.even(2.0, 0.2, 3)
CHAINS = 200_000
DETECTABLE_TV = 0.015  # what every comparison sees with probability 0.99

RANDOM_TESTS = len(SAMPLERS) * len(NOISES) + 8
"""How many comparisons share the budget; each spends ``LEVEL``."""
LEVEL = statistics.false_alarm_each(2 * RANDOM_TESTS)  # helpers/long_problems.py has the other half
SPENT: list[str] = []


def compared(name: str, problem: Problem, key: int, law: np.ndarray | None = None) -> DrawsTest:
    """Draws of ``problem`` against ``law``, its own by default, for one share of the budget."""
    SPENT.append(name)
    draws = simulate(problem, key=key, chains=CHAINS)
    result = draws_test(draws, output_law(problem) if law is None else law, LEVEL)
    print(f"{name}: {result.reason}; detectable TV {result.detectable_tv:.4f}")
    assert result.draws == CHAINS
    assert result.false_alarm == LEVEL
    assert result.detectable_tv < DETECTABLE_TV
    return result


@pytest.fixture(scope="module", autouse=True)
def _budget():
    """The constant counts every comparison that was made."""
    SPENT.clear()
    yield
    assert len(SPENT) <= RANDOM_TESTS


def test_the_budget_is_not_overspent():
    assert RANDOM_TESTS * LEVEL <= 1e-6
    assert statistics.FALSE_ALARM == 1e-6


@pytest.mark.parametrize("noise", NOISES, ids=["uniform", "cyclic", "skew"])
@pytest.mark.parametrize("sampler", SAMPLERS, ids=registry.label)
def test_draws_follow_the_output_law(sampler, noise):
    problem = Problem(TARGET, noise, sampler, GRID)
    name = f"{registry.label(sampler)} with {registry.label(noise)}"
    result = compared(name, problem, key=11)
    assert result.passed, result.reason


def test_draws_of_a_perturbed_score_from_an_exact_start_with_told_steps():
    """Two comparisons: steps of independent tokens, and a generator."""
    told = grids.custom(GRID.times, told=(0.9, 0.4, 0.7))
    for sampler in (Tweedie(), FrozenScore()):
        problem = Problem(TARGET, NOISES[2], sampler, told, Perturbed(0.3, seed=1), start="exact")
        assert compared(f"told {registry.label(sampler)}", problem, key=12).passed


def test_draws_of_three_tokens_without_early_stopping():
    """Two comparisons."""
    for sampler in (Tweedie(), FrozenScore()):
        problem = Problem(Parity(3), Uniform(), sampler, grids.custom((3.0, 0.8, 0.0)))
        result = compared(f"parity {registry.label(sampler)}", problem, key=13)
        assert result.passed, result.reason


def test_lost_chains_are_rows_of_minus_one():
    problem = Problem(TARGET, Uniform(), TauLeaping("lose"), grids.even(3.0, 0.0, 4))
    lost = 1 - output_law(problem).sum()
    assert lost > 0.1
    result = compared("lost chains", problem, key=14)
    assert result.passed, result.reason
    draws = simulate(problem, key=14, chains=CHAINS)
    gone = (draws == -1).all(1)
    assert (gone == (draws == -1).any(1)).all()
    assert draws[~gone].min() >= 0
    assert gone.mean() == pytest.approx(lost, abs=DETECTABLE_TV)
    kept = dataclasses.replace(problem, sampler=TauLeaping("clip"))
    assert simulate(kept, key=14, chains=1000).min() >= 0


# Teeth.


def test_a_sampler_that_is_not_the_one_claimed_is_caught():
    """Three comparisons that must fail: the wrong rule, the wrong noise, one step too few."""
    problem = Problem(TARGET, Uniform(), TauLeaping(), GRID)
    for name, wrong in (
        ("wrong rule", {"sampler": TauLeaping("reject")}),
        ("wrong noise", {"noise": NOISES[2]}),
        ("wrong grid", {"grid": grids.even(2.0, 0.2, 2)}),
    ):
        law = output_law(dataclasses.replace(problem, **wrong))
        assert abs(law - output_law(problem)).sum() / 2 > DETECTABLE_TV
        assert not compared(name, problem, key=15, law=law).passed


# Keys.


@pytest.mark.parametrize("sampler", [TauLeaping(), FrozenScore()], ids=registry.label)
def test_equal_keys_give_equal_draws(sampler):
    problem = Problem(TARGET, Uniform(), sampler, GRID)
    first = simulate(problem, key=1, chains=500)
    assert (first.shape, first.dtype) == ((500, 2), np.int32)
    np.testing.assert_array_equal(simulate(problem, key=1, chains=500), first)
    np.testing.assert_array_equal(simulate(problem, key=jax.random.key(1), chains=500), first)
    np.testing.assert_array_equal(simulate(problem, key=np.int64(1), chains=500), first)
    with jax.enable_x64(True):
        np.testing.assert_array_equal(simulate(problem, key=1, chains=500), first)
    other = simulate(problem, key=2, chains=500)
    # Independent rows agree about one time in nine.
    assert 0.02 < (other == first).all(1).mean() < 0.4


def test_chains_and_tokens_do_not_share_their_randomness():
    """Two independent fair bits agree half of the time, in a chain as between chains."""
    problem = Problem(Parity(3), Uniform(), Tweedie(), grids.custom((3.0, 0.8)))
    x = simulate(problem, chains=2000)
    for a, b in ((x[:, 0], x[:, 1]), (x[:, 1], x[:, 2]), (x[:1000], x[1000:])):
        assert 0.4 < (a == b).mean() < 0.6


def test_another_step_count_compiles_nothing():
    problem = Problem(TARGET, Uniform(), FrozenScore(), GRID)
    simulate(problem, chains=500)
    compiled = simulator._chunk._cache_size()
    simulate(dataclasses.replace(problem, grid=grids.even(1.0, 0.1, 6)), chains=500)
    assert simulator._chunk._cache_size() == compiled


# Resolution: rare outcomes by their uniforms, not by luck.

RARE = 1e-9
EPS = 2.0**-52


@pytest.fixture
def uniforms(monkeypatch):
    """``set(u)``: the next uniforms that the simulator draws, in place of random ones."""
    given = []

    def instead(key, shape, dtype):
        assert dtype == jnp.float64
        return jnp.broadcast_to(jnp.asarray(given[-1], dtype), shape)

    compiled = (simulator._draw_start, from_tables._draw_tokens, from_tables._draw_generator)
    monkeypatch.setattr(jax.random, "uniform", instead)
    for function in compiled:
        function.clear_cache()
    yield given.append
    for function in compiled:
        function.clear_cache()


def draw(space, law, state):
    with jax.enable_x64(True):
        state, key = jnp.asarray(state, jnp.int32), jax.random.key(0)
        return np.asarray(by_kind.draw(law, space, state, key))


def test_uniforms_are_drawn_in_float64():
    """A float32 uniform is a multiple of 2^-24; a float64 one almost never is."""
    with jax.enable_x64(True):
        u = np.asarray(jax.random.uniform(jax.random.key(3), (1000,), jnp.float64))
    assert (u * 2**24 % 1 != 0).mean() > 0.99
    np.testing.assert_array_equal(u * 2**52 % 1, 0)


@pytest.mark.parametrize("rare", [1e-9, 1e-15])
def test_a_rare_start_is_drawn(uniforms, rare):
    law, u = np.array([0.5, 0.5 - rare, rare]), np.array([0.0, 0.6, 1 - 2 * rare, 1 - rare / 2])
    uniforms(u)
    with jax.enable_x64(True):
        state = simulator._draw_start(jnp.asarray(law), jax.random.key(0), chains=4)
    np.testing.assert_array_equal(state, [0, 1, 1, 2])


def test_a_rare_token_is_drawn(uniforms):
    """The last cell of ``(1 - 1e-9, 1e-9)`` begins at ``1 - 1e-9``, to 1e-15."""
    p = np.broadcast_to([1 - RARE, RARE], (4, 2, 2))
    u = np.array([0.5, 1 - RARE - 1e-15, 1 - RARE + 1e-15, 1 - EPS])
    uniforms(u[:, None] * [1.0, 0.0])
    np.testing.assert_array_equal(draw(Sequences(2, 2), Tokens(p), [0] * 4), [0, 0, 2, 2])


def test_a_rare_loss_is_drawn(uniforms):
    p, lost = np.broadcast_to([0.5, 0.5 - RARE], (4, 2, 2)), np.full((4, 2), RARE)
    u = np.array([0.0, 0.6, 1 - RARE - 1e-15, 1 - RARE + 1e-15, 1 - EPS])
    uniforms(u[:, None] * [0.0, 1.0])
    found = draw(Sequences(2, 2), Tokens(p, lost=lost), [3] * 5)
    np.testing.assert_array_equal(found, [0, 1, 1, -1, -1])
    uniforms(np.zeros((1, 2)))
    np.testing.assert_array_equal(draw(Sequences(2, 2), Tokens(p, lost=lost), [-1]), [-1])


@pytest.mark.parametrize("empty", [0, 1, 2])
def test_an_empty_cell_is_never_drawn(uniforms, empty):
    """Not with the smallest or the largest uniform, nor where rounding leaves a gap at the end."""
    p = np.full(3, 0.3)  # sums to 0.6
    p[empty] = 0
    uniforms(np.array([0.0, EPS, 0.5 - EPS, 0.5, 0.5 + EPS, 1 - EPS])[:, None])
    found = draw(Sequences(3, 1), Tokens(np.broadcast_to(p, (3, 1, 3))), [0] * 6)
    low, high = sorted({0, 1, 2} - {empty})
    np.testing.assert_array_equal(found, [low, low, low, high, high, high])


def test_a_rare_jump_is_drawn(uniforms):
    """Rate 1 for a time 1e-9: the first event comes in time for a uniform below 1e-9."""
    rates = np.zeros((2, 1, 2))
    rates[0, 0, 1] = rates[1, 0, 0] = 1.0
    # The second event waits as long as the first, and is too late in every row.
    waits = np.array([0.6 * RARE, RARE - 1e-15, RARE + 1e-15, 0.5])
    uniforms(np.stack([waits, np.full(4, 0.25)]))
    found = draw(Sequences(2, 1), Generator(rates, RARE), [0, 0, 0, 0])
    np.testing.assert_array_equal(found, [1, 1, 0, 0])


def test_a_rare_destination_is_drawn(uniforms):
    """From 0 to 1 at rate 1, to 2 at rate 1e-9, the only events; uniforms near 1 reach 2."""
    rates = np.zeros((3, 1, 3))
    rates[0, 0] = [0, 1 - RARE, RARE]
    rates[1:, 0, 0] = 1e-300
    uniforms(np.stack([np.full(3, 0.3), [0.5, 1 - RARE - 1e-15, 1 - EPS]]))
    found = draw(Sequences(3, 1), Generator(rates, 0.4), [0, 0, 0])
    np.testing.assert_array_equal(found, [1, 1, 2])
