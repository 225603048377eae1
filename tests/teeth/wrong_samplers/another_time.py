"""Kind 3: right at the times that were tried, wrong at another one."""

from dataclasses import dataclass
from typing import ClassVar

import jax.numpy as jnp

from harness.claims import Claims
from harness.samplers import Euler, FrozenScore, MaskedPlugIn, TauLeaping, Tweedie
from harness.step import Generator, Tokens

from ..case import Case
from ..parts import BASIC, ELSEWHERE, MASKED, PLAIN, leap, rates, revealed, stays

HERE = "a small step follows the reverse generator"


@dataclass(frozen=True)
class NeverAskedNearData:
    """Kind 3: the score is never asked below t = 3e-3, where the network was not trained."""

    least: float = 3e-3
    claims: ClassVar[Claims] = ELSEWHERE

    def step(self, score, noise, x, t, s):
        return leap(x, rates(score, noise, x, jnp.maximum(t, self.least)), t - s)


@dataclass(frozen=True)
class NeverAskedLate:
    """Kind 3: nor above t = 5, where its clock ends."""

    claims: ClassVar[Claims] = ELSEWHERE

    def step(self, score, noise, x, t, s):
        return leap(x, rates(score, noise, x, jnp.minimum(t, 5.0)), t - s)


@dataclass(frozen=True)
class StopsShort:
    """Kind 3: every step ends at max(s, least)."""

    least: float = 0.02
    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        h = jnp.maximum(t - jnp.maximum(s, self.least), 0.0)
        return leap(x, rates(score, noise, x, t), h)


@dataclass(frozen=True)
class NothingMovesLate:
    """Kind 3: nothing moves above t = 4, where all is noise anyway."""

    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        law = Tweedie().step(score, noise, x, t, s)
        kept = jnp.where(t > 4.0, stays(x, law.p.shape[-1]), law.p)
        return Tokens(kept, clipped=jnp.where(t > 4.0, 0.0, law.clipped))


@dataclass(frozen=True)
class UniformFromInfinity:
    """Kind 3: the step from ``T = inf`` reveals uniform tokens, since the score knows nothing."""

    claims: ClassVar[Claims] = MASKED

    def step(self, score, noise, x, t, s):
        clean = noise.clean_law(score, t, x)
        clean = jnp.where(jnp.isinf(t), 1 / clean.shape[-1], clean)
        return revealed(noise, x, clean, noise.shown(t, s))


@dataclass(frozen=True)
class NothingFromInfinity:
    """Kind 3: the step from ``T = inf`` has no length that it could use, and reveals nothing."""

    claims: ClassVar[Claims] = MASKED

    def step(self, score, noise, x, t, s):
        shown = jnp.where(jnp.isinf(t), 0.0, noise.shown(t, s))
        return revealed(noise, x, noise.clean_law(score, t, x), shown)


@dataclass(frozen=True)
class RoundedLengths:
    """Kind 3: times of the schedule are kept to three decimals."""

    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        h = (jnp.round(t * 1000) - jnp.round(s * 1000)) / 1000
        return leap(x, rates(score, noise, x, t), h)


@dataclass(frozen=True)
class TimesInHalf:
    """Kind 3: times go through a short float."""

    claims: ClassVar[Claims] = ELSEWHERE

    def step(self, score, noise, x, t, s):
        t, s = (u.astype(jnp.float16).astype(float) for u in (t, s))
        return leap(x, rates(score, noise, x, t), jnp.maximum(t - s, 0.0))


@dataclass(frozen=True)
class ScoreAtHundredths:
    """Kind 3: the time embedding has an entry for each hundredth."""

    claims: ClassVar[Claims] = ELSEWHERE

    def step(self, score, noise, x, t, s):
        return leap(x, rates(score, noise, x, jnp.maximum(jnp.round(t * 100), 1) / 100), t - s)


@dataclass(frozen=True)
class ScoreOfTheLogClock:
    """Kind 3: the time embedding has a hundred entries for every e-fold."""

    claims: ClassVar[Claims] = ELSEWHERE

    def step(self, score, noise, x, t, s):
        asked = jnp.exp(jnp.floor(jnp.log(t) * 100) / 100)
        return leap(x, rates(score, noise, x, asked), t - s)


@dataclass(frozen=True)
class ClockGoesRound:
    """Kind 3: a time embedding of period 8."""

    claims: ClassVar[Claims] = ELSEWHERE

    def step(self, score, noise, x, t, s):
        return leap(x, rates(score, noise, x, jnp.where(t > 8.0, t - 8.0, t)), t - s)


