"""Draws of samplers that reveal masks or remember; chains of a batch are independent.

Random tests have fixed keys and share one false-alarm budget.
"""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers.revealing_problems import EVEN, IDS, MINE, REMEMBERING, TABLE, data, masked
from referee import reference

from harness import Problem, grids, output_law, simulate
from harness.engines.draws import random_order
from harness.engines.sequences import step_laws
from harness.foundation import registry
from harness.noise import Absorbing, Uniform
from harness.samplers import FirstHitting
from harness.statistics import counts_test, draws_test, false_alarm_each
from toy_targets import RandomTable

RANDOM_TESTS = 40
LEVEL = false_alarm_each(RANDOM_TESTS)
SPENT: list[str] = []


@pytest.fixture(scope="module", autouse=True)
def _budget():
    """Every random comparison is counted, and all together spend 1e-6 at most."""
    SPENT.clear()
    yield
    assert len(SPENT) <= RANDOM_TESTS


# Draws.


@pytest.mark.parametrize("sampler", MINE + REMEMBERING, **IDS)
def test_draws_follow_the_law(sampler):
    noise = Absorbing() if sampler.claims.needs_mask else Uniform()
    problem = Problem(TABLE, noise, sampler, EVEN, start="noise")
    SPENT.append(registry.label(sampler))
    result = draws_test(simulate(problem, key=21, chains=100_000), output_law(problem), LEVEL)
    assert result.passed, result.reason
    assert result.detectable_tv < 0.025


def first_step():
    """Two chains out of three have a token revealed; who and when is up to each."""
    return masked(RandomTable(2, 4, seed=6), FirstHitting(), grids.reveal([0.0, 0.3]))


def pairs_of_chains(problem, key):
    """Which tokens two neighbours in the batch have revealed, against independence."""
    shown = (simulate(problem, key=key, chains=100_000) != 2) @ (1 << np.arange(4))
    pattern = np.array(
        [0.3 ** bin(a).count("1") * 0.7 ** (4 - bin(a).count("1")) for a in range(16)]
    )
    counts = np.zeros((16, 16), int)
    np.add.at(counts, (shown[::2], shown[1::2]), 1)
    return counts_test(counts, np.outer(pattern, pattern), LEVEL, lost=0)


def test_chains_of_a_batch_hit_independently():
    SPENT.append("independent chains")
    result = pairs_of_chains(first_step(), key=22)
    assert result.passed, result.reason
    assert result.detectable_shift < 0.01


def test_times_shared_by_a_batch_are_caught(monkeypatch):
    """Teeth: one draw of who moves, for all chains."""
    uniform = jax.random.uniform

    def shared(key, shape, dtype):
        if len(shape) == 2:
            return jnp.broadcast_to(uniform(key, shape[1:], dtype), shape)
        return uniform(key, shape, dtype)

    SPENT.append("shared times")
    monkeypatch.setattr(jax.random, "uniform", shared)
    jax.clear_caches()
    try:
        assert not pairs_of_chains(first_step(), key=22).passed
    finally:
        jax.clear_caches()


def test_the_published_times_give_the_number_of_masks():
    """``1 - e^{-t'} = (1 - e^{-t}) U^{1/m}``, hit by hit, drawn with numpy."""
    rng, chains, d = np.random.default_rng(23), 100_000, 4
    hidden, left = np.ones(chains), np.full(chains, d)
    stop = 1 - 0.3
    for _ in range(d):
        after = hidden * rng.random(chains) ** (1 / np.maximum(left, 1))
        hits = (after > stop) & (left > 0)
        hidden, left = np.where(hits, after, 0.0), left - hits
    law = np.zeros(d + 1)
    problem = first_step()
    x = reference.states(data(problem))
    np.add.at(law, (x == 2).sum(1), output_law(problem).ravel())
    SPENT.append("published times")
    result = counts_test(np.bincount(left, minlength=d + 1), law, LEVEL, lost=0)
    assert result.passed, result.reason


def test_a_token_takes_one_turn_and_none_is_rejected():
    """To the data in one step: who moves is one draw, and then as many as there are tokens."""
    drawn = []
    problem = masked(RandomTable(2, 4, seed=6), FirstHitting(), grids.even_reveal(1))
    table = step_laws.step_law(problem, math.inf, 0.0)
    with jax.enable_x64(True), jax.disable_jit():
        uniform = jax.random.uniform

        def counted(key, shape, dtype):
            drawn.append(shape)
            return uniform(key, shape, dtype)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(jax.random, "uniform", counted)
            state = jnp.full(7, problem.sequences.size - 1, jnp.int32)
            after = random_order._draw(table, problem.sequences, state, jax.random.key(0))
    assert drawn == [(7, 4)] + 4 * [(7,)]
    assert (np.asarray(problem.sequences.decode(after)) < 2).all()
