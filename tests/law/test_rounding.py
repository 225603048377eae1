"""What rounding puts below 0 is 0 for every kind of step law and every engine, and no more is."""

import dataclasses
import math
from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
from jax.tree_util import Partial

from harness import MonteCarlo, grids, measure, output_law, simulate
from harness.claims import Claims, Trait
from harness.foundation.precision import float64
from harness.law.rounding import rounded
from harness.noise import Uniform
from harness.problem import Problem
from harness.samplers import FrozenScore, TauLeaping
from harness.space import Sequences
from harness.step import (
    Chosen,
    Generator,
    InTurn,
    Mixture,
    RandomOrder,
    Tokens,
    TwoStage,
    Varying,
)
from toy_targets import CurieWeiss, MarkovChain, Pairs

TINY, SMALL = 5e-13, 1e-9  # within the tolerance of 1e-12, and above it
GRID = grids.custom((1.0, 0.6, 0.2))
TARGET = MarkovChain(((0.6, 0.3, 0.1), (0.2, 0.5, 0.3), (0.3, 0.1, 0.6)), length=3)


def never_to_0(p, x, by):
    """Tokens that do not go to value 0 from another, ``by`` of a probability less than never."""
    tokens = p.shape[-1]
    zero = (jnp.arange(tokens) == 0) & (x[..., None] != 0)
    own = x[..., None] == jnp.arange(tokens)
    taken = jnp.where(zero, p, 0.0).sum(-1, keepdims=True)
    return jnp.where(zero, -by, jnp.where(own, p + taken + by, p))


def rates_never_to_0(score, noise, by, u, y):
    rates = noise.reverse_rates(score(u, y), y)
    zero = (jnp.arange(rates.shape[-1]) == 0) & (y[..., None] != 0)
    return jnp.where(zero, -by, rates)


@dataclass(frozen=True)
class Below:
    """A law of one kind whose entries at 0 are put ``by`` below it."""

    kind: str
    by: float

    claims = Claims(
        output_order=0,
        chain_order=0,
        traits={Trait.INDEPENDENT_TOKENS, Trait.FROZEN_RATES, Trait.POSITIONS_ALIKE},
    )

    def step(self, score, noise, x, t, s) -> Any:
        p = never_to_0(TauLeaping().step(score, noise, x, t, s).p, x, self.by)
        rates = Partial(rates_never_to_0, score, noise, self.by)
        match self.kind:
            case "tokens":
                return Tokens(p)
            case "lost":
                whole = never_to_0(p, x, 0.0).at[..., 1].add(self.by)
                return Tokens(whole, lost=jnp.full(x.shape, -self.by))
            case "generator":
                return Generator(rates(t, x), t - s)
            case "varying":
                return Varying(rates, t, s, 100.0)
            case "mixture":
                weights = jnp.full((len(x), 2), -math.log(2))
                return Mixture(weights, jnp.stack([p, p], 1))
            case "first of two":
                return TwoStage(Tokens(p), lambda _, m: stay(m, p.shape[-1]))
            case "second of two":
                return TwoStage(stay(x, p.shape[-1]), self.second_of(score, noise, t, s))
            case "signed":
                second = self.second_of(score, noise, t, s)
                return TwoStage(stay(x, p.shape[-1]), second, signed=True)
            case "in turn":
                return InTurn((Tokens(p), Generator(rates(t, x), t - s)))
            case "chosen":
                return Chosen(Tokens(p), lambda y: 0.1 * y.sum(-1), 2)
            case "random order":
                return RandomOrder(Tokens(p), jnp.ones(x.shape, bool), 0.5)
            case "chance below 0":
                return RandomOrder(Tokens(never_to_0(p, x, 0.0)), x >= 0, 0.0 * t - self.by)
            case "chance above 1":
                return RandomOrder(Tokens(never_to_0(p, x, 0.0)), x >= 0, 0.0 * t + 1 + self.by)
        raise AssertionError(self.kind)

    def second_of(self, score, noise, t, s):
        def second(_, m):
            return Tokens(never_to_0(TauLeaping().step(score, noise, m, t, s).p, m, self.by))

        return second


def stay(x, tokens):
    return Tokens((x[..., None] == jnp.arange(tokens)).astype(jnp.float64))


KINDS = [
    "tokens",
    "lost",
    "generator",
    "varying",
    "mixture",
    "first of two",
    "second of two",
    "in turn",
    "chosen",
    "random order",
    "chance below 0",
    "chance above 1",
]


def on_sequences(kind, by):
    return Problem(TARGET, Uniform(), Below(kind, by), GRID, start="exact")


