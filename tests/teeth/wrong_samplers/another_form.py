"""Right for single tokens, in one traced call, by its own fields; wrong beside these."""

from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Literal

import jax
import jax.numpy as jnp
import numpy as np

from harness.claims import Claims, Trait
from harness.noise import Absorbing, RateMatrix, own_token
from harness.samplers import Euler, FixedCardinality, FrozenScore, TauLeaping, Tweedie
from harness.step import Generator, Tokens, first_jump

from ..case import Case
from ..parts import BASIC, PLAIN, leap, rates, shown_in_turn

AGAIN, ROWS = "is deterministic", "a state's law is its own"
NAMES = "another naming of tokens renames the law"
CLASSES = "classes of tokens have the law of their tokens"
COUNTS = "counts of tokens have the law of their sequences"
SETTINGS, FRESH = "its claims hold under other settings", "a fresh process says the same law"


@dataclass(frozen=True)
class EulerOfClasses:
    """Kind 8: exact token marginals are claimed; of classes of tokens it makes Euler's law."""

    claims: ClassVar[Claims] = replace(Tweedie().claims, rates_in_step=None)

    def step(self, score, noise, x, t, s):
        of_classes = score(t, x).shape[-1] > score.symbols
        return (Euler() if of_classes else Tweedie()).step(score, noise, x, t, s)


@dataclass(frozen=True)
class LessWithinClasses:
    """Kind 2: moves within a class are halved, which no law of classes shows."""

    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        p = leap(x, rates(score, noise, x, t), t - s).p
        if p.shape[-1] == score.symbols:
            return Tokens(p)
        kept = p.at[..., -1].multiply(0.5)
        left = jnp.where(own_token(x, p.shape[-1]), p[..., -1:] - kept[..., -1:], 0.0)
        return Tokens(kept + left)


@dataclass(frozen=True)
class FrozenOfClasses:
    """Kind 2: a frozen chain, a tenth slower between classes of tokens."""

    claims: ClassVar[Claims] = FrozenScore().claims

    def step(self, score, noise, x, t, s):
        found = rates(score, noise, x, t)
        of_classes = found.shape[-1] > score.symbols
        return Generator(found * (0.9 if of_classes else 1.0), t - s)


@dataclass(frozen=True)
class RightWhenTraced:
    """Kind 4: no rate above 5 where it is called with arrays, as on counts."""

    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        found = rates(score, noise, x, t)
        traced = isinstance(found, jax.core.Tracer)
        return leap(x, found if traced else jnp.minimum(found, 5.0), t - s)


@dataclass(frozen=True)
class MeanUnderMatrices:
    """Kind 4: a second-order term with the batch's mean rate, if a matrix gives the noise."""

    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        found, h = rates(score, noise, x, t), t - s
        of_matrix = isinstance(noise, RateMatrix)
        return leap(x, found * (1 + of_matrix * h * jnp.tanh(found.sum(-1).mean())), h)


@dataclass(frozen=True)
class NotCompared:
    """Kind 4: equal at all temperatures, so that one is given the law of another."""

    temperature: float = field(default=1.0, compare=False)
    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        return leap(x, noise.reverse_rates(score(t, x) ** (1 / self.temperature), x), t - s)


@dataclass(frozen=True)
class FastForgets:
    """Kind 5: a flag leaves out what is slow, and the claims are those without it."""

    fast: bool = False
    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        found = rates(score, noise, x, t)
        return leap(x, jnp.where(found > 0.05, found, 0.0) if self.fast else found, t - s)


@dataclass(frozen=True)
class ThirdModeShort:
    """Kind 5: of three modes the third makes steps that are a hundredth too short."""

    mode: Literal["leap", "euler", "tweedie"] = "leap"
    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        if self.mode != "tweedie":
            return (TauLeaping() if self.mode == "leap" else Euler()).step(score, noise, x, t, s)
        return Tokens.clip_negative(noise.bridge(score(t, x), x, 0.99 * (t - s)))


@dataclass(frozen=True)
class ExactForTwo:
    """Kind 8: exact where tokens are independent and two at most."""

    claims: ClassVar[Claims] = replace(PLAIN, traits=BASIC | {Trait.EXACT_FOR_INDEPENDENT})

    def step(self, score, noise, x, t, s):
        return (Tweedie() if x.shape[1] <= 2 else Euler()).step(score, noise, x, t, s)


@dataclass(frozen=True)
class SubsetsOfFour:
    """Kind 8: a random one of up to four masks is revealed, of more of them the first."""

    claims: ClassVar[Claims] = FixedCardinality().claims

    def step(self, score, noise, x, t, s):
        if x.shape[1] <= 4:
            return FixedCardinality().step(score, noise, x, t, s)
        clean = noise.clean_law(score, t, x)
        masked = x == clean.shape[-1]
        return shown_in_turn(noise, x, clean, masked & (jnp.cumsum(masked, -1) == 1))


