"""A sampler that only draws is told so in one message, and one fault is one failure."""

from dataclasses import dataclass
from typing import ClassVar

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from outside.implicit_euler import ImplicitEuler

from harness.claims import Claims
from harness.regress import checks_of, draws_only, regress
from harness.regress.suite import run
from harness.step import Tokens


class Samples:
    """No step at all."""

    def __init__(self, model):
        self.model = model

    def sample(self, chains):
        return np.zeros((chains, 3), int)


class Bare:
    """A step that returns states, and no claims."""

    def step(self, score, noise, x, t, s):
        return x


@dataclass(frozen=True)
class Keyed:
    """A step that asks for a key."""

    claims: ClassVar[Claims] = ImplicitEuler.claims

    def step(self, score, noise, x, t, s, key):
        return x


@dataclass(frozen=True)
class Categorical:
    """A step of JAX that draws."""

    claims: ClassVar[Claims] = ImplicitEuler.claims

    def step(self, score, noise, x, t, s):
        return jax.random.categorical(jax.random.key(0), jnp.log(score(t, x)))


@dataclass(frozen=True)
class OnHost:
    """A step of numpy that draws."""

    claims: ClassVar[Claims] = ImplicitEuler.claims

    def step(self, score, noise, x, t, s):
        return np.random.default_rng(0).integers(0, 3, np.asarray(x).shape)


@pytest.mark.parametrize(
    ("thing", "seen"),
    [
        (Samples, "Samples draws: it has .sample and no step"),
        (Samples(None), "it has .sample and no step"),
        (Bare(), "its step returns states, integers [27, 3], where their law is wanted"),
        (Keyed(), "its step asks for random numbers, 'key'"),
        (Categorical(), "its step returns states, integers [27, 3]"),
        (OnHost(), "its step returns states, integers [27, 3]"),
    ],
)
def test_a_sampler_that_draws_is_told_once_what_a_law_is(thing, seen):
    (check,) = regress(thing)
    assert check.passed is False
    assert seen in check.reason
    for told in ("Tokens(p [n, d, S])", "draws_test", draws_only.PAGE, "leapcheck new sampler"):
        assert told in check.reason


def test_a_sampler_that_says_the_law_is_not_taken_for_one_that_draws():
    assert draws_only.told(ImplicitEuler()) == ""
    with pytest.raises(TypeError, match="is neither a sampler"):
        checks_of(object())


@dataclass(frozen=True)
class TwiceTheLaw:
    """Its rows sum to 2: whatever runs it ends with that error, at one time or another."""

    claims: ClassVar[Claims] = ImplicitEuler.claims

    def step(self, score, noise, x, t, s):
        return Tokens(2 * jax.nn.softmax(score(t, x)))


def test_one_fault_is_one_failure_though_each_check_meets_it_elsewhere():
    law = ("contract", "accounts", "deterministic", "trait", "product", "KL goes to 0 with")
    found = {check.name: check for check in regress(TwiceTheLaw(), only=law)}
    (failure,) = [check for check in found.values() if check.passed is False]
    assert failure.name == "accounts for all probability"
    again = [check for check in found.values() if check.again]
    assert {check.again for check in again} == {failure.name}
    assert len(again) >= 4
    assert "for the fault of 'accounts for all probability'" in str(again[0])


def test_an_error_of_the_samplers_own_code_is_told_with_its_line():
    def find():
        return {}["no such thing"]

    check = run("a check", find)
    assert (check.passed, check.number) == (False, "KeyError")
    assert f'{__file__}:{find.__code__.co_firstlineno + 1}: return {{}}["no such' in check.reason
