"""Samplers that are wrong on purpose, each caught by a check that is named here.

The sampler that is right passes the same check, so that it is the mistake that is caught.
"""

from dataclasses import replace
from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers.slow_cases import cases
from mistakes import (
    Wrong,
    asking,
    assert_caught,
    away,
    claims,
    column_vector,
    draws_itself,
    jitters,
    least_valued,
    likeliest_at_last,
    no_inverse,
    not_renormalised,
    not_reversed,
    one_position_stays,
    rates_at_the_start,
    rates_never_rest,
    rates_of_a_column,
    round_the_other_way,
    saying,
    stays_too_much,
    telling,
    trait,
    twice,
    with_trait,
)

from harness import grids
from harness.claims import Trait
from harness.engines.sequences import step_laws
from harness.foundation.registry import load
from harness.noise import Uniform
from harness.regress import Check, bank, checks_of, run
from harness.samplers import (
    Euler,
    FirstHitting,
    FrozenScore,
    MultinomialD3PM,
    SoftValueDecoding,
    TauLeaping,
    Tweedie,
)
from harness.step import Generator, Tokens

load()
pytestmark = pytest.mark.usefixtures("small_bank")
ACCOUNTS = "accounts for all probability"
TILTED = "a tilted target is followed"
VANISHES = "KL goes to 0 with the step"

ONE_JUMP, WRAP = TauLeaping(), TauLeaping("wrap")
RATES_IN_STEP = "rates inside a step generate its law"

WRONG_SAMPLERS = {
    # The score, read wrongly.
    "rates times S": (
        Wrong(ONE_JUMP, asking(lambda score, u, y: 3 * score(u, y))),
        VANISHES,
    ),
    "score inverted": (
        Wrong(ONE_JUMP, asking(lambda score, u, y: 1 / score(u, y))),
        VANISHES,
    ),
    "ratio of the neighbouring token": (
        Wrong(ONE_JUMP, asking(lambda score, u, y: jnp.roll(score(u, y), 1, axis=-1))),
        VANISHES,
    ),
    "ratio of the neighbouring position": (
        Wrong(ONE_JUMP, asking(lambda score, u, y: jnp.roll(score(u, y), 1, axis=-2))),
        trait(Trait.POSITIONS_ALIKE),
    ),
    "score of sequences in another order": (
        Wrong(ONE_JUMP, asking(lambda score, u, y: score(u, y)[::-1])),
        VANISHES,
    ),
    "score called twice": (
        Wrong(ONE_JUMP, asking(twice)),
        "calls the score as often as claimed",
    ),
    # Time.
    "score at the end of the step": (
        Wrong(
            ONE_JUMP,
            lambda sampler, score, noise, x, t, s: sampler.step(
                lambda u, y: score(s, y), noise, x, t, s
            ),
        ),
        trait(Trait.SCORE_AT_GRID_TIMES),
    ),
    "noise clock off by a factor 2": (
        Wrong(ONE_JUMP, telling(lambda t, s: t - 2 * (t - s))),
        VANISHES,
    ),
    "sigma dt for the integral of sigma": (
        # With σ(τ) = τ noise time is τ²/2, and σ(τ)Δτ at the step's beginning is more than h.
        Wrong(
            Tweedie(),
            telling(lambda t, s: t - jnp.sqrt(2 * t) * (jnp.sqrt(2 * t) - jnp.sqrt(2 * s))),
        ),
        trait(Trait.EXACT_TOKEN_MARGINALS),
    ),
    "a generator runs twice too long": (
        Wrong(FrozenScore(), saying(lambda law, x: Generator(law.rates, 2 * law.duration))),
        trait(Trait.FROZEN_RATES),
    ),
    # Linear algebra.
    "column for row vector": (
        Wrong(Tweedie(), column_vector),
        trait(Trait.EXACT_TOKEN_MARGINALS),
    ),
    "missing inverse kernel": (
        Wrong(Tweedie(), no_inverse),
        trait(Trait.EXACT_TOKEN_MARGINALS),
    ),
    "missing inverse kernel, as a theorem sees it": (
        Wrong(Tweedie(), no_inverse),
        "theorem total_correlation",
    ),
    "generator not reversed": (
        Wrong(FrozenScore(), not_reversed),
        trait(Trait.FROZEN_RATES),
    ),
    # Mass.
    "stay probability off by a little": (Wrong(ONE_JUMP, saying(stays_too_much)), ACCOUNTS),
    "clipped Euler not renormalised": (Wrong(Euler(), not_renormalised), ACCOUNTS),
    "lost mass hidden": (
        Wrong(TauLeaping("lose"), saying(lambda law, x: Tokens(law.p))),
        ACCOUNTS,
    ),
    "negative rates": (
        Wrong(FrozenScore(), saying(lambda law, x: Generator(law.rates - 1e-3, law.duration))),
        ACCOUNTS,
    ),
    "nan": (
        Wrong(ONE_JUMP, saying(lambda law, x: Tokens(law.p / jnp.where(law.p > 0.9, 0, 1)))),
        ACCOUNTS,
    ),
    "clipping not reported": (
        Wrong(Euler(), saying(lambda law, x: Tokens(law.p))),
        trait(Trait.LINEAR_IN_RATES),
    ),
    # The contract.
    "draws inside the step": (Wrong(Tweedie(), draws_itself), "keeps the contract"),
    "hidden randomness": (Wrong(Tweedie(), saying(jitters)), "is deterministic"),
    "one position never moves": (
        Wrong(Tweedie(), saying(one_position_stays)),
        trait(Trait.POSITIONS_ALIKE),
    ),
    # The last step, and tilted targets.
    "the likeliest token in the last step": (
        Wrong(Euler(), likeliest_at_last),
        trait(Trait.LINEAR_IN_RATES),
    ),
    "a last step that stops short": (
        Wrong(Euler(), telling(lambda t, s: jnp.where(s > 0, s, 0.01))),
        "KL goes to 0 up to the data themselves",
    ),
    "guidance with the wrong sign": (Wrong(MultinomialD3PM(), away), TILTED),
    "soft values with the wrong sign": (
        Wrong(SoftValueDecoding(), saying(least_valued)),
        TILTED,
    ),
    "fewer calls than moves": (
        claims(FirstHitting(), calls=lambda grid, length: np.array([0.0, 1.0])),
        "calls the score as often as claimed",
    ),
    # Jumps modulo S.
    "clipped at the edge in place of going round": (
        Wrong(WRAP, lambda _, *given: TauLeaping("clip").step(*given)),
        trait(Trait.WRAPPED_JUMPS),
    ),
    "round the ring the other way": (Wrong(WRAP, round_the_other_way), VANISHES),
    "rates inside a wrapped step that rest": (
        claims(WRAP, rates_in_step=ONE_JUMP.claims.rates_in_step),
        RATES_IN_STEP,
    ),
    # Claims.
    "output order overstated": (
        claims(Tweedie(), output_order=3),
        "output order at least as claimed",
    ),
    "chain order overstated": (claims(Euler(), chain_order=2), "chain order at least as claimed"),
    "rates in the step never rest": (
        claims(ONE_JUMP, rates_in_step=rates_never_rest),
        RATES_IN_STEP,
    ),
    "rates in the step do not age": (
        claims(Euler(), rates_in_step=rates_at_the_start),
        RATES_IN_STEP,
    ),
    "rates in the step not reversed": (
        claims(Tweedie(), rates_in_step=rates_of_a_column),
        RATES_IN_STEP,
    ),
    "leak claimed second order": (
        claims(TauLeaping("lose"), output_order=2),
        "output order at least as claimed",
    ),
    **{
        f"{type(sampler).__name__.lower()} claims {name}": (with_trait(sampler, name), trait(name))
        for sampler, name in (
            (FrozenScore(), Trait.INDEPENDENT_TOKENS),
            (TauLeaping("lose"), Trait.KEEPS_MASS),
        )
    },
}


