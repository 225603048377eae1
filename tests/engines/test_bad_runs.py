"""Runs that cannot be, and steps that are no law, are refused in words."""

import dataclasses
import math
import re
from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers.plain_problem import GRID, problem
from jax.tree_util import Partial
from scipy.linalg import expm

from harness import (
    Problem,
    check,
    check_sweep,
    grids,
    measure,
    measure_many,
    output_law,
    simulate,
)
from harness.complexity import steps_to
from harness.engines.sequences import by_kind
from harness.engines.sequences.generator import push_generator
from harness.foundation.precision import float64
from harness.noise import CyclicWalk, Noise, RateMatrix, Uniform
from harness.numerics import divergence
from harness.samplers import FrozenScore, Tweedie
from harness.space import Sequences
from harness.step import Generator, Tokens, Varying
from toy_targets import RandomTable

NAN, INF = math.nan, math.inf

BAD_RUNS = [
    # runs
    (lambda: simulate(problem(), chains=-1), ValueError, "chains must be at least 1, got -1"),
    (lambda: simulate(problem(), chains=0), ValueError, "chains must be at least 1, got 0"),
    (lambda: simulate(problem(), chains=1e3), TypeError, "chains must be an integer, got 1000.0"),
    (lambda: simulate(problem(), key=-1), ValueError, "key must be at least 0, got -1"),
    *(
        (
            partial(simulate, problem(), key=key),
            TypeError,
            f"key must be an integer or one JAX {end}",
        )
        for key, end in (
            (True, "key, got True"),
            ("a", "key, got 'a'"),
            (1.0, "key, got 1.0"),
            (jax.random.split(jax.random.key(0), 3), "key, got Array((3,)"),
            (jnp.zeros(2), "key, got Array([0"),
        )
    ),
    *(
        (partial(call, "x"), TypeError, f"{thing} must be a Problem, got 'x'")
        for call, thing in (
            (measure, "problem"),
            (simulate, "problem"),
            (output_law, "problem"),
            (check, "problem"),
            (lambda x: check_sweep([problem(), x], "step"), "problems[1]"),
        )
    ),
    (
        lambda: output_law(problem(), engine="conts"),
        ValueError,
        "no engine named 'conts'; did you mean 'counts'?",
    ),
    (lambda: steps_to(problem(), 0.0), ValueError, "kl must be above 0, got 0"),
    (
        lambda: steps_to(problem(grid=grids.custom((2.0, 1.0))), 0.1),
        ValueError,
        "only a grid with a recipe can be refined",
    ),
    (
        lambda: divergence.kl(np.ones(2), np.ones(3)),
        ValueError,
        "the two laws must have the same shape, got (2,) and (3,)",
    ),
]


@pytest.mark.parametrize(
    ("make", "error", "message"), BAD_RUNS, ids=[message for *_, message in BAD_RUNS]
)
def test_bad_runs(make, error, message):
    with pytest.raises(error, match=re.escape(message)):
        make()


