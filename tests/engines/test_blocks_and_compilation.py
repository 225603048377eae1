"""Blocks, pieces, flags, compilations and memory change nothing of a law on sequences."""

import dataclasses
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers.refereed_problems import EVEN, FINE, LABELS, SAMPLERS, SKEW, TABLE, TOLD, agree
from referee import reference

import harness.process.space
from harness import Problem, grids, measure, output_law
from harness.engines.sequences.tokens import push_product
from harness.noise import RateMatrix, Uniform
from harness.samplers import FrozenScore, TauLeaping, Tweedie
from harness.score import Perturbed
from harness.space import Sequences
from toy_targets import MarkovChain, RandomTable


@pytest.fixture
def small_blocks(monkeypatch):
    """Few rows at a time in products and tables, and nothing compiled with more of them."""
    monkeypatch.setattr(harness.process.space, "PRODUCT_ROWS", 4)
    monkeypatch.setattr(harness.process.space, "TABLE_ENTRIES", 100)
    jax.clear_caches()
    yield
    jax.clear_caches()


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("target", [TABLE, MarkovChain.binary(5, 0.3)], **LABELS)
def test_blocks_do_not_change_the_law(target):
    assert target.space.product_rows == (3 if target.space.tokens == 3 else 4)
    assert len(target.space.blocks()) == (1 if target.space.tokens == 3 else 4)
    for sampler in (TauLeaping(), TauLeaping("lose")):
        agree(Problem(target, Uniform(), sampler, EVEN))


@pytest.mark.parametrize("sampler", SAMPLERS, **LABELS)
def test_blocks_do_not_change_what_is_measured(sampler, monkeypatch):
    problem = Problem(
        RandomTable(2, 6, seed=4), Uniform(), sampler, EVEN, Perturbed(score_error=0.1, seed=2)
    )
    whole = measure(problem)
    monkeypatch.setattr(harness.process.space, "PRODUCT_ROWS", 4)
    monkeypatch.setattr(harness.process.space, "TABLE_ENTRIES", 100)
    assert len(problem.space.blocks()) == 8
    jax.clear_caches()
    again = measure(dataclasses.replace(problem))
    for name in ("kl", "chain_kl", "path_kl", "score_error", "lost_mass", "clipped"):
        assert getattr(again, name) == pytest.approx(getattr(whole, name), rel=1e-11, nan_ok=True)
    jax.clear_caches()


@pytest.mark.parametrize(("tokens", "length"), [(2, 1), (2, 5), (3, 3), (5, 2)])
@pytest.mark.parametrize("block", [1, 7, 10**6])
def test_any_block_gives_the_sum_over_all_states(monkeypatch, tokens, length, block):
    monkeypatch.setattr(harness.process.space, "PRODUCT_ROWS", block)
    space, rng = Sequences(tokens, length), np.random.default_rng(block)
    assert space.size % space.product_rows == 0
    law = rng.dirichlet(np.ones(space.size))
    p = rng.dirichlet(np.ones(tokens), (space.size, length))
    x = reference.states(law.reshape(space.shape))
    want = law @ np.prod([p[:, i, x[:, i]] for i in range(length)], axis=0)
    with jax.enable_x64(True):
        pushed = push_product(space, jnp.asarray(law), jnp.asarray(p))
    np.testing.assert_allclose(pushed, want, rtol=1e-13)


def test_a_long_generator_step_is_cut_in_pieces():
    """About 300 expected events a step; the law stays positive and accurate."""
    fast = RateMatrix(np.array(SKEW.rows) * 100)
    problem = Problem(TABLE, fast, FrozenScore(), grids.custom((1.0, 0.2)))
    agree(problem, rtol=1e-10)


@pytest.mark.parametrize("sampler", [TauLeaping("clip"), Tweedie(), FrozenScore()], **LABELS)
def test_float64_whatever_the_flags(sampler):
    assert not jax.config.jax_enable_x64, "the suite runs under JAX's default, 32 bits"
    problem = Problem(TABLE, SKEW, sampler, EVEN, FINE)
    plain, first = output_law(problem), measure(problem)
    agree(problem)
    with jax.enable_x64(True):
        again = dataclasses.replace(problem, score=Perturbed(size=0.2, seed=5))
        agree(again)
        np.testing.assert_array_equal(output_law(again), plain)
        assert measure(again) == first
    assert jnp.ones(1).dtype == jnp.float32, "the caller's flags are left as they were"


@pytest.fixture(scope="module")
def compilations():
    """How often XLA has compiled, as a function."""
    seen: list[str] = []

    def listen(event: str, duration: float, **_: object) -> None:
        if event.endswith("backend_compile_duration"):
            seen.append(event)

    jax.monitoring.register_event_duration_secs_listener(listen)
    return lambda: len(seen)


@pytest.mark.parametrize("sampler", [TauLeaping(), FrozenScore()], **LABELS)
def test_another_problem_of_the_same_shape_compiles_nothing(compilations, sampler):
    """Not for other times, step counts, data laws, generators or sizes of score error."""
    problem = Problem(TABLE, SKEW, sampler, EVEN, Perturbed(score_error=0.02))
    measure(problem)
    before = compilations()
    for change in (
        {"grid": grids.even(2.0, 0.2, 7)},
        {"grid": TOLD},
        {"target": RandomTable(3, 2, seed=99)},
        {"noise": RateMatrix(np.array(SKEW.rows).T - np.diag(np.sum(SKEW.rows, 0)))},
        {"score": Perturbed(size=0.4, seed=8)},
        {"score": Perturbed(score_error=0.01)},
        {"start": "exact"},
    ):
        measure(dataclasses.replace(problem, **change))
    assert compilations() == before
    measure(dataclasses.replace(problem, target=RandomTable(3, 3, seed=1)))
    # Teeth: the count does see a compilation.
    jax.jit(lambda x: x + sampler.claims.chain_order + 2)(jnp.ones(before % 1000 + 3))
    assert compilations() > before


def test_more_states_than_one_batch_of_rows_compile_nothing_either(compilations):
    """128 states: their transition matrix is made 64 rows at a time."""
    problem = Problem(RandomTable(2, 7, seed=1), Uniform(), FrozenScore(), grids.even(1.0, 0.2, 2))
    measure(problem)
    before = compilations()
    measure(dataclasses.replace(problem, grid=grids.even(2.0, 0.1, 3)))
    assert compilations() == before


@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak from /proc")
def test_memory_at_the_largest_space():
    """65,536 states, where one array of pairs of states would take 34 GB."""
    code = """
import pathlib, re
from harness import Problem, grids, measure
from harness.noise import Uniform
from harness.samplers import TauLeaping
from toy_targets import PottsRing
m = measure(Problem(PottsRing(2, 16, 0.5, 0.3), Uniform(), TauLeaping(), grids.even(1.0, 0.2, 2)))
assert 0 < m.kl < m.chain_kl, m
# Not ru_maxrss, which begins at what the parent held when it started this process.
status = pathlib.Path("/proc/self/status").read_text()
print(1024 * int(re.search(r"VmHWM:\\s+(\\d+) kB", status)[1]))
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 2 * 2**30
