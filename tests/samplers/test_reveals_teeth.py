"""What is wrong on purpose with a sampler that reveals is seen, and what cannot be is refused."""

import dataclasses
from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
from helpers.revealing_problems import (
    EVEN,
    FROM_MASK,
    IDS,
    TABLE,
    masked,
    referee_law,
    verdict,
)
from referee import reveals

from harness import Problem, grids, measure, output_law
from harness.claims import Claims, Trait
from harness.foundation import registry
from harness.noise import Absorbing, Uniform
from harness.regress import traits
from harness.regress.law_checks import LawChecks
from harness.samplers import DNDM, Confidence, FirstHitting, FixedCardinality, MaskedPlugIn
from harness.step import Mixture, RandomOrder, Tokens
from harness.verdicts.verdict import Status
from toy_targets import PottsRing, RandomTable

# Refusals.


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: FixedCardinality(()), "sizes must be a tuple of one or more positive integers"),
        (lambda: FixedCardinality((2, 0)), r"sizes\[1\] must be at least 1, got 0"),
        (lambda: Confidence(0), "k must be at least 1, got 0"),
        (lambda: Claims(1, 1, set(), memory=0), "memory must be at least 1, got 0"),
        (lambda: Problem(TABLE, Uniform(), DNDM(), EVEN), "dndm needs absorbing noise"),
        (
            lambda: Problem(TABLE, Absorbing(), DNDM(True), FROM_MASK, start="mask"),
            "start='mask' needs a step law with a limit",
        ),
        (
            lambda: Problem(PottsRing(2, 3, 1.0), Uniform(), DNDM(True), EVEN, max_states=60),
            "S=4, d=3 has 64 states, more than max_states=60",
        ),
    ],
)
def test_what_cannot_be_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@dataclass(frozen=True)
class Changed:
    """A sampler whose law is changed by ``change(law, t, s)``."""

    base: Any
    change: Any

    @property
    def claims(self):
        return self.base.claims

    def step(self, score, noise, x, t, s):
        return self.change(self.base.step(score, noise, x, t, s), t, s)


def with_chance(law, chance):
    """The law whose tokens move with another chance."""
    return dataclasses.replace(law, chance=chance, stays=None)


def test_a_chance_that_is_none_is_refused():
    twice = Changed(FirstHitting(), lambda law, t, s: with_chance(law, 1.5))
    with pytest.raises(FloatingPointError, match=r"the chance to move .* must be in \[0, 1\]"):
        output_law(masked(TABLE, twice))


def test_a_chance_to_stay_that_is_not_the_rest_is_refused():
    more = Changed(FirstHitting(), lambda law, t, s: dataclasses.replace(law, stays=law.stays / 2))
    with pytest.raises(FloatingPointError, match=r"the chance to move .* 1 with that to stay"):
        output_law(Problem(TABLE, Absorbing(), more, grids.even(1.0, 0.5, 2), start="exact"))


@pytest.mark.parametrize("times", [(1.0, 1e-6), (1.0, 1 - 1e-6), (1e-3, 1e-9)])
def test_one_at_a_time_is_exact_to_rounding_where_nearly_none_or_nearly_all_move(times):
    """A difference from 1 would have few digits: a KL of 1e-27, a hundred times its floor."""
    problem = Problem(TABLE, Absorbing(), FirstHitting(), grids.custom(times), start="exact")
    found = measure(problem)
    assert found.chain_kl <= found.floors["chain_kl"] < 1e-28
    assert found.kl <= found.floors["kl"] < 1e-28


# Teeth: what is wrong on purpose is seen.


def sees(problem, base):
    """Whether the referee's law of ``base`` is another one."""
    found = output_law(problem)
    return np.abs(found - referee_law(problem, reveals.STEPS[registry.label(base)])).max() > 1e-3


def likeliest(law, t, s):
    """The likeliest token in place of a draw, in the last step."""

    def sharpened(p):
        return jnp.where(s > 0, p, jnp.eye(p.shape[-1])[p.argmax(-1)])

    if isinstance(law, RandomOrder):
        return dataclasses.replace(law, moves=Tokens(sharpened(law.moves.p)))
    if isinstance(law, Mixture):
        return Mixture(law.log_weights, sharpened(law.p))
    return Tokens(sharpened(law.p))


@pytest.mark.parametrize(
    "base", [FirstHitting(), FixedCardinality((2,)), Confidence(2), DNDM()], **IDS
)
def test_argmax_at_the_end_is_caught(base):
    problem = masked(TABLE, Changed(base, likeliest), grids.even_reveal(2))
    assert sees(problem, base)


def test_a_mask_left_at_the_end_is_caught():
    """A clock that stops short: the mass with a mask is no part of the data law."""
    short = Changed(
        FirstHitting(),
        lambda law, t, s: dataclasses.replace(law, chance=0.99 * law.chance, stays=None),
    )
    problem = masked(TABLE, short)
    assert sees(problem, FirstHitting())
    m = measure(problem)
    assert m.kl > 1e-3
    assert output_law(problem)[2].sum() > 1e-3
    assert verdict("first_hitting", problem).status is Status.VIOLATED


def tilted(law, t, s):
    """The first subset is twice as likely as another."""
    weights = jnp.exp(law.log_weights) * jnp.where(jnp.arange(law.p.shape[1]) == 0, 2.0, 1.0)
    return Mixture(jnp.log(weights / weights.sum(-1, keepdims=True)), law.p)


def test_subsets_that_are_not_uniform_are_caught():
    base = FixedCardinality((2,))
    wrong = Changed(base, tilted)
    assert sees(masked(TABLE, wrong), base)
    assert LawChecks(base).reveals().passed
    found = LawChecks(wrong).reveals()
    assert found.passed is False
    assert "from uniform" in found.number


def test_a_sampler_that_masks_again_is_caught():
    def again(law, t, s):
        masks = jnp.zeros_like(law.p).at[..., -1].set(1.0)
        return Tokens(0.9 * law.p + 0.1 * masks)

    assert LawChecks(Confidence()).reveals().passed
    assert LawChecks(Changed(Confidence(), again)).reveals().passed is False


def test_one_at_a_time_is_told_from_what_only_looks_like_it():
    late = Changed(
        FirstHitting(),
        lambda law, t, s: dataclasses.replace(law, chance=1 - jnp.exp(s - t), stays=None),
    )
    assert traits.verify(Trait.ONE_AT_A_TIME, FirstHitting()).passed
    for wrong in (late, MaskedPlugIn(), FixedCardinality()):
        assert not traits.verify(Trait.ONE_AT_A_TIME, wrong).passed


def test_a_bit_that_is_not_kept_is_caught():
    """Tokens that forget that they have moved, and are written again."""

    def forget(law, t, s):
        p = law.p.reshape(*law.p.shape[:2], -1, 2).sum(-1, keepdims=True)
        return Tokens(jnp.concatenate([p, jnp.zeros_like(p)], -1).reshape(law.p.shape))

    base = DNDM(remembers=True)
    problem = Problem(RandomTable(3, 2, seed=3), Uniform(), Changed(base, forget), EVEN)
    assert sees(problem, base)
