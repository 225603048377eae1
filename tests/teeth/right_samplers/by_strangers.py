"""Right samplers as others would write them: by hand, on the host, with limits that they state."""

from dataclasses import dataclass, replace
from typing import ClassVar

import jax
import jax.numpy as jnp
import numpy as np

from harness.claims import Claims, Trait
from harness.samplers import TauLeaping, Tweedie
from harness.step import InTurn, Kernel, Mixture, Tokens, held

from ..case import Case
from ..parts import (
    ELSEWHERE,
    MASKED,
    NOT_ALIKE,
    OWN_ORDER,
    PLAIN,
    leap,
    others,
    rates,
    revealed,
    scaled,
    shown_in_turn,
)


@dataclass(frozen=True)
class Posterior:
    """D3PM: the law of an earlier token given the others times the noise since, scaled."""

    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        earlier = noise.earlier(score(t, x), t - s)
        return Tokens.clip_negative(scaled(earlier * noise.arrival(x, t - s, score.symbols)))


@dataclass(frozen=True)
class HalfRejects:
    """A coin for the whole state: the first jump counts, or who would jump twice stays."""

    claims: ClassVar[Claims] = Claims(
        2, 1, {Trait.KEEPS_MASS, Trait.POSITIONS_ALIKE}, score_calls=2
    )

    def step(self, score, noise, x, t, s):
        laws = [TauLeaping(r).step(score, noise, x, t, s).p for r in ("one_jump", "reject")]
        return Mixture(jnp.full((len(x), 2), np.log(0.5)), jnp.stack(laws, 1))


@dataclass(frozen=True)
class OneEventAtMost:
    """The first event of the frozen chain and no other, as a row over whole states."""

    claims: ClassVar[Claims] = Claims(2, 0, {Trait.KEEPS_MASS, Trait.POSITIONS_ALIKE})

    def step(self, score, noise, x, t, s):
        found, h = rates(score, noise, x, t), t - s
        n, d, tokens = found.shape
        total = found.sum((1, 2))
        strides = tokens ** np.arange(d - 1, -1, -1)
        here, row = (x * strides).sum(-1), np.arange(n)
        to = here[:, None, None] + (np.arange(tokens) - x[..., None]) * strides[:, None]
        moves = found * held(total, h)[:, None, None]
        p = jnp.zeros((n, tokens**d)).at[row[:, None, None], to].add(moves)
        return Kernel(p.at[row, here].add(jnp.exp(-total * h)))


@dataclass(frozen=True)
class MoveBudget:
    """Rates are scaled down where a step expects more than two moves: as h falls, nowhere."""

    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        found, h = rates(score, noise, x, t), t - s
        moves = h * found.sum((-1, -2), keepdims=True)
        return leap(x, found * jnp.minimum(1.0, 2.0 / jnp.maximum(moves, 1e-300)), h)


@dataclass(frozen=True)
class ShorterLeap:
    """Leaps of length ``1 - e^{-h}``, the chance that noise would have come."""

    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        return leap(x, rates(score, noise, x, t), -jnp.expm1(s - t))


@dataclass(frozen=True)
class ByShares:
    """Masks by ``α = e^{-t}``: revealed with probability ``(α_s - α_t)/(1 - α_t)``."""

    claims: ClassVar[Claims] = MASKED

    def step(self, score, noise, x, t, s):
        now, then = jnp.exp(-t), jnp.exp(-s)
        return revealed(noise, x, noise.clean_law(score, t, x), (then - now) / (1 - now))


@dataclass(frozen=True)
class HostPlugIn:
    """The plug-in in numpy."""

    claims: ClassVar[Claims] = replace(MASKED, on_host=True)

    def step(self, score, noise, x, t, s):
        clean, tokens = np.asarray(noise.clean_law(score, t, x)), np.asarray(x)
        shown, mask = float(noise.shown(t, s)), score.symbols - 1
        law = np.concatenate([clean * shown, np.full((*tokens.shape, 1), 1 - shown)], -1)
        known = np.eye(mask + 1)[tokens]
        return Tokens(jnp.asarray(np.where((tokens == mask)[..., None], law, known)))


