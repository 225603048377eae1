"""Kind 8: wrong where the problems that were tried do not look."""

from dataclasses import dataclass, replace
from typing import ClassVar

import jax.numpy as jnp
import numpy as np

from harness.claims import Claims, Trait
from harness.noise import RateMatrix, own_token
from harness.samplers import MaskedPlugIn, MultinomialD3PM, Tweedie
from harness.step import InTurn, Mixture, Tokens

from ..case import Case
from ..parts import (
    BASIC,
    CORRECTS,
    MASKED,
    OWN_ORDER,
    PLAIN,
    VANISHES,
    leap,
    rates,
    revealed,
    scaled,
    shown_in_turn,
    stays,
)

STEP = "a small step follows the reverse generator"


def drawn_anew(score, x, s, turn):
    """Tokens of the positions in ``turn [d]`` are drawn at once from their laws given the rest."""
    ratios = score(s, x)
    return Tokens(jnp.where(turn[:, None], scaled(ratios), stays(x, ratios.shape[-1])))


def guided(score, noise, x, t, change):
    """Rates of the base times what the value changes by, in logarithms ``change [n, d, S]``."""
    return rates(score.prior, noise, x, t) * jnp.exp(change)


@dataclass(frozen=True)
class HalvesAtOnce:
    """Kind 8: at the data even sites are redrawn at once, then odd ones: on an odd ring two even
    sites are neighbours, on an open chain none are."""

    claims: ClassVar[Claims] = CORRECTS

    def step(self, score, noise, x, t, s):
        even = np.arange(x.shape[1]) % 2 == 0
        now = jnp.maximum(s, 1e-12)
        found = [drawn_anew(score, x, now, turn) for turn in (even, ~even)]
        last = [Tokens(jnp.where(s > 0, stays(x, law.p.shape[-1]), law.p)) for law in found]
        return InTurn((Tweedie().step(score, noise, x, t, s), *last))


@dataclass(frozen=True)
class NoHastings:
    """Kind 8: Metropolis over moves to states that are allowed, without Hastings' ratio."""

    claims: ClassVar[Claims] = replace(
        CORRECTS, traits={Trait.KEEPS_MASS, Trait.POSITIONS_ALIKE}, score_calls=2
    )

    def step(self, score, noise, x, t, s):
        ratios = score(jnp.maximum(s, 0.0), x)
        own = own_token(x, ratios.shape[-1])
        legal = (ratios > 1e-9) & ~own
        number = legal.sum((-1, -2))
        chance = jnp.where(legal, jnp.minimum(ratios, 1.0), 0.0)
        each = legal.sum(-1)  # moves of each position: which one is tried
        moves = chance / jnp.maximum(each, 1)[..., None]
        law = Tokens.stay_or_move(x, moves, 1 - moves.sum(-1)).p
        turn = np.eye(x.shape[1], dtype=bool)[..., None]
        p = jnp.where(turn, law[:, None], own[:, None].astype(float))
        share = jnp.where(number[:, None] > 0, each / jnp.maximum(number, 1)[:, None], 0.0)
        share = jnp.where(number[:, None] > 0, share, 1 / x.shape[1])
        return InTurn((Tweedie().step(score, noise, x, t, s), Mixture(jnp.log(share), p)))


@dataclass(frozen=True)
class SureOnesAtOnce:
    """Kind 8: masks whose likeliest token has more than 0.9 are revealed at once; else the surest.

    On data that are not peaked one at a time, and so exact.
    """

    sure: float = 0.9
    claims: ClassVar[Claims] = OWN_ORDER

    def step(self, score, noise, x, t, s):
        clean = noise.clean_law(score, t, x)
        masked = x == clean.shape[-1]
        top = jnp.where(masked, jnp.round(clean.max(-1) * 2.0**30), -1.0)
        place = np.arange(x.shape[1])
        before = (top[:, None] > top[..., None]) | (
            (top[:, None] == top[..., None]) & (place < place[:, None])
        )
        chosen = masked & ((top > self.sure * 2.0**30) | (before.sum(-1) == 0))
        return shown_in_turn(noise, x, clean, chosen)


@dataclass(frozen=True)
class SureIsCertain:
    """Kind 8: a token whose likeliest value has more than 0.98 is set to it: none is so sure."""

    claims: ClassVar[Claims] = MASKED

    def step(self, score, noise, x, t, s):
        clean = noise.clean_law(score, t, x)
        best = jnp.eye(clean.shape[-1])[clean.argmax(-1)]
        sure = clean.max(-1, keepdims=True) > 0.98
        return revealed(noise, x, jnp.where(sure, best, clean), noise.shown(t, s))


@dataclass(frozen=True)
class GuidanceClipped:
    """Kind 8: what a tilted target's values change is clipped: no reward differs by so much."""

    low: float = -5.0
    high: float = 5.0
    claims: ClassVar[Claims] = replace(MultinomialD3PM().claims, traced_numbers=False)

    def step(self, score, noise, x, t, s):
        law = Tokens.clip_negative(noise.bridge(score.prior(t, x), x, t - s))
        change = jnp.clip(score.log_value_change(t, x), self.low, self.high)
        guided = law.p * jnp.exp(change)
        return Tokens(scaled(guided), clipped=law.clipped)


