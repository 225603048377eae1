"""What a problem costs, before it is run: its numbers, and which programs are compiled already."""

import logging
import re
from dataclasses import dataclass, replace
from typing import ClassVar

import jax
import pytest

from harness import Problem, grids, measure
from harness.claims import Claims
from harness.engines import programs
from harness.measurement import cost as module
from harness.measurement.cost import cost
from harness.noise import Uniform
from harness.problem.monte_carlo import MonteCarlo
from harness.samplers import FrozenScore, TauLeaping, Tweedie
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
    assert (round(found.states), found.steps) == (27, 16)
    assert found.flops == pytest.approx(16 * 2 * 27**2)
    assert found.bytes == pytest.approx(8 * 27 * (6 + 2 * 3) + 24 * 9)


@pytest.mark.parametrize(
    "target",
    [PottsRing(3, 7, 1.0), TwoBeliefs((0.9, 0.1), (0.2, 0.8), 300)],
    ids=["states", "counts"],
)
def test_a_refusal_says_the_same(target):
    """Bytes and flops of a step, in the message of a space that is one state too large."""
    problem = Problem(target, Uniform(), TauLeaping(), grids.custom((1.0, 0.5)))
    found = cost(problem)
    with pytest.raises(ValueError, match="one step would need") as caught:
        replace(problem, max_states=problem.space.size - 1)
    told = re.search(r"about ([\d,]+) bytes and ([\d,]+) flops", str(caught.value))
    assert told is not None
    told = [int(each.replace(",", "")) for each in told.groups()]
    assert told == pytest.approx([found.bytes, found.flops], rel=1e-6)


def test_seconds_grow_with_what_is_asked():
    short, long = (cost(on_ring(TauLeaping(), grid=grids.even(2.0, 0.25, n))) for n in (16, 64))
    assert long.seconds == pytest.approx(4 * short.seconds)
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