@dataclass(frozen=True)
class Bare:
    """A target of which nothing was checked."""

    table: tuple
    space: ClassVar = Sequences(2, 2)

    def log_law(self):
        return np.log(self.table)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (
            ((0.5, 0.1), (0.1, 0.1)),
            "law of Bare(table=((0.5, 0.1), (0.1, 0.1))) must sum to 1, got 0.8",
        ),
        ((0.5, 0.5), "log_law of Bare(table=(0.5, 0.5)) must have shape (2, 2), got (2,)"),
        (((NAN, 0.5), (0.5, 0.0)), "must sum to 1, got nan"),
    ],
)
@pytest.mark.filterwarnings("ignore:divide by zero")
def test_a_target_without_a_law(table, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        output_law(Problem(Bare(table), Uniform(), Tweedie(), GRID))


@dataclass(frozen=True)
class Says:
    """A sampler whose step is ``law(x, ratios)``."""

    law: object

    @property
    def claims(self):
        return Tweedie().claims

    def step(self, score, noise, x, t, s):
        return self.law(x, score(t, x))


def fair(x, ratios):
    return jnp.full(ratios.shape, 1 / 3)


def test_a_fair_sampler_says_a_law():
    assert output_law(problem(sampler=Says(lambda *a: Tokens(fair(*a))))) == pytest.approx(1 / 9)


def constant(rate, u, y):
    """``rate`` to any other token, at all times."""
    return jnp.where(y[..., None] == jnp.arange(2), 0.0, rate)


def a_third(u, y):
    return jnp.full((*y.shape, 3), 1 / 3)


ANY_TIME = Partial(a_third)
SHAPE = r"must return a law of shape (9, 2, 3) (states, slots, tokens), got "
SUM = "must sum to 1 with its lost mass and have no negative entry; "
RATES = " at t=2 must be finite and not negative, "
WRONG = {
    "one token": (lambda *a: Tokens(fair(*a)[:, :1]), ValueError, SHAPE + "(9, 1, 3)"),
    "no batch": (lambda *a: Tokens(fair(*a)[0]), ValueError, SHAPE + "(2, 3)"),
    "one rate": (lambda x, r: Generator(r[..., :1], 1.0), ValueError, SHAPE + "(9, 2, 1)"),
    "an array": (
        fair,
        TypeError,
        "a sampler's step must return Tokens, Generator, ",
    ),
    "nothing": (lambda *a: None, TypeError, "RandomOrder or Kernel, got None"),
    "half": (lambda *a: Tokens(fair(*a) / 2), FloatingPointError, SUM),
    "lost twice": (lambda *a: Tokens(fair(*a), lost=0.1), FloatingPointError, SUM),
    "negative": (
        lambda *a: Tokens(fair(*a) * jnp.array([4.0, -0.5, -0.5])),
        FloatingPointError,
        SUM,
    ),
    "nan": (lambda *a: Tokens(fair(*a) * NAN), FloatingPointError, SUM + "nan is unaccounted for"),
    "negative rates": (lambda x, r: Generator(-r, 1.0), FloatingPointError, RATES),
    "nan rates": (
        lambda x, r: Generator(r * NAN, 1.0),
        FloatingPointError,
        RATES + "got nan to nan",
    ),
    "infinite rates": (lambda x, r: Generator(r * INF, 1.0), FloatingPointError, RATES),
    "endless": (
        lambda x, r: Generator(fair(x, r), INF),
        FloatingPointError,
        "jumps at most, got inf",
    ),
    "too many jumps": (
        lambda x, r: Generator(fair(x, r), 1e8),
        FloatingPointError,
        "must expect 1e+07 jumps at most, got 2e+08",
    ),
    "from infinity": (
        lambda x, r: Varying(ANY_TIME, INF, 1.0, 2.0),
        FloatingPointError,
        "must begin at a finite time, got inf",
    ),
}


def test_what_cannot_be_followed_is_nan_at_once():
    """By itself, where no account is made of it: no run of all its jumps, and none of a part."""
    with float64():
        space, rates = Sequences(2, 1), jnp.array([[[0.0, 1.0]], [[1.0, 0.0]]])

        def pushed(h, law):
            return push_generator(space, jnp.array([0.5, 0.5]), replace(law, duration=h))[0]

        for law in (Generator(rates, INF), Generator(rates, 1e8), Generator(rates * INF, 1.0)):
            assert np.isnan(by_kind.transitions(law, space)[0]).all()
            assert np.isnan(jax.grad(pushed)(law.duration, law))
        for rate, begin in ((1.0, INF), (INF, 2.0), (1e12, 2.0), (NAN, 2.0)):
            law = Varying(Partial(constant, rate), begin, 1.0, rate)
            assert np.isnan(by_kind.transitions(law, space)[0]).all()
        exact = by_kind.transitions(Varying(Partial(constant, 1.0), 2.0, 1.0, 1.0), space)[0]
        np.testing.assert_allclose(exact, expm([[-1.0, 1.0], [1.0, -1.0]]), rtol=1e-12)


@pytest.mark.parametrize("run", [output_law, simulate])
@pytest.mark.parametrize(("law", "error", "message"), WRONG.values(), ids=WRONG)
def test_a_step_that_is_no_law(law, error, message, run):
    """The simulator refuses what the exact engine does: an inverse transform would hide it."""
    with pytest.raises(error, match=re.escape(message)):
        run(problem(sampler=Says(law)))


@pytest.mark.parametrize("run", [output_law, simulate, measure])
def test_a_step_that_float64_cannot_carry(run):
    long = problem(noise=CyclicWalk(), grid=grids.custom((40.0, 0.1)))
    with pytest.raises(FloatingPointError, match=r"step law of tweedie at t=40 .* take more steps"):
        run(long)


def nan_in_one_row(kind):
    """A law with nan where all tokens are 0, as 0/0 leaves it."""

    def law(x, ratios):
        first = (x == 0).all(-1)[:, None, None]
        if kind is Tokens:
            return Tokens(jnp.where(first, NAN, jnp.full(ratios.shape, 1 / ratios.shape[-1])))
        own = x[..., None] == jnp.arange(ratios.shape[-1])
        return Generator(jnp.where(own, 0.0, jnp.where(first, NAN, ratios)), 0.1)

    return Says(law)


@pytest.mark.parametrize("kind", [Tokens, Generator], ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("shape", [(2, 2), (3, 3), (2, 5), (4, 4), (3, 6)])
def test_a_nan_is_seen_on_spaces_of_any_size(shape, kind):
    """``min`` and ``max`` of compiled loops pass over one; alone and among good problems."""
    sampler = nan_in_one_row(kind)
    bad = [Problem(RandomTable(*shape, k), Uniform(), sampler, GRID) for k in range(16)]
    with pytest.raises(FloatingPointError, match="nan") as alone:
        measure(bad[0], output_only=True)
    if math.prod(shape) > 10:
        return
    for each in measure_many(bad, output_only=True, errors="return"):
        assert isinstance(each, FloatingPointError)
        assert str(each) == str(alone.value)


@dataclass(frozen=True)
class OfMyOwn(Noise):
    """No pytree: a constant of what is compiled, if it can be one."""

    rates: object

    def rate_matrix(self, tokens):
        return jnp.asarray(self.rates)


def test_a_noise_that_jax_does_not_know():
    rows = ((-1.0, 1.0), (0.5, -0.5))
    for sampler in (Tweedie(), FrozenScore()):
        own, ours = (
            measure(Problem(RandomTable(2, 2, 0), noise, sampler, GRID, start="exact"))
            for noise in (OfMyOwn(rows), RateMatrix(rows))
        )
        assert own.kl == pytest.approx(ours.kl, rel=1e-12)
    with pytest.raises(TypeError, match="hashable or a pytree of JAX; register OtherArrays"):
        Problem(RandomTable(2, 2, 0), OtherArrays(np.array(rows)), Tweedie(), GRID)


@dataclass(frozen=True)
class OtherArrays(OfMyOwn):
    """What it holds cannot be hashed."""


@dataclass(frozen=True)
class ChangesItsMind:
    """On the host: a table at first, a generator later."""

    claims = dataclasses.replace(Tweedie().claims, on_host=True)

    def step(self, score, noise, x, t, s):
        ratios = np.asarray(score(t, x))
        if t > 1:
            return Tokens(np.full(ratios.shape, 0.5))
        return Generator(np.zeros(ratios.shape), 0.1)


def test_laws_made_on_the_host_are_of_one_kind():
    problem = Problem(RandomTable(2, 2, 0), Uniform(), ChangesItsMind(), grids.even(2.0, 0.0, 4))
    with pytest.raises(ValueError, match=r"ChangesItsMind must be of one kind .* at t=1 .* Gen"):
        measure(problem)
