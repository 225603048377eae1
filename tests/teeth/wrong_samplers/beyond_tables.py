"""Right wherever a table of all states is small, and in what a table shows; wrong beyond."""

from dataclasses import dataclass, replace
from typing import ClassVar

import jax.numpy as jnp
import numpy as np

from harness.claims import Claims, Trait
from harness.noise import Absorbing, RateMatrix
from harness.samplers import EntropyBound, TauLeaping, Tweedie
from harness.step import Generator, Tokens

from ..case import Case, cases
from ..parts import (
    BASIC,
    ELSEWHERE,
    NOT_ALIKE,
    PLAIN,
    leap,
    likeliest,
    on_a_ring,
    others,
    rates,
    seeing,
)

SMALL, LONG = (
    "a small step follows the reverse generator",
    "a small step of a long sequence follows it, too",
)
ROWS, CALLS = "a state's law is its own", "calls the score as often as claimed"


@dataclass(frozen=True)
class WindowOfSeven:
    """Kind 2: a token of more than seven sees three positions on either side."""

    claims: ClassVar[Claims] = ELSEWHERE

    def step(self, score, noise, x, t, s):
        ratios = score(t, x) if x.shape[1] <= 7 else seeing(score, t, x, on_a_ring(x.shape[1], 3))
        return leap(x, noise.reverse_rates(ratios, x), t - s)


@dataclass(frozen=True)
class PaddedFromSixteen:
    """Kind 2: positions from the seventeenth on are padding."""

    claims: ClassVar[Claims] = NOT_ALIKE

    def step(self, score, noise, x, t, s):
        held = (np.arange(x.shape[1]) < 16)[:, None]
        return leap(x, jnp.where(held, rates(score, noise, x, t), 0.0), t - s)


@dataclass(frozen=True)
class PaddedModestly(PaddedFromSixteen):
    """Kind 2: the same, and nothing is claimed of its tokens."""

    claims: ClassVar[Claims] = Claims(2, 1, {Trait.KEEPS_MASS})


@dataclass(frozen=True)
class WindowUnderMasks:
    """Kind 2: the code for masks, and no other, sees two neighbours on either side."""

    claims: ClassVar[Claims] = ELSEWHERE

    def step(self, score, noise, x, t, s):
        whole = not isinstance(noise, Absorbing) or x.shape[1] <= 5
        near = on_a_ring(x.shape[1], 2)
        ratios = score(t, x) if whole else seeing(score, t, x, near, hidden=score.symbols - 1)
        return leap(x, noise.reverse_rates(ratios, x), t - s)


@dataclass(frozen=True)
class EightUnderMasks:
    """Kind 2: what a mask turns into is one of the eight likeliest tokens."""

    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        found = rates(score, noise, x, t)
        return leap(x, likeliest(found, 8) if isinstance(noise, Absorbing) else found, t - s)


@dataclass(frozen=True)
class EightFrozen:
    """Kind 2: a frozen chain over the eight likeliest tokens."""

    claims: ClassVar[Claims] = Claims(
        2, 1, {Trait.KEEPS_MASS, Trait.POSITIONS_ALIKE}, counted="candidate events"
    )

    def step(self, score, noise, x, t, s):
        return Generator(likeliest(rates(score, noise, x, t), 8), t - s)


@dataclass(frozen=True)
class OnlyMatricesTurned:
    """Kind 2: rates are turned round if a matrix gives them: named noises are thought symmetric."""

    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        ratios = score(t, x)
        if isinstance(noise, RateMatrix | Absorbing):
            return leap(x, noise.reverse_rates(ratios, x), t - s)
        return leap(x, noise.forward_rates(x, ratios.shape[-1]) * ratios, t - s)


@dataclass(frozen=True)
class ColumnsAreTokens:
    """Kind 2: under uniform noise each column is a token: not of classes of tokens."""

    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        ratios = score(t, x)
        if "Uniform" not in type(noise).__name__:
            return leap(x, noise.reverse_rates(ratios, x), t - s)
        return leap(x, others(x, ratios / ratios.shape[-1]), t - s)


@dataclass(frozen=True)
class ChunksOf512:
    """Kind 4: rows go in chunks of 512, and those of a shorter last one are read like its first."""

    claims: ClassVar[Claims] = ELSEWHERE

    def step(self, score, noise, x, t, s):
        n = len(x)
        first = n - n % 512 if n > 512 and n % 512 else n - 1
        found = score(t, x[np.minimum(np.arange(n), first)])
        return leap(x, noise.reverse_rates(found, x), t - s)


@dataclass(frozen=True)
class MasksOfTheBatch:
    """Kind 4: how many masks the rows have, under absorbing noise: right of all states."""

    claims: ClassVar[Claims] = ELSEWHERE

    def step(self, score, noise, x, t, s):
        found = rates(score, noise, x, t)
        if isinstance(noise, Absorbing):
            found = found * (x == score.symbols - 1).mean() * score.symbols
        return leap(x, found, t - s)


@dataclass(frozen=True)
class VocabularyInFours:
    """Kind 5: the network answers for four tokens a call, and one call is claimed."""

    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        parts = [score(t, x)[..., k : k + 4] for k in range(0, score.symbols, 4)]
        return leap(x, noise.reverse_rates(jnp.concatenate(parts, -1), x), t - s)


@dataclass(frozen=True)
class HostAsksTwice:
    """Kind 5: no JAX, and below t = 1 it asks again in the middle of the step."""

    claims: ClassVar[Claims] = replace(ELSEWHERE, on_host=True)

    def step(self, score, noise, x, t, s):
        found = rates(score, noise, x, t)
        if t < 1:
            found = rates(score, noise, x, (t + s) / 2)
        return leap(x, found, t - s)


