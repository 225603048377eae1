"""Kind 1: a small bias that stays however small the steps are."""

from dataclasses import dataclass
from typing import ClassVar

import jax.numpy as jnp

from harness.claims import Claims
from harness.noise import own_token
from harness.samplers import Euler, Tweedie
from harness.step import Generator, Tokens

from ..case import Case
from ..parts import BASIC, PLAIN, leap, others, rates, scaled

HERE = "a small step follows the reverse generator"


@dataclass(frozen=True)
class RatesTooLarge:
    """Kind 1: all rates are off by a share."""

    share: float = 1e-3
    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        return leap(x, (1 + self.share) * rates(score, noise, x, t), t - s)


@dataclass(frozen=True)
class ChainTooFast:
    """Kind 1: the frozen chain runs by a share too long."""

    share: float = 1e-4
    claims: ClassVar[Claims] = Claims(
        2, 2, BASIC - {"independent tokens"}, counted="candidate events"
    )

    def step(self, score, noise, x, t, s):
        return Generator(rates(score, noise, x, t), (t - s) * (1 + self.share))


@dataclass(frozen=True)
class ForwardMixedIn:
    """Kind 1: some of the forward rates, "for stability"."""

    share: float = 1e-4
    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        reverse = rates(score, noise, x, t)
        forward = noise.forward_rates(x, reverse.shape[-1])
        return leap(x, reverse + self.share * forward, t - s)


@dataclass(frozen=True)
class ScoreClipped:
    """Kind 1: no ratio above ``top``, none below ``bottom``."""

    top: float = float("inf")
    bottom: float = 0.0
    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        clipped = jnp.clip(score(t, x), self.bottom, self.top)
        return leap(x, noise.reverse_rates(clipped, x), t - s)


@dataclass(frozen=True)
class LogScoreClipped:
    """Kind 1: logits of a network that end in ``6 tanh(logit/6)``."""

    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        ratios = score(t, x)
        logits = jnp.where(ratios > 0, jnp.log(jnp.where(ratios > 0, ratios, 1.0)), -jnp.inf)
        return leap(x, noise.reverse_rates(jnp.exp(6 * jnp.tanh(logits / 6)), x), t - s)


@dataclass(frozen=True)
class ScoreInFewBits:
    """Kind 1: the network answers in a short float."""

    kind: str = "bfloat16"
    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        short = jnp.clip(score(t, x), 0.0, 6e4).astype(self.kind).astype(float)
        return leap(x, noise.reverse_rates(short, x), t - s)


@dataclass(frozen=True)
class ProbabilitiesInHalf:
    """Kind 1: Tweedie's law of a token rounded to float16 and scaled again."""

    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        law = Tweedie().step(score, noise, x, t, s)
        return Tokens(scaled(law.p.astype(jnp.float16).astype(float)), clipped=law.clipped)


@dataclass(frozen=True)
class ProbabilitiesInLevels:
    """Kind 1: Euler's moves rounded down to multiples of ``2^-20``."""

    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        law = Euler().step(score, noise, x, t, s)
        moves = jnp.floor(others(x, law.p) * 2.0**20) / 2.0**20
        return Tokens.stay_or_move(x, moves, 1 - moves.sum(-1), clipped=law.clipped)


@dataclass(frozen=True)
class Nucleus:
    """Kind 1: only the likeliest tokens that have probability ``p`` together, in Tweedie's law."""

    p: float = 0.98
    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        law = Tweedie().step(score, noise, x, t, s)
        before = (law.p[..., None, :] * (law.p[..., None, :] > law.p[..., :, None])).sum(-1)
        return Tokens(scaled(jnp.where(before < self.p, law.p, 0.0)), clipped=law.clipped)


@dataclass(frozen=True)
class RatiosToAPower:
    """Kind 1: guidance of 1.0005 where none is meant."""

    power: float = 1.0005
    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        return leap(x, noise.reverse_rates(score(t, x) ** self.power, x), t - s)


@dataclass(frozen=True)
class EpsilonBelow:
    """Kind 1: ``r/(1 + 1e-4 r)``, so that no rate overflows."""

    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        found = rates(score, noise, x, t)
        return leap(x, found / (1 + 1e-4 * found), t - s)


@dataclass(frozen=True)
class AskedALittleLate:
    """Kind 1: the score of ``1.001 t``, its network's clock being off."""

    claims: ClassVar[Claims] = Claims(2, 1, BASIC - {"score at grid times only"})

    def step(self, score, noise, x, t, s):
        return leap(x, rates(score, noise, x, 1.001 * t), t - s)


@dataclass(frozen=True)
class BridgeOfTwoLengths:
    """Kind 1: Tweedie whose two kernels are of lengths that differ by a thousandth."""

    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        ratios, h = score(t, x), t - s
        weights = noise.earlier(ratios, h) * noise.arrival(x, 1.001 * h, ratios.shape[-1])
        return Tokens.clip_negative(scaled(weights))


@dataclass(frozen=True)
class RareMovesDropped:
    """Kind 1: jumps whose rate is below a hundredth of the largest are left out."""

    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        found = rates(score, noise, x, t)
        top = found.max(-1, keepdims=True)
        return leap(x, jnp.where(found < 1e-2 * top, 0.0, found), t - s)


@dataclass(frozen=True)
class StaysAtLeast:
    """Kind 1: of what would move, a ten-thousandth is kept back."""

    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        law = Tweedie().step(score, noise, x, t, s)
        own = own_token(x, law.p.shape[-1])
        return Tokens((1 - 1e-4) * law.p + 1e-4 * own, clipped=law.clipped)


@dataclass(frozen=True)
class SmallSharesDropped:
    """Kind 1: moves of less than ``least`` of the rate out of a token's value are never made."""

    least: float = 6e-8
    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        found = rates(score, noise, x, t)
        kept = found >= self.least * found.sum(-1, keepdims=True)
        return leap(x, jnp.where(kept, found, 0.0), t - s)


CASES = [
    Case(thing, 1, HERE)
    for thing in (
        SmallSharesDropped(),
        RatesTooLarge(),
        RatesTooLarge(1e-4),
        RatesTooLarge(-1e-3),
        ChainTooFast(),
        ForwardMixedIn(),
        ScoreClipped(top=100.0),
        ScoreClipped(top=20.0),
        ScoreClipped(bottom=1e-2),
        LogScoreClipped(),
        ScoreInFewBits(),
        ScoreInFewBits("float16"),
        ProbabilitiesInHalf(),
        ProbabilitiesInLevels(),
        Nucleus(),
        Nucleus(0.999),
        RatiosToAPower(),
        EpsilonBelow(),
        AskedALittleLate(),
        BridgeOfTwoLengths(),
        RareMovesDropped(),
        StaysAtLeast(),
    )
]
