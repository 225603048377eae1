"""Problems on which theorems come near to equality, at the ends of all that a form may hold.

Where the bank is far from a bound, a smaller constant passes.  So targets are the ones that proofs
lose nothing on: one bit repeated, a point mass, a rare state; steps are the shortest and the
longest; ``T`` and ``δ`` are near their ends, and ``S`` and ``d`` reach theirs through classes and
counts.  There are four shapes, since a shape is compiled anew and a problem is not.
"""

import math
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

import numpy as np

from harness.engines.sequences.step_laws import step_law
from harness.foundation.registry import label, samplers
from harness.law.claims import Trait
from harness.problem.problem import Problem
from harness.process import grids
from harness.process.grids import Grid
from harness.process.noise import Absorbing, Circulant, CyclicWalk, Noise, RateMatrix
from harness.process.score import Exact, Perturbed
from harness.regress import bank
from toy_targets import ClassTable, Parity, Product, Table, TwoBeliefs

SLOW = RateMatrix([[-0.1, 0.1], [0.3, -0.3]])
FAST = RateMatrix([[-4.0, 4.0], [6.0, -6.0]])
"""They forget with ``e^{-0.4 t}`` and ``e^{-10 t}``, to laws that are not uniform: a theorem that
needs uniform noise and does not say so has nothing of that.  Token 1 is the one that is left sooner
and that is less likely in the end."""

SAME_BIT = Table(np.diag([0.5, 0.5]))
POINT = Table(np.array([[1.0, 0.0], [0.0, 0.0]]))
OTHER_POINT = Table(np.array([[0.0, 0.0], [0.0, 1.0]]))
RARE = Table(np.array([[1 - 1e-6, 0.0], [0.0, 1e-6]]))

POINT_OF_EIGHT = Table(np.eye(8)[0])
"""Of eight tokens a walk on a ring forgets where it was with ``e^{-0.29 t}``."""

ON_A_PATH = RateMatrix(0.5 * (np.eye(8, k=1) + np.eye(8, k=-1)) - np.diag([0.5, *[1.0] * 6, 0.5]))
"""A generator most of whose rates are 0: it forgets with ``e^{-0.08 t}``, and no rate says so."""

ROUND = Circulant([0.0, 1.0, *[0.0] * 6])
"""On a ring, one way: an eigenvalue is 0.77 from 0, its real part, by which it forgets, 0.29."""

HELD_UP = RateMatrix(np.diag([1.0] * 7, 1) + 0.1 * np.eye(8, k=-7) - np.diag([1.0] * 7 + [0.1]))
"""The same, but that the last is seldom left: tokens are not all as likely in the end."""

WORDS = 10**9  # as many tokens as the classes have


def point_of(tokens: int) -> ClassTable:
    """Two tokens, of ``tokens`` each, that are always the same two."""
    return ClassTable((1, tokens - 1), np.array([[1.0, 0.0], [0.0, 0.0]]))


def word_or_not(tokens: int) -> ClassTable:
    """Both tokens are one word, or neither is."""
    return ClassTable((1, tokens - 1), np.diag([0.5, 0.5]))


POINT_OF_WORDS, WORD_OR_NOT = point_of(WORDS), word_or_not(WORDS)

TELL_NOTHING = (POINT, RARE, POINT_OF_WORDS)
"""Data each of whose tokens tells nothing of the others, or hardly."""

FEW_STATES = 4096
LONG = 200  # bits
LONG_MASKED = 60  # of a space with one symbol more
LONGER_MASKED = 100  # of which one step to the data costs 0.952 of the bound, above rounding


def repeated(length: int) -> TwoBeliefs:
    """One fair bit, ``length`` times: ``DTC = log 2``, ``TC = (length - 1) log 2``."""
    return TwoBeliefs((1.0, 0.0), (0.0, 1.0), length)


def methods(example: Any, thorough: bool = False) -> dict[str, Any]:
    """Every sampler as it comes, each variant of other traits, and ``example``.

    All variants if ``thorough``.
    """
    found = {name: samplers[name]() for name in sorted(samplers)}
    for name, first in list(found.items()):
        known = [_kind(first)]
        for variant in getattr(samplers[name], "examples", list)():
            if thorough or _kind(variant) not in known:
                known.append(_kind(variant))
                found.setdefault(name if variant == first else label(variant), variant)
    return found | {label(example): example}


