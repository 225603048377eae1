"""Every trait has a verifier that tells samplers which have it from samplers which do not."""

import re
from dataclasses import dataclass
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers.slow_cases import cases

from harness.claims import Claims, Trait
from harness.foundation import registry
from harness.regress import bank, traits
from harness.regress.traits import VERIFIERS, verify
from harness.samplers import (
    Euler,
    FrozenScore,
    GumbelDraws,
    TauLeaping,
    TruncatedUniformization,
    Tweedie,
    Uniformization,
)

registry.load()
SAMPLERS = [
    *(registry.samplers[name]() for name in sorted(registry.samplers) if name != "gumbel_draws"),
    *GumbelDraws.examples(),
    *(TauLeaping(rule) for rule in ("reject", "clip", "lose", "wrap")),
]

UNDECLARED = {
    (Trait.EXACT_TOKEN_MARGINALS, "multinomial_d3pm"),  # not on tilted targets
    (Trait.TRUNCATED_TIME, "uniformization"),  # which says more: nothing is scaled down
    (Trait.EXACT_FOR_ONE_SEQUENCE, "remasking"),  # which says more: where tokens are independent
    (Trait.DETERMINED_CHOICE, "fixed_order"),  # which says more: no values are looked at
}
"""What a sampler has wherever it is verified and does not declare: not always, or by more."""

OF_BIASED = {Trait.EXACT_FOR_INDEPENDENT, Trait.EXACT_FOR_ONE_SEQUENCE}
"""What methods say whose error stays; of others it is known from more than this."""


def follows_rates(sampler):
    """Through a step: seconds each."""
    return isinstance(sampler, Uniformization | TruncatedUniformization)


@pytest.mark.parametrize("sampler", cases(SAMPLERS, follows_rates, registry.label))
@pytest.mark.parametrize("trait", Trait)
def test_a_trait_is_verified_exactly_where_it_is_declared(sampler, trait):
    """No test target is so special that a sampler passes for what it is not."""
    found = verify(trait, sampler)
    declared = trait in sampler.claims.traits
    if (trait, sampler.name) in UNDECLARED:
        assert (found.passed, declared) == (True, False)
        return
    if trait in OF_BIASED and sampler.claims.output_order > 0:
        assert found.passed or not declared, found.reason
        return
    assert found.passed == declared, found.reason
    assert found.number <= 1e-11 or not found.passed  # tolerance is far above rounding
    assert found.number > 1e-3 or found.passed  # and far below the nearest wrong sampler


def test_every_trait_has_a_verifier(monkeypatch):
    assert set(VERIFIERS) == set(Trait)
    monkeypatch.delitem(VERIFIERS, Trait.ONE_JUMP)
    with pytest.raises(ValueError, match=r"ONE_JUMP.* has no verifier"):
        verify(Trait.ONE_JUMP, TauLeaping())


@dataclass(frozen=True)
class AsksTheScore:
    """One-jump τ-leaping that asks the score in a way of its own, ``ask(score, x, t, s)``."""

    ask: Any
    claims: ClassVar[Claims] = TauLeaping().claims

    def step(self, score, noise, x, t, s):
        return TauLeaping().step(lambda u, y: self.ask(score, x, t, s), noise, x, t, s)


@pytest.mark.parametrize(
    ("ask", "passed", "reason"),
    [
        (lambda score, x, t, s: score(t + 0.0, x), True, "up to 0 away"),
        (lambda score, x, t, s: score(s, x), False, "up to 5.29 away from t"),
        (lambda score, x, t, s: score(t, x[::-1])[::-1], False, "other states"),
    ],
)
def test_the_spy_sees_when_and_where_the_score_is_asked(ask, passed, reason):
    found = verify(Trait.SCORE_AT_GRID_TIMES, AsksTheScore(ask))
    assert found.passed == passed
    assert reason in found.reason


def test_the_spy_sees_into_loops():
    def in_a_loop(score, x, t, s):
        nothing = jnp.ones((*x.shape, 3))
        return jax.lax.fori_loop(0, 2, lambda k, _: score(t - k * (t - s) / 2, x), nothing)

    problem = bank.problem(AsksTheScore(in_a_loop), bank.ONE_WAY, traits.GRID)
    calls = traits.score_calls(problem, 2.0, 1.9)
    assert [float(u) for u, _ in calls] == pytest.approx([2.0, 1.95])


def test_a_sampler_may_ask_for_ratios_only():
    peeks = AsksTheScore(lambda score, x, t, s: score.exact(t, x))
    with pytest.raises(AttributeError, match="'exact' lies behind it"):
        verify(Trait.SCORE_AT_GRID_TIMES, peeks)


@pytest.mark.parametrize(
    ("trait", "sampler", "reason"),
    [
        (Trait.INDEPENDENT_TOKENS, FrozenScore(), "the step is a Generator"),
        (Trait.KEEPS_MASS, TauLeaping("lose"), "of a token's mass is lost in the step from t=7.3"),
        (Trait.EXACT_TOKEN_MARGINALS, Euler(), r"from Pr\(X_s\^i = b \| X_t\)"),
        (Trait.ONE_JUMP, TauLeaping("reject"), r"from \(1 - e\^\{-Rh\}\) r\(b\)/R"),
        (Trait.WRAPPED_JUMPS, TauLeaping("clip"), "from that of jumps at rates .* modulo S"),
        (Trait.LOST_JUMPS, TauLeaping("clip"), "from that of jumps at rates .* added up"),
        (Trait.LOST_JUMPS, TauLeaping("wrap"), "from that of jumps at rates .* added up"),
        (Trait.LINEAR_IN_RATES, TauLeaping(), "nothing is reported as clipped"),
        (Trait.FROZEN_RATES, Tweedie(), "the step is a Tokens, not a Generator"),
    ],
)
def test_a_refusal_says_what_and_where(trait, sampler, reason):
    found = verify(trait, sampler)
    assert not found.passed
    assert re.search(reason, found.reason)


def test_long_steps_are_among_those_tried():
    """Where Euler does not clip, a clip that is not reported could not be seen."""
    problem = bank.problem(Euler(), bank.ONE_WAY, traits.GRID)
    clipped = np.asarray(traits.Step(problem, *traits.GRID.intervals()[2]).law.clipped)
    assert (clipped > 0).any()
    assert not (clipped > 0).all()