@dataclass(frozen=True)
class HostInFloat32:
    """Kind 5: below a time in single precision, of which a last division makes float64."""

    below: float = np.inf
    claims: ClassVar[Claims] = replace(PLAIN, on_host=True)

    def step(self, score, noise, x, t, s):
        digits = np.float32 if t < self.below else np.float64
        found = np.asarray(rates(score, noise, x, t), digits)
        moves = (digits(t - s) * found).astype(np.float64)
        stay = 1 / (1 + moves.sum(-1))
        return Tokens.stay_or_move(x, jnp.asarray(moves * stay[..., None]), jnp.asarray(stay))


@dataclass(frozen=True)
class BehindTheScore:
    """Kind 5: asks the score, and takes the true ratios that lie behind an estimate."""

    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        return leap(x, noise.reverse_rates(0.0 * score(t, x) + score.exact(t, x), x), t - s)


@dataclass(frozen=True)
class TwiceTheBudget:
    """Kind 5: an entropy bound of 0.8 nats that claims one of 0.4."""

    @property
    def claims(self):
        return replace(EntropyBound(0.8).claims, entropy_budget=0.4)

    def step(self, score, noise, x, t, s):
        return EntropyBound(0.8).step(score, noise, x, t, s)


@dataclass(frozen=True)
class SteepNearTheData:
    """Kind 6: rates off by ``0.003 √h``, below t = 0.08 only."""

    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        more = jnp.where(t < 0.08, 0.003, 0.0) * jnp.sqrt(t - s)
        return leap(x, (1 + more) * rates(score, noise, x, t), t - s)


@dataclass(frozen=True)
class SteepFromSix:
    """Kind 6: rates off by ``0.01 √h`` from the seventh position on."""

    claims: ClassVar[Claims] = NOT_ALIKE

    def step(self, score, noise, x, t, s):
        late = (np.arange(x.shape[1]) >= 6)[:, None]
        return leap(x, (1 + 0.01 * late * jnp.sqrt(t - s)) * rates(score, noise, x, t), t - s)


@dataclass(frozen=True)
class MarginalsButMasks:
    """Kind 8: exact token marginals, but that masks wait exponentially."""

    claims: ClassVar[Claims] = replace(Tweedie.claims, rates_in_step=None)

    def step(self, score, noise, x, t, s):
        inner = TauLeaping() if isinstance(noise, Absorbing) else Tweedie()
        return inner.step(score, noise, x, t, s)


@dataclass(frozen=True)
class IndependentUpToThree:
    """Kind 8: exact where tokens are independent and of three values at most."""

    claims: ClassVar[Claims] = Claims(2, 1, BASIC | {Trait.EXACT_FOR_INDEPENDENT})

    def step(self, score, noise, x, t, s):
        inner = Tweedie() if score.symbols <= 3 else TauLeaping()
        return inner.step(score, noise, x, t, s)


@dataclass(frozen=True)
class FirstFiveBetter:
    """Kind 8: five tokens by Tweedie, later ones by a leap, "all alike"."""

    claims: ClassVar[Claims] = replace(PLAIN, score_calls=2)

    def step(self, score, noise, x, t, s):
        first = (np.arange(x.shape[1]) < 5)[:, None]
        better, leapt = Tweedie().step(score, noise, x, t, s), TauLeaping()
        law = leapt.step(score, noise, x, t, s)
        return Tokens(jnp.where(first, better.p, law.p), clipped=first[:, 0] * better.clipped)


@dataclass(frozen=True)
class LosesFromSix:
    """Kind 8: keeps mass up to five tokens, of more each loses some, of order ``h³``."""

    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        law, h = leap(x, rates(score, noise, x, t), t - s), t - s
        gone = 0.1 * h**3 / (1 + h**3) * (x.shape[1] > 5)
        return Tokens(law.p * (1 - gone), lost=jnp.broadcast_to(gone, x.shape))


CASES = [
    Case(WindowOfSeven(), 2, LONG),
    Case(PaddedFromSixteen(), 2, LONG),
    Case(PaddedModestly(), 2, LONG),
    Case(WindowUnderMasks(), 2, LONG),
    Case(EightUnderMasks(), 2, LONG),
    Case(EightFrozen(), 2, SMALL),
    Case(OnlyMatricesTurned(), 2, SMALL),
    Case(ColumnsAreTokens(), 2, SMALL),
    Case(ChunksOf512(), 4, ROWS),
    Case(MasksOfTheBatch(), 4, ROWS),
    Case(VocabularyInFours(), 5, CALLS),
    Case(HostAsksTwice(), 5, CALLS),
    *cases(5, "computes in float64", (HostInFloat32(), HostInFloat32(1.0))),
    Case(BehindTheScore(), 5, "keeps the contract"),
    Case(TwiceTheBudget(), 5, "keeps to its entropy budget"),
    Case(SteepNearTheData(), 6, "a small step has the orders claimed"),
    Case(SteepFromSix(), 6, LONG),
    Case(MarginalsButMasks(), 8, f"has the trait: {Trait.EXACT_TOKEN_MARGINALS}"),
    Case(IndependentUpToThree(), 8, f"has the trait: {Trait.EXACT_FOR_INDEPENDENT}"),
    Case(FirstFiveBetter(), 8, LONG),
    Case(LosesFromSix(), 8, SMALL),
]
