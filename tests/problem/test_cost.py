"""What a problem costs, before it is run: its numbers, and which programs are compiled already."""

import logging
import math
import pickle
import re
from dataclasses import dataclass, replace
from typing import ClassVar

import jax
import pytest

import harness
from harness import Problem, grids, measure
from harness.claims import Claims
from harness.measurement import chain
from harness.noise import Uniform
from harness.problem import cost as module
from harness.problem import programs, step_seconds
from harness.problem.cost import cost
from harness.problem.monte_carlo import MonteCarlo
from harness.samplers import DNDM, FrozenScore, TauLeaping, Tweedie
from harness.score import Perturbed
from toy_targets import PottsRing, RandomTable, TwoBeliefs

TIMED = module.product_seconds  # the real one
GRID = grids.even(2.0, 0.25, 16)
BELIEFS = TwoBeliefs((0.9, 0.1), (0.2, 0.8), 300)


@pytest.fixture(autouse=True)
def reference_machine(monkeypatch):
    monkeypatch.setattr(module, "product_seconds", lambda: module.FITTED_AT)


def on_ring(sampler, tokens=3, length=3, grid=GRID, **fields):
    return Problem(PottsRing(tokens, length, 1.0), Uniform(), sampler, grid, **fields)


def test_states_steps_bytes_and_flops():
    found = cost(on_ring(TauLeaping()))
    assert (found.states, found.steps) == (27, 16)
    assert found.flops == 16 * 2 * 27**2
    assert found.bytes == 8 * 27 * (6 + 2 * 3) + 24 * 9
    drawn = cost(Problem(BELIEFS, Uniform(), Tweedie(), GRID, engine=MonteCarlo(1024)))
    counts = cost(Problem(BELIEFS, Uniform(), TauLeaping(), GRID))
    assert (counts.states, drawn.states) == (301, 0)
    for each in (found, drawn, counts):
        assert {type(each.states), type(each.flops), type(each.bytes)} == {int}


def test_tokens_that_remember_have_more_states():
    plain, remembering = (on_ring(sampler, tokens=2) for sampler in (Tweedie(), DNDM(True)))
    assert cost(plain).states == 2**3
    assert cost(remembering).states == remembering.chain_space.size > 2**3


@pytest.mark.parametrize(
    "target",
    [PottsRing(3, 7, 1.0), TwoBeliefs((0.9, 0.1), (0.2, 0.8), 300)],
    ids=["states", "counts"],
)
def test_a_refusal_says_the_same(target):
    """What a run would cost, in words and as it is, where a space is one state too large."""
    problem = Problem(target, Uniform(), TauLeaping(), grids.custom((1.0, 0.75, 0.5)))
    found = cost(problem)
    with pytest.raises(harness.TooLarge, match="one step would need") as caught:
        replace(problem, max_states=problem.space.size - 1)
    assert caught.value.cost == found
    told = re.search(
        r"about ([\d,]+) bytes and ([\d,]+) flops, 2 steps about (\S+) s on this machine",
        str(caught.value),
    )
    assert told is not None
    in_words = [float(each.replace(",", "")) for each in told.groups()]
    assert in_words[:2] == pytest.approx([found.bytes, found.flops / 2], rel=1e-6)
    assert in_words[2] == pytest.approx(found.seconds, rel=0.05)
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.cost) == (str(caught.value), found)


@pytest.mark.parametrize("length", [100, 400, 10**6])
def test_what_no_float_holds_is_told_too(length):
    with pytest.raises(harness.TooLarge, match=r"steps about .* s on this machine") as caught:
        on_ring(TauLeaping(), length=length)
    found = caught.value.cost
    assert found.states == (3**length if length == 100 else math.inf)
    assert math.isfinite(found.seconds) is (length == 100)
    assert found.step.states == pytest.approx(length * math.log10(3))
    assert len(repr(found)) < 1000


def test_many_bytes_are_refused_with_the_same():
    with pytest.raises(harness.TooLarge, match=r"a step may hold 8,589,934,592 bytes at once: one"):
        on_ring(TauLeaping(), length=20, max_states=2**40)


def test_pairs_are_summed_where_the_chain_sums_them():
    assert step_seconds.PAIRED == chain.PAIRWISE_STATES


def test_seconds_grow_with_what_is_asked():
    short, long = (cost(on_ring(TauLeaping(), grid=grids.even(2.0, 0.25, n))) for n in (16, 64))
    run = step_seconds.RUN
    assert long.seconds - run == pytest.approx(4 * (short.seconds - run))
    assert cost(on_ring(TauLeaping(), length=7)).seconds > 2 * short.seconds
    frozen = on_ring(FrozenScore(), length=6)  # no product: the chain KL sums over pairs
    assert cost(frozen).seconds > 10 * cost(frozen, ("output",)).seconds
    few, many = (
        cost(Problem(BELIEFS, Uniform(), Tweedie(), GRID, engine=MonteCarlo(draws)))
        for draws in (1024, 4096)
    )
    assert many.seconds > 3 * few.seconds


def test_seconds_are_those_of_this_machine(monkeypatch):
    problem = on_ring(TauLeaping())
    before = cost(problem)
    monkeypatch.setattr(module, "product_seconds", lambda: 3 * module.FITTED_AT)
    after = cost(problem)
    assert after.seconds == pytest.approx(3 * before.seconds)
    assert after.compiling == pytest.approx(3 * before.compiling)


def test_the_product_is_timed_once():
    TIMED.cache_clear()
    first = TIMED()
    assert 0 < first < 60
    assert TIMED() == first


def test_an_unknown_quantity():
    with pytest.raises(ValueError, match=r"a cost is known of .*, got \['tv'\]"):
        cost(on_ring(TauLeaping()), ("tv",))


@dataclass(frozen=True)
class Mine:
    """Tweedie under a name of its own, which no other test has run."""

    fair: bool = True
    claims: ClassVar[Claims] = Tweedie.claims

    def step(self, score, noise, x, t, s):
        return Tweedie().step(score, noise, x, t, s)


def compiled_by(problem, caplog):
    """How many programs JAX compiles, or fetches from a cache on disk, to measure ``problem``."""
    caplog.clear()
    with jax.log_compiles(True), caplog.at_level(logging.WARNING):
        measure(problem)
    return sum(record.getMessage().startswith("Compiling ") for record in caplog.records)


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (on_ring(Mine(), grid=grids.geometric(2.0, 0.1, 0.3)), True),
        (Problem(RandomTable(3, 3, seed=1), Uniform(), Mine(), GRID), True),
        (on_ring(Mine(fair=False)), False),
        (on_ring(Mine(), length=2), False),
        (on_ring(Mine(), score=Perturbed(score_error=0.01)), False),
    ],
    ids=["grid", "target", "sampler", "space", "score"],
)
def test_compiled_means_that_jax_compiles_nothing(other, same, caplog):
    """The claim of ``Program``, against what JAX itself says that it compiles."""
    jax.clear_caches()
    programs.forget()
    problem = on_ring(Mine())
    assert not cost(problem).compiled
    assert compiled_by(problem, caplog) > 0
    assert cost(problem).compiled
    assert cost(other).compiled is same
    assert (compiled_by(other, caplog) == 0) is same
