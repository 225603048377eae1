"""Right samplers under any noise."""

from dataclasses import dataclass, replace
from typing import ClassVar

import jax.numpy as jnp
import numpy as np
from jax.tree_util import Partial
from outside.differences import StaysByDifference
from outside.implicit_euler import ImplicitEuler
from outside.redraw import Redraw
from outside.scans import Scan

from harness.claims import Claims, Counted, Trait
from harness.samplers import TauLeaping, Tweedie, Uniformization
from harness.step import Generator, InTurn, Kernel, Mixture, Tokens, TwoStage, Varying

from ..case import Case
from ..parts import ELSEWHERE, PLAIN, leap, others, product, rates, stays

JOINT = Claims(2, 1, {Trait.KEEPS_MASS, Trait.POSITIONS_ALIKE})


@dataclass(frozen=True)
class MidpointInTime:
    """τ-leaping with the rates of the middle of the step."""

    claims: ClassVar[Claims] = ELSEWHERE

    def step(self, score, noise, x, t, s):
        return leap(x, rates(score, noise, x, (t + s) / 2), t - s)


@dataclass(frozen=True)
class Heun:
    """A leap to the end, then from the start one with the mean of the rates at both ends."""

    claims: ClassVar[Claims] = replace(JOINT, score_calls=2, needs_early_stopping=True)

    def step(self, score, noise, x, t, s):
        now, h = rates(score, noise, x, t), t - s

        def second(memory, m):
            later = others(memory[0], rates(score, noise, m, s))
            return leap(memory[0], (memory[1] + later) / 2, h)

        return TwoStage(leap(x, now, h), second, (x, now))


@dataclass(frozen=True)
class MagnusMidpoint:
    """The chain with the rates of the middle of the step: output order 4."""

    claims: ClassVar[Claims] = Claims(
        4, 2, {Trait.KEEPS_MASS, Trait.POSITIONS_ALIKE}, counted=Counted.CANDIDATE_EVENTS
    )

    def step(self, score, noise, x, t, s):
        return Generator(rates(score, noise, x, (t + s) / 2), t - s)


