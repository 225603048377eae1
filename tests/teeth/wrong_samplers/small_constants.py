"""Kind 6: an order is claimed, and a term of a lower one with a small constant is there too."""

from dataclasses import dataclass
from typing import ClassVar

import jax.numpy as jnp

from harness.claims import Claims, Trait
from harness.samplers import Euler, TauLeaping, ThetaTrapezoidal, Tweedie
from harness.step import Generator, Tokens

from ..case import Case, cases
from ..parts import BASIC, ELSEWHERE, MASKED, PLAIN, leap, others, rates, revealed

ORDER = "output order at least as claimed"


def root(t, s):
    """``√h``, and 0 for a step from ``inf``."""
    return jnp.sqrt(jnp.where(jnp.isfinite(t), t - s, 0.0))


@dataclass(frozen=True)
class RootOfTheStep:
    """Kind 6: rates off by ``c √h``, so that the KL has a term ``c² h``, a fiftieth or less."""

    c: float = 6e-3
    below: float = jnp.inf
    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        off = jnp.where(t < self.below, self.c * root(t, s), 0.0)
        return leap(x, (1 + off) * rates(score, noise, x, t), t - s)


@dataclass(frozen=True)
class LeaksALittle:
    """Kind 6: a token is lost with probability ``c h²``: of the first order after all steps."""

    c: float = 2e-5
    claims: ClassVar[Claims] = Claims(2, 1, BASIC - {Trait.KEEPS_MASS})

    def step(self, score, noise, x, t, s):
        law = TauLeaping().step(score, noise, x, t, s)
        lost = self.c * jnp.minimum(t - s, 1.0) ** 2
        return Tokens((1 - lost) * law.p, lost=jnp.broadcast_to(lost, law.p.shape[:2]))


@dataclass(frozen=True)
class ForwardOfTheRoot:
    """Kind 6: forward rates mixed in at ``0.01 √h``."""

    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        reverse = rates(score, noise, x, t)
        forward = noise.forward_rates(x, reverse.shape[-1])
        return leap(x, reverse + 0.01 * root(t, s) * forward, t - s)


@dataclass(frozen=True)
class AskedLateByTheRoot:
    """Kind 6: the score is asked at ``t (1 + 0.01 √h)``."""

    claims: ClassVar[Claims] = ELSEWHERE

    def step(self, score, noise, x, t, s):
        return leap(x, rates(score, noise, x, t * (1 + 0.01 * root(t, s))), t - s)


@dataclass(frozen=True)
class ShortByTheRoot:
    """Kind 6: Tweedie's steps are shorter by a share ``0.006 √h``."""

    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        return Tweedie().step(score, noise, x, t, t - (t - s) * (1 - 6e-3 * root(t, s)))


@dataclass(frozen=True)
class OneTargetFaster:
    """Kind 6: rates to the first token are off by ``0.01 √h``, Euler's else."""

    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        law = Euler().step(score, noise, x, t, s)
        first = jnp.arange(law.p.shape[-1]) == 0
        moves = others(x, law.p) * jnp.where(first, 1 - 0.01 * root(t, s), 1.0)
        return Tokens.stay_or_move(x, moves, 1 - moves.sum(-1), clipped=law.clipped)


@dataclass(frozen=True)
class WarmByTheRoot:
    """Kind 6: what is revealed is drawn at temperature ``1 + 0.01 √h``."""

    claims: ClassVar[Claims] = MASKED

    def step(self, score, noise, x, t, s):
        clean = noise.clean_law(score, t, x) ** (1 / (1 + 0.01 * root(t, s)))
        return revealed(noise, x, clean / clean.sum(-1, keepdims=True), noise.shown(t, s))


@dataclass(frozen=True)
class SmoothByTheRoot:
    """Kind 6: what is revealed is mixed with the uniform law, by ``0.005 √h``."""

    claims: ClassVar[Claims] = MASKED

    def step(self, score, noise, x, t, s):
        share, clean = 5e-3 * root(t, s), noise.clean_law(score, t, x)
        smooth = (1 - share) * clean + share / clean.shape[-1]
        return revealed(noise, x, smooth, noise.shown(t, s))


@dataclass(frozen=True)
class ShownByTheRoot:
    """Kind 6: the chance of a reveal is off by ``0.005 √h``."""

    claims: ClassVar[Claims] = MASKED

    def step(self, score, noise, x, t, s):
        shown = noise.shown(t, s) * (1 - 5e-3 * root(t, s))
        return revealed(noise, x, noise.clean_law(score, t, x), shown)


@dataclass(frozen=True)
class ChainOfTheRoot:
    """Kind 6: a frozen chain with rates off by ``0.006 √h``: chain order 1, not the 2 claimed."""

    claims: ClassVar[Claims] = Claims(
        2, 2, BASIC - {Trait.INDEPENDENT_TOKENS}, counted="candidate events"
    )

    def step(self, score, noise, x, t, s):
        return Generator((1 + 6e-3 * root(t, s)) * rates(score, noise, x, t), t - s)


@dataclass(frozen=True)
class NearlyFourth:
    """Kind 6: θ-trapezoidal, of output order 4, at rates that are off by ``0.002 h``: order 2."""

    claims: ClassVar[Claims] = ThetaTrapezoidal(clamp=False).claims

    def step(self, score, noise, x, t, s):
        h = t - s

        def off(u, y):
            return (1 + 2e-3 * h) * score(u, y)

        return ThetaTrapezoidal(clamp=False).step(off, noise, x, t, s)


@dataclass(frozen=True)
class NearlyFourthInTime:
    """Kind 6: the same, its score asked ``0.01 h`` too late: output order 2 where 4 is claimed."""

    claims: ClassVar[Claims] = Claims(
        4, 2, {Trait.KEEPS_MASS, Trait.POSITIONS_ALIKE}, score_calls=2
    )

    def step(self, score, noise, x, t, s):
        h = t - s

        def late(u, y):
            return score(u + 0.01 * h, y)

        return ThetaTrapezoidal(clamp=False).step(late, noise, x, t, s)


@dataclass(frozen=True)
class StaysByTheRoot:
    """Kind 6: of what Tweedie moves, a share ``0.006 √h`` stays, to one token only."""

    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        law = Tweedie().step(score, noise, x, t, s)
        last = jnp.arange(law.p.shape[-1]) == law.p.shape[-1] - 1
        moves = others(x, law.p) * jnp.where(last, 1 - 6e-3 * root(t, s), 1.0)
        return Tokens.stay_or_move(x, moves, 1 - moves.sum(-1), clipped=law.clipped)


CASES = [
    Case(RootOfTheStep(0.05, 0.009), 6, "a small step follows the reverse generator"),
    *cases(
        6,
        ORDER,
        (
            RootOfTheStep(),
            RootOfTheStep(2e-3),
            LeaksALittle(),
            ForwardOfTheRoot(),
            AskedLateByTheRoot(),
            ShortByTheRoot(),
            OneTargetFaster(),
            WarmByTheRoot(),
            SmoothByTheRoot(),
            ShownByTheRoot(),
            ChainOfTheRoot(),
            NearlyFourth(),
            NearlyFourthInTime(),
            StaysByTheRoot(),
        ),
    ),
]