@dataclass(frozen=True)
class GuidedByFew:
    """Kind 8: values of the first ``most`` neighbours of a state are asked for: it has no more."""

    most: int = 16
    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        change = score.log_value_change(t, x)
        d, tokens = change.shape[1:]
        first = np.arange(d * tokens).reshape(d, tokens) < self.most
        return leap(x, guided(score, noise, x, t, jnp.where(first, change, 0.0)), t - s)


@dataclass(frozen=True)
class GuidanceOffNear:
    """Kind 8: no guidance below ``t = 0.002``, where no run goes."""

    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        change = jnp.where(t < 2e-3, 0.0, score.log_value_change(t, x))
        return leap(x, guided(score, noise, x, t, change), t - s)


@dataclass(frozen=True)
class UnguidedByMatrices:
    """Kind 8: a noise that is given by its rates is not guided."""

    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        change = score.log_value_change(t, x) * (not isinstance(noise, RateMatrix))
        return leap(x, guided(score, noise, x, t, change), t - s)


@dataclass(frozen=True)
class OutliersDropped:
    """Kind 8: a ratio above 10,000 is an outlier and set to 0: no tried state is so rare."""

    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        ratios = score(t, x)
        return leap(x, noise.reverse_rates(jnp.where(ratios > 1e4, 0.0, ratios), x), t - s)


@dataclass(frozen=True)
class ForbiddenALittle:
    """Kind 8: no ratio below 1e-5, so that what is impossible happens, now and then."""

    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        return leap(x, noise.reverse_rates(jnp.maximum(score(t, x), 1e-5), x), t - s)


@dataclass(frozen=True)
class RareRevealsDropped:
    """Kind 8: a token of probability below 1e-4 is never revealed, "padding"."""

    claims: ClassVar[Claims] = MASKED

    def step(self, score, noise, x, t, s):
        clean = noise.clean_law(score, t, x)
        kept = scaled(jnp.where(clean < 1e-4, 0.0, clean))
        return revealed(noise, x, kept, noise.shown(t, s))


@dataclass(frozen=True)
class RewardsFloored:
    """Kind 8: a reward is read as at least exp(-8) of the best, and -inf is none."""

    claims: ClassVar[Claims] = MultinomialD3PM().claims

    def step(self, score, noise, x, t, s):
        law = Tokens.clip_negative(noise.bridge(score.prior(t, x), x, t - s))
        change = jnp.where(own_token(x, law.p.shape[-1]), 0.0, score.log_value_change(t, x))
        guided = law.p * jnp.maximum(jnp.exp(change), jnp.exp(-8.0))
        return Tokens(scaled(guided), clipped=law.clipped)


@dataclass(frozen=True)
class PairsOfARing:
    """Kind 8: two masks are revealed at once if they are not neighbours on an open chain."""

    claims: ClassVar[Claims] = OWN_ORDER

    def step(self, score, noise, x, t, s):
        clean, d = noise.clean_law(score, t, x), x.shape[1]
        masked = x == clean.shape[-1]
        # Odd positions one by one; when they are there, all even ones: on a chain independent.
        odd = np.arange(d) % 2 == 1
        waits = masked & odd
        turn = waits & (jnp.cumsum(waits, -1) == 1)
        chosen = jnp.where(waits.any(-1, keepdims=True), turn, masked)
        return shown_in_turn(noise, x, clean, chosen)


@dataclass(frozen=True)
class PeakedPlugIn:
    """Kind 8: a mask whose token is nearly sure need not wait for its time."""

    claims: ClassVar[Claims] = replace(MASKED, traits=BASIC)

    def step(self, score, noise, x, t, s):
        clean = noise.clean_law(score, t, x)
        sure = clean.max(-1, keepdims=True) > 0.995
        shown = jnp.where(sure, 1.0, noise.shown(t, s))
        hidden = 1.0 - shown
        law = jnp.concatenate([clean * shown, jnp.broadcast_to(hidden, sure.shape)], -1)
        return Tokens(noise.reveal(x, law))


@dataclass(frozen=True)
class TiedMasks:
    """Kind 8: of masks that are alike, those beyond the third are revealed a step later."""

    claims: ClassVar[Claims] = MASKED

    def step(self, score, noise, x, t, s):
        law = MaskedPlugIn().step(score, noise, x, t, s)
        masked = x == law.p.shape[-1] - 1
        late = masked & (jnp.cumsum(masked, -1) > 3) & (s > 0)
        return Tokens(jnp.where(late[..., None], stays(x, law.p.shape[-1]), law.p))


CASES = [
    Case(HalvesAtOnce(), 8, VANISHES),
    Case(NoHastings(), 8, VANISHES),
    Case(SureOnesAtOnce(), 8, VANISHES),
    Case(SureIsCertain(), 8, VANISHES),
    Case(GuidanceClipped(), 8, "a tilted target is followed"),
    Case(GuidedByFew(), 8, STEP),
    Case(GuidanceOffNear(), 8, STEP),
    Case(UnguidedByMatrices(), 8, STEP),
    Case(RewardsFloored(), 8, "a tilted target is followed"),
    Case(OutliersDropped(), 8, VANISHES),
    Case(ForbiddenALittle(), 8, VANISHES),
    Case(RareRevealsDropped(), 8, VANISHES),
    Case(PairsOfARing(), 8, VANISHES),
    Case(PeakedPlugIn(), 8, VANISHES),
    Case(TiedMasks(), 8, VANISHES),
]