def _kind(sampler: Any) -> Any:
    claims = sampler.claims
    sizes = claims.subset_sizes(4) if claims.subset_sizes else None
    return claims.traits, claims.memory, claims.adds_values, sizes


def worst_cases(sampler: Any, thorough: bool = False) -> list[Problem]:
    """What ``sampler`` can run of the cases, each in one step or few."""
    if sampler.claims.own_order:
        return [*_revealed_at_once(sampler)]
    return [
        *_of_two_bits(sampler),
        *_of_other_noise(sampler),
        *(_of_long_sequences(sampler, thorough) if lumps(sampler) else ()),
        *(_of_many_words(sampler) if takes_classes(sampler) else ()),
        *(_revealed_at_once(sampler) if sampler.claims.starts_masked else ()),
    ]


def of_length(length: int) -> list[tuple[float, float]]:
    """Steps that cost a bit repeated ``length`` times most."""
    longest = math.log(max(length, 3))
    return [(1.0, 0.8), (1.5, 1.2), (3.0, 0.6), (longest, 1e-6), (1e-6, 5e-7)]


OF_PARITY: tuple[tuple[float, float], ...] = ((0.7, 1e-6), (0.02, 0.01), (1e-6, 5e-7))
"""Steps in which a sequence of even sum has lost that: with many tokens in all but the last."""


def longest(noise: Noise) -> int:
    """Tokens of the longest sequences under ``noise``."""
    return LONG_MASKED if isinstance(noise, Absorbing) else LONG


def lumps(sampler: Any) -> bool:
    """Whether its law can be known for counts and for classes: tokens that move by themselves."""
    traits = sampler.claims.traits
    alone = Trait.INDEPENDENT_TOKENS in traits and not sampler.claims.adds_values
    return alone and Trait.POSITIONS_ALIKE in traits and sampler.claims.memory == 1


@lru_cache
def takes_classes(sampler: Any) -> bool:
    """Whether its step has a law on classes of tokens, which no trait says."""
    if not lumps(sampler):
        return False
    grid = grids.custom((0.3, 0.1))
    try:
        step_law(bank.problem(sampler, WORD_OR_NOT, grid, bank.first_noise(sampler)), *grid.times)
    except ValueError:
        return False
    return True


def _made(make: Callable[..., Problem], *args: Any, **rest: Any) -> Iterator[Problem]:
    """The problem, where it is one that its sampler can run."""
    try:
        yield make(*args, **rest)
    except ValueError:
        return


def on(sampler: Any, noise: Noise, target: Any, grid: Grid, **rest: Any) -> Iterator[Problem]:
    """The problem, where ``sampler`` can run it, else nothing."""
    yield from _made(bank.problem, sampler, target, grid, noise, **rest)


ONE_STEP: tuple[tuple[float, float], ...] = (
    (1e-6, 5e-7),  # T -> 0: the start is all that is wrong
    (1e-3, 0.0),  # to the data
    (1.0, 1e-6),  # a long step to a small δ
    (0.3, 0.1),
    (12.0, 0.1),  # T -> inf: the state at T tells nothing, output and chain are one
    (6.0, 3.0),
)
LATE = 6.0  # where a point or a rare state costs an exact start less than what rounding does


def _of_two_bits(sampler: Any) -> Iterator[Problem]:
    """All ends in turn on four states."""
    noise = bank.first_noise(sampler)
    for times in ONE_STEP:
        for target in (SAME_BIT, POINT, RARE, bank.BIASED):
            for start in starts(target in TELL_NOTHING, times[0]):
                yield from on(sampler, noise, target, grids.custom(times), start=start)
    whole = grids.geometric(2.0, 1e-6, 0.5)
    for target in (SAME_BIT, bank.BIASED):
        yield from on(sampler, noise, target, whole)
    yield from on(sampler, noise, bank.BIASED, told_short(grids.custom((1.0, 0.5, 0.1)), 0.9))
    for share in (0.9, 0.5):  # an error that no step removes, in steps that cost little
        short = told_short(grids.geometric(2.0, 0.1, kappa=0.0125), share)
        yield from on(sampler, noise, bank.BIASED, short)
    for error in (1e-3, 1.0, 10.0):
        score = Perturbed(score_error=error)
        for grid in (grids.custom([0.801, 0.8]), grids.custom([1.0, 0.5, 1e-6])):
            yield from on(sampler, noise, bank.BIASED, grid, score=score)


