"""Kind 2: right at the sizes that were tried, wrong at another one, or under another noise."""

from dataclasses import dataclass, replace
from typing import ClassVar

import jax.numpy as jnp
import numpy as np

from harness.claims import Claims
from harness.samplers import FixedOrder, MaskedPlugIn, TauLeaping, Tweedie
from harness.step import Tokens

from ..case import Case
from ..parts import (
    ELSEWHERE,
    MASKED,
    NOT_ALIKE,
    PLAIN,
    leap,
    likeliest,
    on_a_ring,
    rates,
    revealed,
    seeing,
    stays,
)

HERE = "a small step follows the reverse generator"


def moving_only(law, x, turn):
    """``law`` where ``turn [d]``, else the token stays."""
    kept = jnp.where(turn[:, None], law.p, stays(x, law.p.shape[-1]))
    return Tokens(kept, clipped=jnp.where(turn, law.clipped, 0.0))


@dataclass(frozen=True)
class ChunksOfThree:
    """Kind 2: tokens are updated in chunks of three, and the last, shorter chunk is forgotten."""

    claims: ClassVar[Claims] = NOT_ALIKE

    def step(self, score, noise, x, t, s):
        law, length = Tweedie().step(score, noise, x, t, s), x.shape[1]
        whole = length if length < 3 else length - length % 3
        return moving_only(law, x, np.arange(length) < whole)


@dataclass(frozen=True)
class FirstChunk:
    """Kind 2: of chunks of three only the first ever moves; right for d <= 3."""

    claims: ClassVar[Claims] = NOT_ALIKE

    def step(self, score, noise, x, t, s):
        law = Tweedie().step(score, noise, x, t, s)
        return moving_only(law, x, np.arange(x.shape[1]) < 3)


@dataclass(frozen=True)
class SixPositions:
    """Kind 2: position embeddings for five; the tokens after them never move."""

    claims: ClassVar[Claims] = NOT_ALIKE

    def step(self, score, noise, x, t, s):
        law = TauLeaping().step(score, noise, x, t, s)
        return moving_only(law, x, np.arange(x.shape[1]) < 5)


@dataclass(frozen=True)
class SharedEmbedding:
    """Kind 2: positions are told apart up to the fourth; later ones are read like it."""

    claims: ClassVar[Claims] = NOT_ALIKE

    def step(self, score, noise, x, t, s):
        ratios = score(t, x)
        place = np.minimum(np.arange(x.shape[1]), 3)
        read = ratios[:, place]
        kept = jnp.where((x[:, place] == x)[..., None], read, ratios)
        return leap(x, noise.reverse_rates(kept, x), t - s)


@dataclass(frozen=True)
class TwoNeighbours:
    """Kind 2: a token sees two neighbours on either side, on a ring: right for d <= 5."""

    claims: ClassVar[Claims] = ELSEWHERE

    def step(self, score, noise, x, t, s):
        ratios = seeing(score, t, x, on_a_ring(x.shape[1], 2))
        return leap(x, noise.reverse_rates(ratios, x), t - s)


@dataclass(frozen=True)
class OwnChunkOnly:
    """Kind 2: attention within chunks of three tokens: right for d <= 3."""

    claims: ClassVar[Claims] = ELSEWHERE

    def step(self, score, noise, x, t, s):
        chunk = np.arange(x.shape[1]) // 3
        ratios = seeing(score, t, x, chunk[:, None] == chunk)
        return leap(x, noise.reverse_rates(ratios, x), t - s)


@dataclass(frozen=True)
class FourLikeliest:
    """Kind 2: candidates are the four likeliest tokens: right for S <= 4."""

    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        return leap(x, likeliest(rates(score, noise, x, t), 4), t - s)


@dataclass(frozen=True)
class FourLikeliestReveals:
    """Kind 2: what a mask is revealed as is one of the four likeliest tokens."""

    claims: ClassVar[Claims] = MASKED

    def step(self, score, noise, x, t, s):
        clean = noise.clean_law(score, t, x)
        above = (clean[..., None, :] > clean[..., :, None]).sum(-1)
        kept = jnp.where(above < 4, clean, 0.0)
        return revealed(noise, x, kept / kept.sum(-1, keepdims=True), noise.shown(t, s))


