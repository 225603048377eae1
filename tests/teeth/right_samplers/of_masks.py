"""Right samplers that reveal masks."""

from dataclasses import dataclass, replace
from typing import ClassVar

import jax.numpy as jnp
import numpy as np
from outside.differences import HidesByDifference
from outside.scans import LeftToRight

from harness.claims import Claims, Counted, Trait
from harness.law.score_calls import tokens_moved
from harness.samplers import FirstHitting, MaskedPlugIn
from harness.step import InTurn, Mixture, Tokens

from ..case import Case
from ..parts import BASIC, MASKED, OWN_ORDER, revealed, shown_in_turn, stays


@dataclass(frozen=True)
class RightToLeft:
    """The last masked token is revealed, from its law given all that is known: exact."""

    claims: ClassVar[Claims] = OWN_ORDER

    def step(self, score, noise, x, t, s):
        clean = noise.clean_law(score, t, x)
        masked = x == clean.shape[-1]
        after = jnp.cumsum(masked[:, ::-1], -1)[:, ::-1]
        return shown_in_turn(noise, x, clean, masked & (after == 1))


@dataclass(frozen=True)
class OutsideIn:
    """A fixed order of its own, from both ends to the middle: exact, too."""

    claims: ClassVar[Claims] = OWN_ORDER

    def step(self, score, noise, x, t, s):
        clean, d = noise.clean_law(score, t, x), x.shape[1]
        masked = x == clean.shape[-1]
        rank = np.minimum(2 * np.arange(d), 2 * np.arange(d)[::-1] + 1)
        first = jnp.where(masked, rank, 2 * d).min(-1, keepdims=True)
        return shown_in_turn(noise, x, clean, masked & (rank == first))


@dataclass(frozen=True)
class LeastSureFirst:
    """The masked token with the smallest top probability; ties go to the right."""

    claims: ClassVar[Claims] = replace(OWN_ORDER, no_derivative="it ranks tokens")

    def step(self, score, noise, x, t, s):
        clean, d = noise.clean_law(score, t, x), x.shape[1]
        masked = x == clean.shape[-1]
        top = jnp.where(masked, jnp.round(clean.max(-1) * 2.0**30), 2.0**31)
        place, least = np.arange(d), top.min(-1, keepdims=True)
        last = jnp.where(top == least, place, -1).max(-1, keepdims=True)
        return shown_in_turn(noise, x, clean, masked & (place == last))


@dataclass(frozen=True)
class OneTokenModestly:
    """First hitting that claims of its output the order of a plug-in, and what its calls count."""

    claims: ClassVar[Claims] = Claims(
        2,
        1,
        {Trait.KEEPS_MASS, Trait.POSITIONS_ALIKE},
        needs_mask=True,
        starts_masked=True,
        calls=tokens_moved,
        counted=Counted.TOKENS_MOVED,
    )

    def step(self, score, noise, x, t, s):
        return FirstHitting().step(score, noise, x, t, s)


@dataclass(frozen=True)
class RandomMaskOfMine:
    """Any one mask, chosen uniformly, whatever the times: exact with a step for each token."""

    claims: ClassVar[Claims] = replace(
        OWN_ORDER,
        traits={Trait.KEEPS_MASS, Trait.SCORE_AT_GRID_TIMES, Trait.POSITIONS_ALIKE},
    )

    def step(self, score, noise, x, t, s):
        clean, d = noise.clean_law(score, t, x), x.shape[1]
        masked = x == clean.shape[-1]
        number = masked.sum(-1, keepdims=True)
        share = jnp.where(number > 0, masked / jnp.maximum(number, 1), 1 / d)
        turns = [shown_in_turn(noise, x, clean, masked & (np.arange(d) == i)).p for i in range(d)]
        return Mixture(jnp.log(share), jnp.stack(turns, 1))


