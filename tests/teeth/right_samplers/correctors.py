"""Right samplers whose correctors move much faster than the noise."""

from dataclasses import dataclass, replace
from typing import ClassVar

import jax.numpy as jnp

from harness.claims import Claims
from harness.step import InTurn

from ..case import Case
from ..parts import CORRECTS, leap, others, rates

TWICE = replace(CORRECTS, score_calls=2)


@dataclass(frozen=True)
class LongCorrector:
    """A leap of the noise and its reversal together, ``speed`` times the step; then a leap."""

    speed: float = 30.0
    claims: ClassVar[Claims] = TWICE

    def step(self, score, noise, x, t, s):
        both = self.back(rates(score, noise, x, t)) + noise.forward_rates(x, score.symbols)
        kept = leap(x, self.speed * others(x, both), t - s)
        return InTurn((kept, leap(x, rates(score, noise, x, t), t - s)))

    def back(self, found):
        """Of the rates that undo the noise, what the corrector takes."""
        return found


@dataclass(frozen=True)
class LocallyBalanced:
    """A leap at rates ``√(q_b/q_x)``, which keep ``q_t`` by detailed balance; then a leap."""

    claims: ClassVar[Claims] = TWICE

    def step(self, score, noise, x, t, s):
        ratios = score(t, x)
        if ratios.shape[-1] > score.symbols:
            raise ValueError("roots of the ratios to classes are no sums of those to tokens")
        kept = leap(x, others(x, self.root(ratios)), t - s)
        return InTurn((kept, leap(x, rates(score, noise, x, t), t - s)))

    def root(self, ratios):
        """A ``g`` with ``g(r) = r g(1/r)``."""
        return jnp.sqrt(ratios)


CASES = [
    Case(thing, 0) for thing in (LongCorrector(), LongCorrector(speed=100.0), LocallyBalanced())
]