@dataclass(frozen=True)
class BlocksByGillespie:
    """Blocks of two tokens, one after the other, each as the chain of its own jumps."""

    claims: ClassVar[Claims] = Claims(
        2, 1, {Trait.KEEPS_MASS}, score_calls=2, counted=Counted.CANDIDATE_EVENTS
    )

    def step(self, score, noise, x, t, s):
        found, d = rates(score, noise, x, t), x.shape[1]
        block = (np.arange(d) // 2)[:, None]
        parts = [jnp.where(block == k, found, 0.0) for k in range((d + 1) // 2)]
        return InTurn(tuple(Generator(part, t - s) for part in parts))


@dataclass(frozen=True)
class StrangScan:
    """Even tokens for half a step, odd ones for a whole, even ones again."""

    claims: ClassVar[Claims] = Claims(2, 1, {Trait.KEEPS_MASS}, score_calls=3)

    def step(self, score, noise, x, t, s):
        found, h = rates(score, noise, x, t), t - s
        even = (np.arange(x.shape[1]) % 2 == 0)[:, None]
        half = leap(x, jnp.where(even, found, 0.0), h / 2)
        return InTurn((half, leap(x, jnp.where(even, 0.0, found), h), half))


@dataclass(frozen=True)
class EitherOrder:
    """A coin says whether even or odd tokens go first, the others seeing them."""

    claims: ClassVar[Claims] = Claims(2, 1, {Trait.KEEPS_MASS})

    def step(self, score, noise, x, t, s):
        law = TauLeaping().step(score, noise, x, t, s).p
        even = (np.arange(x.shape[1]) % 2 == 0)[:, None]
        own = stays(x, law.shape[-1])
        a, b = (product(jnp.where(turn, law, own)) for turn in (even, ~even))
        return Kernel((a @ b + b @ a) / 2)


@dataclass(frozen=True)
class TwoLawsMixed:
    """A coin says whether the whole step is Tweedie's or backward Euler's."""

    claims: ClassVar[Claims] = replace(JOINT, score_calls=2)

    def step(self, score, noise, x, t, s):
        laws = [each.step(score, noise, x, t, s).p for each in (Tweedie(), ImplicitEuler())]
        return Mixture(jnp.log(jnp.asarray([[0.3, 0.7]] * len(x))), jnp.stack(laws, 1))


@dataclass(frozen=True)
class CoinForEachToken:
    """Each token moves in half of the steps, at random, and then for twice as long."""

    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        law = leap(x, rates(score, noise, x, t), 2 * (t - s))
        return Tokens((law.p + stays(x, law.p.shape[-1])) / 2)


@dataclass(frozen=True)
class HalvesAtRandom:
    """A coin says whether even or odd tokens move, for twice as long.

    No step moves both, as a step of the truth may: the chain KL is infinite.
    """

    claims: ClassVar[Claims] = Claims(2, 0, {Trait.KEEPS_MASS, Trait.SCORE_AT_GRID_TIMES})

    def step(self, score, noise, x, t, s):
        law = leap(x, rates(score, noise, x, t), 2 * (t - s)).p
        own, even = stays(x, law.shape[-1]), (np.arange(x.shape[1]) % 2 == 0)[:, None]
        branches = [jnp.where(turn, law, own) for turn in (even, ~even)]
        return Mixture(jnp.full((len(x), 2), np.log(0.5)), jnp.stack(branches, 1))


@dataclass(frozen=True)
class CappedByTheStep:
    """No rate above ``1/(2 h S)``, so that a step need not clip: no cap as ``h → 0``."""

    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        found, h = rates(score, noise, x, t), t - s
        moves = h * jnp.minimum(found, 1 / (2 * h * found.shape[-1]))
        return Tokens.stay_or_move(x, moves, 1 - moves.sum(-1))


def _capped(score, noise, top, u, y):
    found = noise.reverse_rates(score(u, y), y)
    total = found.sum((-1, -2), keepdims=True)
    return found * jnp.minimum(1.0, top / jnp.where(total > 0, total, 1.0))


@dataclass(frozen=True)
class CappedRightly:
    """Uniformization that cuts rates off at a bound which no true rate exceeds."""

    claims: ClassVar[Claims] = replace(
        Uniformization.claims, traits={Trait.KEEPS_MASS, Trait.POSITIONS_ALIKE, Trait.EXACT_TIME}
    )

    def step(self, score, noise, x, t, s):
        top = x.shape[1] * noise.largest_exit(s, score.symbols) * score.inflation
        return Varying(Partial(_capped, score, noise, top * (1 + 1e-9)), t, s, top * (1 + 1e-8))


@dataclass(frozen=True)
class ThereAndBack:
    """A little noise first, then Tweedie from the later time: another path to the same law."""

    share: float = 0.3
    claims: ClassVar[Claims] = Claims(2, 0, {Trait.KEEPS_MASS, Trait.POSITIONS_ALIKE})

    def step(self, score, noise, x, t, s):
        more = self.share * (t - s)
        forward = noise.kernel(more, score.symbols)[x]
        return InTurn((Tokens(forward), Tweedie().step(score, noise, x, t + more, s)))


@dataclass(frozen=True)
class TwoHalfSteps:
    """Tweedie twice, of half the length, and two calls said."""

    claims: ClassVar[Claims] = replace(JOINT, score_calls=2)

    def step(self, score, noise, x, t, s):
        middle = (t + s) / 2
        halves = [Tweedie().step(score, noise, x, u, v) for u, v in ((t, middle), (middle, s))]
        return InTurn(tuple(halves))


CASES = [
    Case(thing, 0)
    for thing in (
        MidpointInTime(),
        Heun(),
        MagnusMidpoint(),
        BlocksByGillespie(),
        Scan(),
        StrangScan(),
        EitherOrder(),
        TwoLawsMixed(),
        CoinForEachToken(),
        HalvesAtRandom(),
        CappedByTheStep(),
        CappedRightly(),
        Redraw(),
        ThereAndBack(),
        TwoHalfSteps(),
        ImplicitEuler(),
        StaysByDifference(),
    )
]