@cache
def original(sampler: Any, check: str) -> Check | None:
    """The named check of the sampler without the mistake; None if it is a trait it disclaims."""
    known = checks_of(sampler)
    return run(check, known[check]) if check in known else None


SELDOM = {"fewer calls than moves"}  # 4 s


@pytest.mark.parametrize("mistake", cases(WRONG_SAMPLERS, SELDOM.__contains__))
def test_a_wrong_sampler_is_caught(mistake):
    wrong, check = WRONG_SAMPLERS[mistake]
    right = original(wrong.sampler, check)
    assert right is None or right.passed, right
    assert_caught(run(check, checks_of(wrong)[check]))


@pytest.mark.parametrize("mistake", ["score at the end of the step", "column for row vector"])
def test_some_mistakes_are_seen_by_no_limit_and_no_order(mistake):
    """Why traits are verified: these samplers converge, as fast as they claim."""
    wrong, _ = WRONG_SAMPLERS[mistake]
    assert run("order", checks_of(wrong)["output order at least as claimed"]).passed


@pytest.mark.parametrize("mistake", ["column for row vector", "generator not reversed"])
def test_uniform_noise_hides_a_transposition(mistake):
    """Why the bank has a noise that is not symmetric."""
    wrong, _ = WRONG_SAMPLERS[mistake]
    for noise, hidden in ((Uniform(), True), (bank.NOT_SYMMETRIC, False)):
        problem = bank.problem(wrong, bank.ONE_WAY, grids.custom([1.0, 0.7]), noise)
        law = step_laws.step_law(problem, 1.0, 0.7)
        right = step_laws.step_law(replace(problem, sampler=wrong.sampler), 1.0, 0.7)
        pairs = zip(jax.tree.leaves(law), jax.tree.leaves(right), strict=True)
        gap = max(np.abs(np.asarray(a) - np.asarray(b)).max() for a, b in pairs)
        assert (gap < 1e-12) == hidden
        assert gap < 1e-12 or gap > 1e-2