@dataclass(frozen=True)
class Remasks:
    """A token is masked again with probability σ, and masks are revealed that much more often.

    A mask turns into a token with probability ``(α_s - (1-σ) α_t)/(1 - α_t)``, ``α = e^{-t}``:
    that keeps the law of each token given the data.  ``σ`` is of order ``h``, so that as ``h → 0``
    the chain is the reverse one and one in equilibrium with ``q_t``.
    """

    rate: float = 0.3
    claims: ClassVar[Claims] = replace(MASKED, chain_order=0)

    def step(self, score, noise, x, t, s):
        clean, now = noise.clean_law(score, t, x), jnp.exp(-t)
        most = -jnp.expm1(-s) / jnp.maximum(now, 1e-300)
        sigma = jnp.minimum(self.rate * -jnp.expm1(s - t), jnp.minimum(most, 1.0))
        shown = noise.shown(t, s) + sigma * now / -jnp.expm1(-t)
        law, mask = revealed(noise, x, clean, shown), clean.shape[-1]
        again = jnp.where(x == mask, 0.0, sigma)[..., None]
        return Tokens((1 - again) * law.p + again * (np.arange(mask + 1) == mask))


@dataclass(frozen=True)
class HalvesOfMasks:
    """A coin says whether the even or the odd masks may be revealed, twice as often as they should.

    As long as twice the chance is one; else it is the plug-in.  No step reveals both, as a step of
    the truth may: the chain KL is infinite.
    """

    claims: ClassVar[Claims] = replace(
        MASKED,
        chain_order=0,
        traits=BASIC - {Trait.INDEPENDENT_TOKENS, Trait.POSITIONS_ALIKE},
    )

    def step(self, score, noise, x, t, s):
        clean, shown = noise.clean_law(score, t, x), noise.shown(t, s)
        law = revealed(noise, x, clean, shown).p
        twice = revealed(noise, x, clean, jnp.minimum(2 * shown, 1.0)).p
        own, even = stays(x, law.shape[-1]), (np.arange(x.shape[1]) % 2 == 0)[:, None]
        halves = [jnp.where(turn, twice, own) for turn in (even, ~even)]
        branches = [jnp.where(2 * shown < 1, half, law) for half in halves]
        return Mixture(jnp.full((len(x), 2), np.log(0.5)), jnp.stack(branches, 1))


@dataclass(frozen=True)
class RevealsInTwoScans:
    """Even masks as in a plug-in, then odd ones seeing them: right to the same order."""

    claims: ClassVar[Claims] = replace(
        MASKED, traits={Trait.KEEPS_MASS, Trait.SCORE_AT_GRID_TIMES}, score_calls=2
    )

    def step(self, score, noise, x, t, s):
        law, even = MaskedPlugIn().step(score, noise, x, t, s).p, np.arange(x.shape[1]) % 2 == 0
        own = stays(x, law.shape[-1])
        turns = (even[:, None], ~even[:, None])
        return InTurn(tuple(Tokens(jnp.where(turn, law, own)) for turn in turns))


@dataclass(frozen=True)
class WaitsExponentially:
    """A mask waits an exponential time at the rate of where the step began."""

    claims: ClassVar[Claims] = replace(MASKED, starts_masked=False)

    def step(self, score, noise, x, t, s):
        shown = -jnp.expm1(-(t - s) / jnp.expm1(t))
        return revealed(noise, x, noise.clean_law(score, t, x), shown)


@dataclass(frozen=True)
class PlugInByBridge:
    """The plug-in by Bayes' rule on ratios, as Tweedie has it."""

    claims: ClassVar[Claims] = replace(MASKED, starts_masked=False)

    def step(self, score, noise, x, t, s):
        return Tokens.clip_negative(noise.bridge(score(t, x), x, t - s))


CASES = [
    Case(thing, 0)
    for thing in (
        LeftToRight(),
        RightToLeft(),
        OutsideIn(),
        LeastSureFirst(),
        OneTokenModestly(),
        RandomMaskOfMine(),
        Remasks(),
        HalvesOfMasks(),
        RevealsInTwoScans(),
        WaitsExponentially(),
        PlugInByBridge(),
        HidesByDifference(),
    )
]
