"""Jumps that are right of few tokens and at few positions, and wrong of many at many."""

from dataclasses import dataclass, replace
from typing import ClassVar

import jax.numpy as jnp

from harness.claims import Claims, Trait
from harness.noise import Absorbing
from harness.samplers import FirstHitting
from harness.step import Generator, RandomOrder

from ..case import cases
from ..parts import OWN_ORDER, likeliest, on_a_ring, rates, scaled, seeing, shown_in_turn

JUMPS = Claims(2, 1, {Trait.KEEPS_MASS, Trait.POSITIONS_ALIKE})
"""Of one that jumps at rates of the step's start, one token at a time: tokens are dependent."""

REVEALS = replace(JUMPS, needs_mask=True)


@dataclass(frozen=True)
class NeighboursOfMany:
    """Kind 2: of ``tokens`` and more, one at ``positions`` or more sees its two neighbours only."""

    tokens: int = 3
    positions: int = 5
    claims: ClassVar[Claims] = JUMPS

    def step(self, score, noise, x, t, s):
        masks = isinstance(noise, Absorbing)
        if score.symbols - masks < self.tokens or x.shape[1] < self.positions:
            return Generator(rates(score, noise, x, t), t - s)
        hidden = score.symbols - 1 if masks else 0
        ratios = seeing(score, t, x, on_a_ring(x.shape[1], 1), hidden)
        return Generator(noise.reverse_rates(ratios, x), t - s)


@dataclass(frozen=True)
class MasksOfMany(NeighboursOfMany):
    """Kind 2: the same of one that knows masks only."""

    claims: ClassVar[Claims] = REVEALS


@dataclass(frozen=True)
class LikeliestOfMany:
    """Kind 2: from ``positions`` on, a token's candidates are the ``count`` likeliest."""

    count: int = 4
    positions: int = 4
    claims: ClassVar[Claims] = JUMPS

    def step(self, score, noise, x, t, s):
        found = rates(score, noise, x, t)
        return Generator(
            likeliest(found, self.count) if x.shape[1] >= self.positions else found, t - s
        )


@dataclass(frozen=True)
class MasksAndTokens:
    """Kind 2: of three tokens or more, at four positions or more, a mask turns into one of two."""

    claims: ClassVar[Claims] = JUMPS

    def step(self, score, noise, x, t, s):
        found = rates(score, noise, x, t)
        few = not isinstance(noise, Absorbing) or x.shape[1] < 4 or score.symbols < 4
        return Generator(found if few else likeliest(found, 2), t - s)


@dataclass(frozen=True)
class LikeliestTenHitting:
    """Kind 2: first hitting, where a mask becomes one of its ten likeliest tokens."""

    claims: ClassVar[Claims] = FirstHitting.claims

    def step(self, score, noise, x, t, s):
        clean = scaled(likeliest(noise.clean_law(score, t, x), 10))
        moves = shown_in_turn(noise, x, clean, jnp.ones(x.shape, bool))
        waits = x == clean.shape[-1]
        return RandomOrder(moves, waits, noise.shown(t, s), noise.hidden(t, s))


@dataclass(frozen=True)
class LikeliestTenJump:
    """Kind 2: a chain of frozen rates, where a mask becomes one of its ten likeliest tokens."""

    claims: ClassVar[Claims] = replace(REVEALS, counted="candidate events")

    def step(self, score, noise, x, t, s):
        return Generator(likeliest(rates(score, noise, x, t), 10), t - s)


@dataclass(frozen=True)
class LikeliestTenInTurn:
    """Kind 2: from left to right, each one of its ten likeliest tokens."""

    claims: ClassVar[Claims] = OWN_ORDER

    def step(self, score, noise, x, t, s):
        clean = scaled(likeliest(noise.clean_law(score, t, x), 10))
        masked = x == clean.shape[-1]
        return shown_in_turn(noise, x, clean, masked & (jnp.cumsum(masked, -1) == 1))


CASES = cases(
    2,
    "a small step follows the reverse generator",
    [
        NeighboursOfMany(),
        NeighboursOfMany(tokens=4, positions=5),
        MasksOfMany(),
        MasksOfMany(tokens=4, positions=4),
        LikeliestOfMany(count=3),
        LikeliestOfMany(count=5, positions=3),
        MasksAndTokens(),
        LikeliestTenHitting(),
        LikeliestTenJump(),
    ],
) + cases(2, "a reveal follows the data", [LikeliestTenInTurn()])