def _in_step(score, noise, x, t, u):
    found = rates(score, noise, x, t)
    left = 1.0 - (t - u) * found.sum(-1, keepdims=True)
    return first_jump(x, found if isinstance(noise, Absorbing) else found / left)


@dataclass(frozen=True)
class MasksLeapInStep:
    """Kind 8: Euler, whose rates inside of a step are those of a leap where there are masks."""

    claims: ClassVar[Claims] = replace(PLAIN, rates_in_step=_in_step)

    def step(self, score, noise, x, t, s):
        return Euler().step(score, noise, x, t, s)


@dataclass(frozen=True)
class RemembersStart:
    """Kind 4: no JAX; leaps in the first half of the time, the largest it has been told of."""

    claims: ClassVar[Claims] = replace(PLAIN, on_host=True)

    def step(self, score, noise, x, t, s):
        start = max(getattr(self, "_start", 0.0), float(t))
        object.__setattr__(self, "_start", start)
        early = float(t) > start / 2
        return (TauLeaping() if early else Euler()).step(score, noise, x, t, s)


_KEPT: dict[Any, Any] = {}


@dataclass(frozen=True)
class KeptByAddress:
    """Kind 4: no JAX; ratios are kept by the address of the score, which another one takes."""

    claims: ClassVar[Claims] = replace(PLAIN, on_host=True)

    def step(self, score, noise, x, t, s):
        key = (id(score), float(t), x.shape)
        if key not in _KEPT:
            _KEPT[key] = np.asarray(score(t, x))
        return leap(x, noise.reverse_rates(jnp.asarray(_KEPT[key]), x), t - s)


@dataclass(frozen=True)
class BeginsUnlessMatrix:
    """Kind 5: said to begin with a leap; if a matrix gives the noise, it is a frozen chain."""

    claims: ClassVar[Claims] = Claims(2, 1, {Trait.KEEPS_MASS}, begins_with=TauLeaping())

    def step(self, score, noise, x, t, s):
        found = rates(score, noise, x, t)
        return Generator(found, t - s) if isinstance(noise, RateMatrix) else leap(x, found, t - s)


@dataclass(frozen=True)
class ChunksOfMasks:
    """Kind 4: rows with masks go in chunks of 512, and the last ones are read like the first."""

    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        whole = len(x) - len(x) % 512
        if isinstance(noise, Absorbing) and 0 < whole < len(x):
            x = jnp.asarray(x).at[whole:].set(x[whole])
        return leap(x, rates(score, noise, x, t), t - s)


@dataclass(frozen=True)
class MeanNearTheData:
    """Kind 4: a second-order term with the batch's mean rate, below t = 0.01."""

    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        found, h = rates(score, noise, x, t), t - s
        mean = jnp.where(t < 0.01, jnp.tanh(found.sum(-1).mean()), 0.0)
        return leap(x, found * (1 + h / t * mean), h)


@dataclass(frozen=True)
class CountsTheSame:
    """Kind 4: rates have a second-order term in how many rows of the batch are alike."""

    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        found, h = rates(score, noise, x, t), t - s
        alike = (x[:, None] == x).all(-1).sum(1)[:, None, None]
        return leap(x, found * (1 + 0.1 * h * (alike - 1)), h)


@dataclass(frozen=True)
class ValuesOfMasks:
    """Kind 5: of masks later tokens come later, by a second-order term, and it is not said."""

    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        found, h = rates(score, noise, x, t), t - s
        later = 0.05 * h / t * np.arange(found.shape[-1]) / found.shape[-1]
        return leap(x, found * (1 - later * isinstance(noise, Absorbing)), h)


CASES = [
    Case(EulerOfClasses(), 8, CLASSES),
    Case(LessWithinClasses(), 2, CLASSES),
    Case(FrozenOfClasses(), 2, CLASSES),
    Case(RightWhenTraced(), 4, COUNTS),
    Case(MeanUnderMatrices(), 4, ROWS),
    Case(ChunksOfMasks(), 4, ROWS),
    Case(MeanNearTheData(), 4, ROWS),
    Case(CountsTheSame(), 4, ROWS),
    Case(ValuesOfMasks(), 5, NAMES),
    Case(NotCompared(), 4, "keeps the contract"),
    Case(FastForgets(), 5, SETTINGS),
    Case(ThirdModeShort(), 5, SETTINGS),
    Case(ExactForTwo(), 8, f"has the trait: {Trait.EXACT_FOR_INDEPENDENT}"),
    Case(SubsetsOfFour(), 8, "does nothing but reveal masks"),
    Case(MasksLeapInStep(), 8, "rates inside a step generate its law"),
    Case(RemembersStart(), 4, FRESH),
    Case(KeptByAddress(), 4, AGAIN),
    Case(BeginsUnlessMatrix(), 5, "calls the score as often as claimed"),
]