@pytest.mark.parametrize("kind", KINDS)
def test_rounding_is_0_and_more_is_refused(kind):
    law, wanted = output_law(on_sequences(kind, TINY)), output_law(on_sequences(kind, 0.0))
    np.testing.assert_allclose(law, wanted, rtol=0, atol=50 * TINY)
    assert law.min() >= 0
    assert law.sum() == pytest.approx(1, abs=100 * TINY)
    with pytest.raises(FloatingPointError):
        output_law(on_sequences(kind, SMALL))


@pytest.mark.parametrize("kind", KINDS)
def test_draws_see_the_same_law(kind):
    """A value of probability 0 is not drawn, whatever sign rounding has given it."""
    drawn, wanted = (simulate(on_sequences(kind, by), 3, 2_000) for by in (TINY, 0.0))
    np.testing.assert_array_equal(drawn, wanted)


def test_a_signed_second_stage_keeps_its_negative_entries():
    """They cancel against others before anything is clipped, and are reported."""
    with float64():
        law = rounded(Below("signed", TINY).step(*asked()))
        assert float(law.second(None, law.first.p.argmax(-1)).p.min()) == -TINY
    found = measure(on_sequences("signed", SMALL))
    assert found.clipped > SMALL


def asked():
    """Score, noise, states and times of a step."""
    problem = on_sequences("tokens", 0.0)
    space = problem.sequences
    return problem.score_model, problem.noise, space.states(), jnp.asarray(1.0), jnp.asarray(0.6)


@pytest.mark.parametrize("kind", ["tokens", "lost", "generator"])
def test_on_counts(kind):
    problem = Problem(CurieWeiss(6, 0.8), Uniform(), Below(kind, TINY), GRID, engine="counts")
    exactly, more = (dataclasses.replace(problem, sampler=Below(kind, by)) for by in (0.0, SMALL))
    law = output_law(problem)
    np.testing.assert_allclose(law, output_law(exactly), rtol=0, atol=50 * TINY)
    assert law.min() >= 0
    with pytest.raises(FloatingPointError):
        output_law(more)


@pytest.mark.parametrize("kind", ["tokens", "lost", "generator"])
def test_by_draws_of_long_sequences(kind):
    drawn = MonteCarlo(draws=64)
    target = Pairs(2, 6)
    problems = [
        Problem(target, Uniform(), Below(kind, by), GRID, start="exact", engine=drawn)
        for by in (TINY, 0.0, SMALL)
    ]
    found, wanted = (simulate(problem, 1, 200) for problem in problems[:2])
    np.testing.assert_array_equal(found, wanted)
    with pytest.raises(FloatingPointError):
        simulate(problems[2], 1, 200)


def test_in_blocks(monkeypatch):
    """The chain KL of a law that is made and used up block by block."""
    whole = measure(on_sequences("tokens", TINY))
    monkeypatch.setattr(Sequences, "blocks", lambda space: [slice(k, k + 9) for k in (0, 9, 18)])
    problem = on_sequences("tokens", TINY / 2)
    found = measure(problem)
    assert found.chain_kl == whole.chain_kl == math.inf  # the truth does go to 0
    np.testing.assert_allclose(output_law(problem), output_law(on_sequences("tokens", 0.0)))
    with pytest.raises(FloatingPointError):
        measure(on_sequences("tokens", SMALL))


def test_rates_are_measured_against_the_largest_out_of_their_state():
    with float64():
        rates = jnp.array([[[0.0, 1e6, -1e-7]], [[0.0, 1.0, -1e-7]], [[0.0, 1e-3, -1e-13]]])
        found = np.asarray(rounded(Generator(rates, 1.0)).rates)
    np.testing.assert_array_equal(found[:, 0, 2], [0.0, -1e-7, 0.0])
    np.testing.assert_array_equal(found[..., :2], np.asarray(rates[..., :2]))


def test_what_is_no_rounding_is_left_as_it_is():
    with float64():
        p = jnp.array([[[0.5, -1.1e-12, math.nan, -math.inf, 1 + 1e-16]]])
        np.testing.assert_array_equal(np.asarray(rounded(Tokens(p)).p), np.asarray(p))
    law = object()
    assert rounded(law) is law


def test_a_law_without_rounding_is_the_same_to_the_last_digit():
    with float64():
        for sampler in (TauLeaping("lose"), FrozenScore()):
            law = sampler.step(*asked())
            for field in dataclasses.fields(law):
                before, after = getattr(law, field.name), getattr(rounded(law), field.name)
                np.testing.assert_array_equal(np.asarray(before), np.asarray(after))
