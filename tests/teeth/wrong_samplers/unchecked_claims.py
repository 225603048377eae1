"""Kind 5: what is claimed of values, of draws and of digits, and is not so."""

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import jax.numpy as jnp
from jax.tree_util import Partial

from harness.claims import Claims, Trait
from harness.samplers import MaskedPlugIn, SoftValueDecoding, TauLeaping, ThetaTrapezoidal
from harness.step import Chosen, TwoStage, first_jump

from ..case import Case
from ..parts import BASIC, PLAIN, leap, rates
from .uncounted_calls import Said


@dataclass(frozen=True)
class IgnoresWhatItSees:
    """Kind 5: rates are seen again where a first leap has led, and multiplied by 0."""

    claims: ClassVar[Claims] = Claims(
        2, 1, {Trait.KEEPS_MASS, Trait.POSITIONS_ALIKE, Trait.RATES_SEEN_AGAIN}, score_calls=2
    )

    def step(self, score, noise, x, t, s):
        now, h = rates(score, noise, x, t), t - s

        def second(memory, m):
            later = rates(score, noise, m, t - h / 2)
            return leap(memory[0], memory[1] + 0.0 * later, h)

        return TwoStage(leap(x, now, h / 2), second, (x, now))


@dataclass(frozen=True)
class SeesTheSameState:
    """Kind 5: rates are seen again, later, but where the step began and not where it has led."""

    claims: ClassVar[Claims] = IgnoresWhatItSees.claims

    def step(self, score, noise, x, t, s):
        now, h = rates(score, noise, x, t), t - s

        def second(memory, m):
            later = rates(score, noise, memory[0], t - h / 2)
            return leap(memory[0], (memory[1] + later) / 2, h)

        return TwoStage(leap(x, now, h / 2), second, (x, now))


@dataclass(frozen=True)
class AddsUnsaid(Said):
    """Kind 5: jumps are added up as integers, and it is not said."""

    rule: str = "clip"

    @property
    def inner(self):
        return TauLeaping(self.rule)

    @property
    def claims(self):
        return replace(self.inner.claims, adds_values=False)


@dataclass(frozen=True)
class DisplacesUnsaid(Said):
    """Kind 5: rates of the same displacement belong together, and it is not said."""

    inner: ClassVar[Any] = ThetaTrapezoidal(jumps="displacement")
    claims: ClassVar[Claims] = replace(inner.claims, adds_values=False)


@dataclass(frozen=True)
class OneDrawLess:
    """Kind 5: keeps one of k - 1 proposals where k are said."""

    k: int = 4
    claims: ClassVar[Claims] = SoftValueDecoding().claims

    def step(self, score, noise, x, t, s):
        law = SoftValueDecoding(self.k).step(score, noise, x, t, s)
        return Chosen(law.proposal, law.log_value, self.k - 1)


@dataclass(frozen=True)
class LawErrorClaimed:
    """Kind 5: rates 1 % too large, and laws that are said to be off by as much."""

    claims: ClassVar[Claims] = replace(PLAIN, law_error=1e-2)

    def step(self, score, noise, x, t, s):
        return leap(x, 1.01 * rates(score, noise, x, t), t - s)


@dataclass(frozen=True)
class InSingle:
    """Kind 5: rates computed in single precision, and a law that says float64."""

    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        single = score(t, x).astype(jnp.float32)
        return leap(x, noise.reverse_rates(single.astype(float), x), t - s)


@dataclass(frozen=True)
class LengthInSingle:
    """Kind 5: the length of a step in single precision."""

    claims: ClassVar[Claims] = replace(MaskedPlugIn.claims, traits=BASIC, rates_in_step=None)

    def step(self, score, noise, x, t, s):
        s = s.astype(jnp.float32).astype(jnp.float64)
        return MaskedPlugIn().step(score, noise, x, t, s)


@dataclass(frozen=True)
class SaysThatItClips:
    """Kind 5: a right law, half of which is said to have been clipped, always."""

    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        return replace(leap(x, rates(score, noise, x, t), t - s), clipped=0.5)


@dataclass(frozen=True)
class ValuesAtTheStart:
    """Kind 5: what is kept is chosen by values at the start of the step."""

    claims: ClassVar[Claims] = SoftValueDecoding().claims

    def step(self, score, noise, x, t, s):
        law = SoftValueDecoding().step(score, noise, x, t, s)
        return Chosen(law.proposal, Partial(score.log_value, t), law.count)


def _clipped_in_step(score, noise, x, t, u):
    return first_jump(x, jnp.minimum(rates(score, noise, x, t), 50.0))


@dataclass(frozen=True)
class ClippedInside:
    """Kind 5: the rates inside of a step are said to be 50 at most, as far from the data."""

    claims: ClassVar[Claims] = replace(PLAIN, rates_in_step=_clipped_in_step)

    def step(self, score, noise, x, t, s):
        return leap(x, rates(score, noise, x, t), t - s)


CASES = [
    Case(ClippedInside(), 5, "rates inside a step generate its law"),
    Case(IgnoresWhatItSees(), 5, "what is seen again matters"),
    Case(SeesTheSameState(), 5, "what is seen again matters"),
    Case(AddsUnsaid(), 5, "another naming of tokens"),
    Case(AddsUnsaid("wrap"), 5, "another naming of tokens"),
    Case(DisplacesUnsaid(), 5, "another naming of tokens"),
    Case(OneDrawLess(), 5, "keeps one of as many draws as it says"),
    Case(SaysThatItClips(), 5, "accounts for all probability"),
    Case(ValuesAtTheStart(), 5, "keeps one of as many draws as it says"),
    Case(LawErrorClaimed(), 5, "computes in float64"),
    Case(InSingle(), 5, "computes in float64"),
    Case(LengthInSingle(), 5, "computes in float64"),
]