@dataclass(frozen=True)
class HalfOfTheRing:
    """Kind 2: jumps go round a ring by at most (S-1)//2: the token across is never reached."""

    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        found = rates(score, noise, x, t)
        tokens = found.shape[-1]
        away = (np.arange(tokens) - x[..., None]) % tokens
        reach = max(1, (tokens - 1) // 2)
        near = jnp.minimum(away, tokens - away) <= reach
        return leap(x, jnp.where(near, found, 0.0), t - s)


@dataclass(frozen=True)
class NextOnTheRing:
    """Kind 2: every noise is taken for a walk to the next value: right for S <= 3."""

    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        found = rates(score, noise, x, t)
        tokens = found.shape[-1]
        away = (np.arange(tokens) - x[..., None]) % tokens
        return leap(x, jnp.where((away == 1) | (away == tokens - 1), found, 0.0), t - s)


@dataclass(frozen=True)
class TwoBits:
    """Kind 2: a token is kept in two bits, so that none from the fifth on is ever drawn."""

    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        found = rates(score, noise, x, t)
        return leap(x, jnp.where(np.arange(found.shape[-1]) < 4, found, 0.0), t - s)


@dataclass(frozen=True)
class IndexInAByte:
    """Kind 2: sequences are looked up by an index of eight bits: right for S^d <= 256.

    A token that is another in what was found stays.
    """

    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        tokens = score.symbols
        strides = tokens ** np.arange(x.shape[1] - 1, -1, -1)
        index = (x * strides).sum(-1) % 256
        found = (index[:, None] // strides) % tokens
        law = leap(found, rates(score, noise, found, t), t - s)
        return Tokens(jnp.where((found == x)[..., None], law.p, stays(x, tokens)))


@dataclass(frozen=True)
class AlonePasses:
    """Kind 2: a single token is squeezed away, and with it its time: it moves half as much."""

    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        h = (t - s) * (0.5 if x.shape[1] == 1 else 1.0)
        return leap(x, rates(score, noise, x, t), h)


@dataclass(frozen=True)
class PairsOnly:
    """Kind 2: bits are packed in pairs; with an odd number of them the last one is lost of sight.

    With other alphabets nothing is packed.
    """

    claims: ClassVar[Claims] = NOT_ALIKE

    def step(self, score, noise, x, t, s):
        law, length = Tweedie().step(score, noise, x, t, s), x.shape[1]
        packed = law.p.shape[-1] == 2 and length % 2
        return moving_only(law, x, np.arange(length) < length - bool(packed))


@dataclass(frozen=True)
class CosineOfFive:
    """Kind 2: the chance of revealing is right up to five tokens, then a tenth too small."""

    claims: ClassVar[Claims] = MASKED

    def step(self, score, noise, x, t, s):
        if x.shape[1] <= 5:
            return MaskedPlugIn().step(score, noise, x, t, s)
        return revealed(noise, x, noise.clean_law(score, t, x), 0.9 * noise.shown(t, s))


@dataclass(frozen=True)
class LengthIsTheMask:
    """Kind 2: the token ``d`` is taken for the mask: nothing moves unless ``d = S``."""

    claims: ClassVar[Claims] = FixedOrder().claims

    def step(self, score, noise, x, t, s):
        law = FixedOrder().step(score, noise, x, t, s)
        return moving_only(law, x, np.full(x.shape[1], x.shape[1] == law.p.shape[-1] - 1))


@dataclass(frozen=True)
class MaskedAgain:
    """Kind 2: a tenth is masked again in the last step too, but only if there are 4 tokens."""

    claims: ClassVar[Claims] = replace(MASKED, output_order=0, chain_order=0)

    def step(self, score, noise, x, t, s):
        law = MaskedPlugIn().step(score, noise, x, t, s).p
        mask = jnp.eye(law.shape[-1])[-1]
        return Tokens(0.9 * law + 0.1 * mask if x.shape[1] == 4 else law)


CASES = [
    Case(LengthIsTheMask(), 2, "no mask is left at the end"),
    Case(MaskedAgain(), 2, "no mask is left at the end"),
]
CASES += [
    Case(thing, 2, HERE)
    for thing in (
        ChunksOfThree(),
        FirstChunk(),
        SixPositions(),
        SharedEmbedding(),
        TwoNeighbours(),
        OwnChunkOnly(),
        FourLikeliest(),
        FourLikeliestReveals(),
        HalfOfTheRing(),
        NextOnTheRing(),
        TwoBits(),
        IndexInAByte(),
        AlonePasses(),
        PairsOnly(),
        CosineOfFive(),
    )
]
