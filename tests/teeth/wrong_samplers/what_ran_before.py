"""Kind 4: the law of a state depends on the other states asked for, or on what ran before."""

from dataclasses import dataclass
from typing import ClassVar

import jax.numpy as jnp
import numpy as np

from harness.claims import Claims
from harness.samplers import Blocks, Tweedie
from harness.step import Tokens

from ..case import Case
from ..parts import ELSEWHERE, MASKED, PLAIN, leap, others, rates, revealed, scaled, stays

HERE = "a state's law is its own"

ALPHABET: dict[str, int] = {}
TRACES: dict[type, int] = {}
CLOCK: dict[str, str] = {}


@dataclass(frozen=True)
class MeanOfTheBatch:
    """Kind 4: a second-order term with the batch's mean rate."""

    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        found, h = rates(score, noise, x, t), t - s
        change = found - found.mean(0, keepdims=True)
        return leap(x, others(x, jnp.maximum(found + 0.1 * h * change, 0.0)), h)


@dataclass(frozen=True)
class BatchNorm:
    """Kind 4: rates are kept below three times the batch's largest mean of a row."""

    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        found = rates(score, noise, x, t)
        return leap(x, jnp.minimum(found, 3 * found.mean((1, 2)).max()), t - s)


@dataclass(frozen=True)
class FirstRowOfZeros:
    """Kind 4: all is right where the first row is zeros; else rates are 2 % too large."""

    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        right = (x[0] == 0).all()
        return leap(x, rates(score, noise, x, t) * jnp.where(right, 1.0, 1.02), t - s)


@dataclass(frozen=True)
class CachedAlphabet:
    """Kind 4: ``S`` is kept from the first call in a process."""

    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        found = rates(score, noise, x, t)
        tokens = ALPHABET.setdefault("S", found.shape[-1])
        return leap(x, found * found.shape[-1] / tokens, t - s)


@dataclass(frozen=True)
class CachedNoise:
    """Kind 4: which noise it is, is looked up in the first call of a process and kept."""

    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        known = CLOCK.setdefault("noise", type(noise).__name__)
        again = 1.0 if known == type(noise).__name__ else 1.05
        return leap(x, again * rates(score, noise, x, t), t - s)


@dataclass(frozen=True)
class FirstTraceRight:
    """Kind 4: the first trace is right, all later ones have rates 1 % too large."""

    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        TRACES[type(self)] = TRACES.get(type(self), 0) + 1
        again = 1.0 if TRACES[type(self)] == 1 else 1.01
        return leap(x, again * rates(score, noise, x, t), t - s)


@dataclass(frozen=True)
class EverySecondTrace:
    """Kind 4: a flag that is turned by every trace and set right by every second one."""

    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        TRACES[type(self)] = TRACES.get(type(self), 0) + 1
        h = (t - s) * (1.0 if TRACES[type(self)] % 2 else 1.02)
        return Tweedie().step(score, noise, x, t, t - h)


@dataclass(frozen=True)
class LastRowPadded:
    """Kind 4: the last row is taken for padding and stays, unless it is alone."""

    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        law = leap(x, rates(score, noise, x, t), t - s)
        padding = (jnp.arange(len(x)) == len(x) - 1) & (len(x) > 1) & (len(x) % 2 == 0)
        return Tokens(jnp.where(padding[:, None, None], stays(x, law.p.shape[-1]), law.p))


@dataclass(frozen=True)
class SharedMaskOfRows:
    """Kind 4: a token moves only if the batch has two values at its position."""

    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        law = Tweedie().step(score, noise, x, t, s)
        varied = (x != x[:1]).any(0)
        alone = len(x) == 1
        p = jnp.where((varied | alone)[None, :, None], law.p, stays(x, law.p.shape[-1]))
        return Tokens(p, clipped=law.clipped)


@dataclass(frozen=True)
class RowsInOrder:
    """Kind 4: the rows are thought to be all states in order, and neighbours are found so."""

    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        ratios = score(t, x)
        strides = ratios.shape[-1] ** np.arange(x.shape[1] - 1, -1, -1)
        place = (x * strides).sum(-1) % len(x)  # where x is, if all states are there in order
        return leap(x, noise.reverse_rates(ratios[place], x), t - s)


@dataclass(frozen=True)
class LargestOfTheBatch:
    """Kind 4: thinning by the batch's largest rate, of which 0.1 % is left out."""

    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        found = rates(score, noise, x, t)
        return leap(x, jnp.minimum(found, 0.999 * found.max()), t - s)


@dataclass(frozen=True)
class BatchesOfThirtyTwo:
    """Kind 4: rows go in batches of 32; what is left over has the law of its first row's token."""

    claims: ClassVar[Claims] = PLAIN

    def step(self, score, noise, x, t, s):
        found = rates(score, noise, x, t)
        rest = (jnp.arange(len(x)) >= len(x) - len(x) % 32) & (len(x) > 32) & (len(x) % 32 < 4)
        return leap(x, jnp.where(rest[:, None, None], 0.9 * found, found), t - s)


@dataclass(frozen=True)
class MaskCountOfTheBatch:
    """Kind 4: how many masks there are is counted over the batch, for the chance of a reveal."""

    claims: ClassVar[Claims] = MASKED

    def step(self, score, noise, x, t, s):
        clean = noise.clean_law(score, t, x)
        masked = (x == clean.shape[-1]).mean()
        shown = jnp.where(masked > 0.9, 1.0, 1.0 - 0.01 * masked) * noise.shown(t, s)
        return revealed(noise, x, clean, shown)


@dataclass(frozen=True)
class SoftmaxOverRows:
    """Kind 4: a softmax along the wrong axis evens the rows out, by a hundredth."""

    claims: ClassVar[Claims] = MASKED

    def step(self, score, noise, x, t, s):
        clean = noise.clean_law(score, t, x)
        even = scaled(0.99 * clean + 0.01 * clean.mean(0, keepdims=True))
        return revealed(noise, x, even, noise.shown(t, s))


@dataclass(frozen=True)
class AsksForTheFirst:
    """Kind 4: past 300 rows the score is asked for the first 300 and taken again for the rest."""

    claims: ClassVar[Claims] = ELSEWHERE

    def step(self, score, noise, x, t, s):
        rows = np.minimum(np.arange(len(x)), 300)
        found = noise.reverse_rates(score(t, x[:301])[rows], x)
        return leap(x, found, t - s)


@dataclass(frozen=True)
class BlocksOfTheBatch(Blocks):
    """Kind 4: no token counts as one of the block after the last, by the number of rows."""

    def chooses(self, clean, masked):
        block = jnp.arange(masked.shape[1]) // self.size
        current = jnp.where(masked, block, masked.shape[0]).min(-1, keepdims=True)
        return self.inside.chooses(clean, masked & (block == current))


CASES = [
    Case(thing, 4, HERE)
    for thing in (
        MeanOfTheBatch(),
        BatchNorm(),
        FirstRowOfZeros(),
        CachedAlphabet(),
        CachedNoise(),
        FirstTraceRight(),
        EverySecondTrace(),
        LastRowPadded(),
        SharedMaskOfRows(),
        RowsInOrder(),
        LargestOfTheBatch(),
        BatchesOfThirtyTwo(),
        MaskCountOfTheBatch(),
        SoftmaxOverRows(),
        AsksForTheFirst(),
        BlocksOfTheBatch(),
    )
]
