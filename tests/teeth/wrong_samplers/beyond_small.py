"""Kinds 2, 5 and 8: right for few tokens, few positions, short steps, and wrong beyond."""

from dataclasses import dataclass, replace
from typing import ClassVar

import jax.numpy as jnp
import numpy as np

from harness.claims import Claims, Trait
from harness.noise import CyclicWalk, own_token
from harness.samplers import Euler, FirstHitting, FixedOrder, MultinomialD3PM, Tweedie
from harness.samplers.euler import rates_in_step
from harness.step import Tokens

from ..case import Case
from ..parts import BASIC, PLAIN, leap, others, rates, scaled

STEP = "a small step follows the reverse generator"
CALLS = "calls the score as often as claimed"
TWEEDIE = replace(Tweedie.claims, rates_in_step=None)


@dataclass(frozen=True)
class ThreeBits:
    """Kind 2: a token is kept in three bits, so that none from the ninth on is ever drawn."""

    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        found = rates(score, noise, x, t)
        return leap(x, jnp.where(np.arange(found.shape[-1]) < 8, found, 0.0), t - s)


@dataclass(frozen=True)
class IndexInTwoBytes:
    """Kind 2: sequences are looked up by an index of sixteen bits: right for S^d <= 65,536."""

    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        tokens = score.symbols
        strides = tokens ** np.arange(x.shape[1] - 1, -1, -1)
        index = (x * strides).sum(-1).astype(jnp.uint16).astype(int)
        return leap(x, rates(score, noise, (index[:, None] // strides) % tokens, t), t - s)


@dataclass(frozen=True)
class GuidanceOfThree:
    """Kind 2: a reward is followed at the first three positions."""

    claims: ClassVar[Claims] = replace(
        MultinomialD3PM().claims, traits=BASIC - {Trait.POSITIONS_ALIKE}
    )

    def step(self, score, noise, x, t, s):
        law = Tokens.clip_negative(noise.bridge(score.prior(t, x), x, t - s))
        first = (np.arange(x.shape[1]) < 3)[:, None]
        change = jnp.where(first, others(x, score.log_value_change(t, x)), 0.0)
        return Tokens(scaled(law.p * jnp.exp(change)), clipped=law.clipped)


@dataclass(frozen=True)
class MemoryOfThree:
    """Kind 2: tokens remember whether they have moved, and 1/3 is written for 1/S."""

    claims: ClassVar[Claims] = Claims(2, 0, {Trait.KEEPS_MASS}, memory=2)

    def step(self, score, noise, x, t, s):
        symbol, moved = x // 2, x % 2
        found = rates(score, noise, symbol, t)
        if noise.draws_afresh:
            found = found * found.shape[-1] / 3
        law = leap(symbol, found, t - s).p
        new = own_token(symbol, law.shape[-1]) & (moved[..., None] == 0)
        unmoved = jnp.where(new, law, 0.0)
        return Tokens(jnp.stack([unmoved, law - unmoved], -1).reshape(*x.shape, -1))


@dataclass(frozen=True)
class ModestFourLikeliest:
    """Kind 2: left to right, by the four likeliest tokens; it claims no more than a plug-in."""

    claims: ClassVar[Claims] = replace(FixedOrder().claims, output_order=2, chain_order=1)

    def step(self, score, noise, x, t, s):
        law = FixedOrder().step(score, noise, x, t, s).p
        clean, hidden = law[..., :-1], law[..., -1:]
        kept = jnp.where((clean[..., None, :] > clean[..., :, None]).sum(-1) < 4, clean, 0.0)
        total = kept.sum(-1, keepdims=True)
        shown = kept * (1.0 - hidden) / jnp.where(total > 0, total, 1.0)
        return Tokens(jnp.concatenate([shown, hidden], -1))


@dataclass(frozen=True)
class FourPositionsACall:
    """Kind 5: the network sees four positions a call, and one call is claimed."""

    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        parts = [score(t, x)[:, k : k + 4] for k in range(0, x.shape[1], 4)]
        return leap(x, noise.reverse_rates(jnp.concatenate(parts, 1), x), t - s)


@dataclass(frozen=True)
class CallsOfFour:
    """Kind 5: first hitting whose calls are those of four tokens at most."""

    @property
    def claims(self):
        right = FirstHitting().claims
        return replace(right, calls=lambda grid, length: right.calls(grid, min(length, 4)))

    def step(self, score, noise, x, t, s):
        return FirstHitting().step(score, noise, x, t, s)


def _rates_of_three(score, noise, x, t, u):
    found = rates_in_step(score, noise, x, t, u)
    return found * 3 / found.shape[-1]


@dataclass(frozen=True)
class RatesOfThree:
    """Kind 8: Euler, whose rates inside of a step are written for three tokens."""

    claims: ClassVar[Claims] = replace(Euler.claims, rates_in_step=_rates_of_three)

    def step(self, score, noise, x, t, s):
        return Euler().step(score, noise, x, t, s)


@dataclass(frozen=True)
class AlikeUpToThree:
    """Kind 8: Tweedie's law for the first three tokens, a leap for the others, "all alike"."""

    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        ratios, first = score(t, x), np.arange(x.shape[1]) < 3
        exact = Tokens.clip_negative(noise.bridge(ratios, x, t - s))
        leapt = leap(x, noise.reverse_rates(ratios, x), t - s)
        clipped = jnp.where(first, exact.clipped, 0.0)
        return Tokens(jnp.where(first[:, None], exact.p, leapt.p), clipped=clipped)


@dataclass(frozen=True)
class WalkOfOneStep:
    """Kind 8: Tweedie, but a walk on a ring goes to the next values only: exact for S <= 3."""

    claims: ClassVar[Claims] = TWEEDIE

    def step(self, score, noise, x, t, s):
        law = Tokens.clip_negative(noise.bridge(score(t, x), x, t - s))
        if not isinstance(noise, CyclicWalk):
            return law
        tokens = law.p.shape[-1]
        away = (np.arange(tokens) - x[..., None]) % tokens
        near = jnp.minimum(away, tokens - away) <= 1
        return Tokens(scaled(jnp.where(near, law.p, 0.0)), clipped=law.clipped)


@dataclass(frozen=True)
class ShortSeries:
    """Kind 8: Tweedie by twenty terms of a kernel's series, which steps above 4 need more of."""

    claims: ClassVar[Claims] = TWEEDIE

    def step(self, score, noise, x, t, s):
        ratios, h = score(t, x), t - s
        one = series = jnp.eye(ratios.shape[-1])
        for k in range(20, 0, -1):
            series = one + h * noise.rate_matrix(len(one)) @ series / k
        return Tokens.clip_negative(scaled(noise.earlier(ratios, h) * series.T[x]))


CASES = [
    Case(ThreeBits(), 2, STEP),
    Case(IndexInTwoBytes(), 2, "computes in float64"),
    Case(GuidanceOfThree(), 2, STEP),
    Case(MemoryOfThree(), 2, "KL goes to 0 at other sizes"),
    Case(ModestFourLikeliest(), 2, "KL goes to 0 at other sizes"),
    Case(FourPositionsACall(), 5, CALLS),
    Case(CallsOfFour(), 5, CALLS),
    Case(RatesOfThree(), 8, "rates inside a step generate its law"),
    Case(AlikeUpToThree(), 8, f"has the trait: {Trait.POSITIONS_ALIKE}"),
    Case(WalkOfOneStep(), 8, f"has the trait: {Trait.EXACT_TOKEN_MARGINALS}"),
    Case(ShortSeries(), 8, f"has the trait: {Trait.EXACT_TOKEN_MARGINALS}"),
]