@dataclass(frozen=True)
class EightPositions:
    """Has embeddings of eight positions, and refuses more."""

    claims: ClassVar[Claims] = NOT_ALIKE

    def step(self, score, noise, x, t, s):
        if x.shape[1] > 8:
            raise ValueError(f"eight positions at most, got {x.shape[1]}")
        return leap(x, rates(score, noise, x, t), t - s)


@dataclass(frozen=True)
class EvenBetter:
    """Even positions by Tweedie, odd ones by a leap, not said to be alike."""

    claims: ClassVar[Claims] = replace(NOT_ALIKE, score_calls=2)

    def step(self, score, noise, x, t, s):
        even = (np.arange(x.shape[1]) % 2 == 0)[:, None]
        better = Tweedie().step(score, noise, x, t, s)
        law = leap(x, rates(score, noise, x, t), t - s)
        return Tokens(jnp.where(even, better.p, law.p), clipped=even[:, 0] * better.clipped)


@dataclass(frozen=True)
class SmoothSwitch:
    """Tweedie far from the data and backward Euler near them, a token's law mixed by the time."""

    claims: ClassVar[Claims] = replace(PLAIN, score_calls=2)

    def step(self, score, noise, x, t, s):
        far, share = Tweedie().step(score, noise, x, t, s), jax.nn.sigmoid(jnp.log(t))
        moves = (t - s) * rates(score, noise, x, t)
        stay = 1 / (1 + moves.sum(-1))
        near = Tokens.stay_or_move(x, moves * stay[..., None], stay)
        return Tokens(share * far.p + (1 - share) * near.p, clipped=share * far.clipped)


@dataclass(frozen=True)
class SharpSwitch:
    """Tweedie in steps that begin above a time, then a leap: off by no power of the step."""

    at: float = 1.0
    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        ratios = score(t, x)
        far = Tokens.clip_negative(noise.bridge(ratios, x, t - s))
        near = leap(x, noise.reverse_rates(ratios, x), t - s)
        clipped = jnp.where(t > self.at, far.clipped, 0.0)
        return Tokens(jnp.where(t > self.at, far.p, near.p), clipped=clipped)


@dataclass(frozen=True)
class RatesOfTheEnd:
    """A leap with the rates of where the step ends, which must not be at the data."""

    claims: ClassVar[Claims] = replace(ELSEWHERE, needs_early_stopping=True)

    def step(self, score, noise, x, t, s):
        return leap(x, rates(score, noise, x, s), t - s)


@dataclass(frozen=True)
class PairInTurn:
    """The first two masks by their joint law: the second sees the first."""

    claims: ClassVar[Claims] = replace(
        OWN_ORDER, traits={Trait.KEEPS_MASS, Trait.SCORE_AT_GRID_TIMES}, score_calls=2
    )

    def step(self, score, noise, x, t, s):
        clean = noise.clean_law(score, t, x)
        masked = x == clean.shape[-1]
        first = shown_in_turn(noise, x, clean, masked & (jnp.cumsum(masked, -1) == 1))
        return InTurn((first, first))


@dataclass(frozen=True)
class UniformByHand:
    """For uniform noise, whose rates it writes out."""

    claims: ClassVar[Claims] = replace(PLAIN, needs_uniform=True)

    def step(self, score, noise, x, t, s):
        ratios = score(t, x)
        return leap(x, others(x, ratios) / ratios.shape[-1], t - s)


CASES = [
    Case(thing, 0)
    for thing in (
        Posterior(),
        HalfRejects(),
        OneEventAtMost(),
        MoveBudget(),
        ShorterLeap(),
        ByShares(),
        HostPlugIn(),
        EightPositions(),
        EvenBetter(),
        SmoothSwitch(),
        SharpSwitch(),
        SharpSwitch(0.05),
        RatesOfTheEnd(),
        PairInTurn(),
        UniformByHand(),
    )
]