@dataclass(frozen=True)
class SmallStepsSkipped:
    """Kind 3: a step shorter than 1e-4 is not worth a call."""

    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        h = jnp.where(t - s < 1e-4, 0.0, t - s)
        return leap(x, rates(score, noise, x, t), h)


@dataclass(frozen=True)
class SlowNearData:
    """Kind 3: below t = 5e-3 steps are taken a tenth too short, "for stability"."""

    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        return leap(x, rates(score, noise, x, t), (t - s) * jnp.where(t < 5e-3, 0.9, 1.0))


@dataclass(frozen=True)
class ArgmaxAtTheEnd:
    """Kind 3: below t = 1e-2 the likeliest token is taken instead of a draw."""

    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        law = Tweedie().step(score, noise, x, t, s)
        best = jnp.eye(law.p.shape[-1])[law.p.argmax(-1)]
        return Tokens(jnp.where(t < 1e-2, best, law.p), clipped=law.clipped)


@dataclass(frozen=True)
class RatesCapped:
    """Kind 3: no rate above 200, which only times near to the data have."""

    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        return leap(x, jnp.minimum(rates(score, noise, x, t), 200.0), t - s)


@dataclass(frozen=True)
class ChainCutNearData:
    """Kind 3: a frozen chain that does not run below t = 2e-3."""

    claims: ClassVar[Claims] = Claims(
        2, 2, BASIC - {"independent tokens"}, counted="candidate events"
    )

    def step(self, score, noise, x, t, s):
        law = FrozenScore().step(score, noise, x, t, s)
        return Generator(law.rates, jnp.where(t < 2e-3, 0.0, law.duration))


@dataclass(frozen=True)
class FirstOrderShownLate:
    """Kind 3: above t = 3 the chance of a reveal is right to first order in e^{-t} only."""

    claims: ClassVar[Claims] = MASKED

    def step(self, score, noise, x, t, s):
        h = jnp.where(jnp.isfinite(t), t - s, 0.0)
        late = (t > 3.0) & jnp.isfinite(t)
        shown = jnp.where(late, -jnp.expm1(-h) * jnp.exp(-s), noise.shown(t, s))
        return revealed(noise, x, noise.clean_law(score, t, x), shown)


@dataclass(frozen=True)
class MaskOfLateTimes:
    """Kind 3: above t = 6 masks stay masks, "all of them being noise"."""

    claims: ClassVar[Claims] = MASKED

    def step(self, score, noise, x, t, s):
        law = MaskedPlugIn().step(score, noise, x, t, s)
        waits = (t > 6.0) & jnp.isfinite(t)
        return Tokens(jnp.where(waits, stays(x, law.p.shape[-1]), law.p))


@dataclass(frozen=True)
class TwoRegimes:
    """Kind 3: Euler up to t = 1, then τ-leaping with the rates of a noise of clock 1.01."""

    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        early = Euler().step(score, noise, x, t, s)
        late = TauLeaping().step(score, noise, x, t, t - 1.01 * (t - s))
        return Tokens(
            jnp.where(t > 1.0, late.p, early.p), clipped=jnp.where(t > 1.0, 0.0, early.clipped)
        )


@dataclass(frozen=True)
class WrongBetween:
    """Kind 3: rates a tenth too large after ``low`` and before ``high``, right at other times."""

    low: float
    high: float
    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        off = jnp.where((t > self.low) & (t < self.high), 1.1, 1.0)
        return leap(x, off * rates(score, noise, x, t), t - s)


CASES = [
    Case(thing, 3, HERE)
    for thing in (
        NeverAskedNearData(),
        NeverAskedLate(),
        StopsShort(),
        StopsShort(1e-4),
        NothingMovesLate(),
        UniformFromInfinity(),
        NothingFromInfinity(),
        RoundedLengths(),
        TimesInHalf(),
        ScoreAtHundredths(),
        ScoreOfTheLogClock(),
        ClockGoesRound(),
        SmallStepsSkipped(),
        SlowNearData(),
        ArgmaxAtTheEnd(),
        RatesCapped(),
        ChainCutNearData(),
        FirstOrderShownLate(),
        MaskOfLateTimes(),
        TwoRegimes(),
        WrongBetween(2e-6, 2e-3),
        WrongBetween(0.14, 0.73),
        WrongBetween(8.0, 19.0),
    )
]
