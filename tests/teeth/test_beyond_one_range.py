"""Right in the range of rates, times and sizes that was tried once, and wrong beyond it."""

from dataclasses import dataclass, replace
from typing import ClassVar

import jax.numpy as jnp
import pytest
from outside.differences import StaysByDifference

from harness.claims import Claims
from harness.foundation.registry import load
from harness.regress import checks_of, cover, run
from harness.regress.consistency import Steps
from harness.samplers import Euler, TauLeaping, Tweedie
from harness.step import Tokens
from teeth.parts import PLAIN, leap, scaled
from teeth.wrong_samplers.another_noise import NoFasterThanOne, NoSlowerThanATwentieth
from teeth.wrong_samplers.small_bias import SmallSharesDropped
from teeth.wrong_samplers.unchecked_claims import ClippedInside
from teeth.wrong_samplers.unseen_targets import (
    GuidanceOffNear,
    GuidedByFew,
    UnguidedByMatrices,
    guided,
)

load()
INSIDE = "rates inside a step generate its law"


@dataclass(frozen=True)
class Guided:
    """A leap with the rates of the base times the change of values."""

    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        return leap(x, guided(score, noise, x, t, score.log_value_change(t, x)), t - s)


@pytest.mark.parametrize("name", ["non-symmetric", "drifting"])
@pytest.mark.parametrize(
    ("sampler", "wrong"),
    [
        (NoFasterThanOne(), True),
        (NoSlowerThanATwentieth(), True),
        (NoFasterThanOne(most=10.0), False),
        (TauLeaping(), False),
    ],
)
def test_noises_are_slow_and_fast(sampler, wrong, name):
    seen = Steps(sampler, places=[cover.place(name, 3, 3)]).all
    assert all(each.wrong is wrong for each in seen)


@dataclass(frozen=True)
class EulerInSingle:
    """Euler's law with the digits of single precision, as it says."""

    claims: ClassVar[Claims] = replace(PLAIN, law_error=1e-7)

    def step(self, score, noise, x, t, s):
        law = Euler().step(score, noise, x, t, s)
        return Tokens(scaled(law.p.astype(jnp.float32).astype(float)), clipped=law.clipped)


def test_few_digits_and_longer_steps_are_right_under_fast_noise():
    places = [cover.place("drifting", 3, 4), cover.place("non-symmetric", 19, 1)]
    assert not any(each.wrong for each in Steps(EulerInSingle(), places=places).all)


@pytest.mark.parametrize(
    ("sampler", "where"),
    [
        (GuidedByFew(), {"S=11, d=2, uniform noise"}),
        pytest.param(
            *(UnguidedByMatrices(), {"S=3, d=3, non-symmetric noise"}), marks=pytest.mark.slow
        ),
        pytest.param(*(Guided(), set()), marks=pytest.mark.slow),
    ],
)
def test_tilts_are_tried_at_many_neighbours_and_under_other_noise(sampler, where, monkeypatch):
    monkeypatch.setattr(cover, "places", lambda *_: [])
    seen = Steps(sampler).all
    assert {str(each.place) for each in seen if each.kind == cover.TILT and each.wrong} == where


def test_tilts_are_tried_next_to_the_data(monkeypatch):
    monkeypatch.setattr(cover, "places", lambda *_: [])
    monkeypatch.setattr(cover, "OF_TILTS", ((3, 3),))
    seen = [each for each in Steps(GuidanceOffNear()).all if each.kind == cover.TILT]
    assert {each.t for each in seen if each.wrong} == {t for t in cover.TIMES if t < 2e-3}


@pytest.mark.parametrize(
    ("sampler", "wrong"), [(SmallSharesDropped(), True), (StaysByDifference(), False)]
)
def test_what_is_never_made_is_told_however_rare(sampler, wrong):
    place = cover.place("absorbing", 3, 3)
    seen = [each for each in Steps(sampler, places=[place]).all if each.wrong]
    assert bool(seen) is wrong
    assert all("never made: from" in str(each) for each in seen)


@pytest.mark.parametrize(
    ("sampler", "right"),
    [(ClippedInside(), False), (TauLeaping(), True), (Euler(), True), (Tweedie(), True)],
)
def test_rates_inside_a_step_are_tried_next_to_the_data(sampler, right):
    assert run(INSIDE, checks_of(sampler)[INSIDE]).passed is right