def told_short(grid: Grid, share: float) -> Grid:
    """``grid``, whose steps the sampler is told to have this share of their lengths."""
    return grids.custom(grid.times, told=[share * (t - s) for t, s in grid.intervals()])


def starts(tells_nothing: bool, begin: float) -> tuple[str, ...]:
    """From ``q_T`` only where what is compared is more than rounding."""
    return ("noise",) if tells_nothing and begin >= LATE else ("exact", "noise")


def _of_other_noise(sampler: Any) -> Iterator[Problem]:
    """What is true under uniform noise only."""
    if sampler.claims.needs_mask:
        return
    others: dict[Noise, tuple[tuple[float, float], ...]] = {
        SLOW: ((6.0, 3.0), (12.0, 6.0)),
        FAST: ((0.6, 0.3),),  # by 6 it has forgotten more than float64 carries
        Absorbing(): ((6.0, 3.0), (12.0, 6.0)),
    }
    for noise, long in others.items():
        points = (POINT,) if isinstance(noise, Absorbing) else (POINT, OTHER_POINT)
        for times in ((1e-3, 5e-4), (0.3, 0.1), *long):
            for target in (SAME_BIT, *points):
                for start in ("exact", "noise"):
                    yield from on(sampler, noise, target, grids.custom(times), start=start)
    for times in ((1e-3, 5e-4), (0.6, 0.3), (3.0, 1.5), (12.0, 6.0)):
        grid = grids.custom(times)
        for walk in (CyclicWalk(), ON_A_PATH, ROUND, HELD_UP):
            yield from on(sampler, walk, POINT_OF_EIGHT, grid, start="noise")


def _of_long_sequences(sampler: Any, thorough: bool) -> Iterator[Problem]:
    """``d`` in the hundreds, on counts; the steps are those that cost a repeated bit most."""
    noise = bank.first_noise(sampler)
    masked = isinstance(noise, Absorbing)
    length = longest(noise)
    steps = of_length(length)
    costly = [(length, times) for times in steps]
    if masked:
        costly += [(length, (1.2, 0.0)), (length, (1.3, 0.0)), (LONGER_MASKED, (1.6, 0.0))]
    for count, times in costly:
        yield from on(sampler, noise, repeated(count), grids.custom(times))
    for times in OF_PARITY:
        yield from on(sampler, noise, Parity(length), grids.custom(times))
    last = (Product((1.0, 0.0), length), Product((0.9, 0.1), length))
    for target in last:
        for times in ((1e-6, 5e-7), (2.0, 1.0)):
            yield from on(sampler, noise, target, grids.custom(times), start="noise")
    if thorough and not masked:
        for times in steps:
            yield from on(sampler, noise, repeated(2 * LONG), grids.custom(times))


def _of_many_words(sampler: Any) -> Iterator[Problem]:
    """``S`` in the thousand millions, by classes.

    From ``q_T`` a point costs exact marginals nothing, and what undoing the noise of so many words
    leaves of it is rounding.
    """
    noise = bank.first_noise(sampler)
    exact = Trait.EXACT_TOKEN_MARGINALS in sampler.claims.traits
    for times in ((1e-3, 1e-4), (0.03, 0.003), (1.0, 1e-6), (2.0, 1.9), (12.0, 0.1), (12.0, 9.0)):
        for target in (POINT_OF_WORDS, WORD_OR_NOT):
            for start in starts(target in TELL_NOTHING, LATE if exact else times[0]):
                yield from on(sampler, noise, target, grids.custom(times), start=start)


def _revealed_at_once(sampler: Any) -> Iterator[Problem]:
    """From all masked on: all at once, half of it first, and a first step that reveals little."""
    for shares in ((0.0, 1.0), (0.0, 0.5, 1.0), (0.0, 1e-3, 0.3, 0.99, 1.0), (0.0, 0.5)):
        grid = grids.reveal(shares)
        for target in (SAME_BIT, bank.REPEATED, bank.PARITY, repeated(4)):
            for score in (Exact(), Perturbed(0.3)):
                yield from on(sampler, Absorbing(), target, grid, start="mask", score=score)
