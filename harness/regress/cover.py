"""Where single steps are tried: sizes, noises, data and times, so that no mistake can hide.

A *place* is a size of the data under a noise; a program is compiled for each, once for all its data
and times, so places are few and everything else is plenty.  Two and three tokens meet odd
and even lengths, every length to 6 is there, and so many positions of many tokens as a table of a
thousand states holds, of four thousand if asked for; longer ones are tried in ``long_sequences``.
No time is a round decimal, no law has a symmetry.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from harness.problem.problem import Problem
from harness.process import grids
from harness.process.noise import Absorbing, Circulant, CyclicWalk, Noise, RateMatrix, Uniform
from harness.regress import bank, one_step
from toy_targets import ClassTable, Table, Tilted

TIMES = (1.37e-6, 4.71e-5, 2.13e-3, 0.01713, 0.1379, 0.3217, 0.7313, 2.371, 7.129, 11.83, 19.37)
"""Half of them for each data law, the other half for the next, so that all places see them all."""

RATES = (0.0231, 5.87)  # the smallest and the largest of a noise that is not symmetric

OF_LARGE = (0.1379, 0.7313)

KINDS = ("rough", "zeros", "sticky", "peaked")
TILT = "tilted"  # data, for one that knows of tilts
RARE = 1e-6  # probability of the rare states
PEAK = 1e4  # times as likely as most is one state of peaked data, and these as the rarest

MANY = 128  # states of the data, of more of which one time is tried
MOST = 1024  # states of a table, of more of which no more are tried even for one who asks for all
_SIZES = {
    "uniform": ((4, 3), (2, 6), (5, 4), (4, 5)),
    "non-symmetric": ((19, 1), (2, 5), (3, 3)),
    "cyclic": ((6, 2), (2, 3)),
    "drifting": ((3, 4), (7, 3), (3, 6)),
    "absorbing": ((5, 2), (2, 5), (3, 4)),
}
WORDS = ((304, 1),)  # more, for one whose tokens are independent given the state: its law is small
"""Not for one that adds tokens up, for which a table of all sums is made."""

LONGER = ((2, 8),)  # for one whose tokens are not, which no long sequence is tried for

CLASSES = (1, 3, 2)  # tokens in each class, for one of these that takes classes
_OF_MASKS = ((6, 1), (3, 3), (2, 6), (6, 3), (4, 4), (3, 5), (40, 1))  # more, for masks only
OF_TILTS = ((3, 3), (2, 6), (11, 2), (4, 4))  # odd and even; up to six positions, 22 neighbours
MORE_OF_TILTS = ((3, 5), (19, 2))
_THOROUGH = {
    "uniform": ((3, 3), (5, 2), (4, 4), (3, 5), (7, 2), (2, 8)),
    "non-symmetric": ((4, 3), (5, 2), (2, 6)),
    "cyclic": ((5, 3), (4, 2)),
    "drifting": ((5, 2), (3, 5)),
    "absorbing": ((2, 4), (4, 3), (7, 2)),
}
_LARGEST = ((7, 4), (5, 5), (4, 6))  # of tables, for one whose tokens remember nothing
_LARGEST_OF_MASKS = ((6, 4), (4, 5), (3, 6))


@dataclass(frozen=True)
class Place:
    """A size of the data, ``S`` tokens and ``d`` positions, under a noise."""

    tokens: int
    length: int
    noise: Noise
    name: str  # of the noise

    def __str__(self) -> str:
        return f"S={self.tokens}, d={self.length}, {self.name} noise"

    def problem(self, sampler: Any, target: Any) -> Problem:
        """``sampler`` here, from ``q_T`` on; the grid is not looked at."""
        return Problem(target, self.noise, sampler, _SOME, start="exact")

    @property
    def states(self) -> int:
        """Of a table, masks included."""
        return (self.tokens + (self.name == "absorbing")) ** self.length

    @cached_property
    def data(self) -> dict[str, Table]:
        """The data laws by kind."""
        return {kind: Table(law(kind, self.tokens, self.length)) for kind in KINDS}


_SOME = grids.custom([1.7, 0.3])


def places(sampler: Any, thorough: bool = False) -> list[Place]:
    """Those at which ``sampler`` can run, the small ones first."""
    sizes = {name: list(found) for name, found in _SIZES.items()}
    alone = one_step.of_tokens(sampler)
    words = WORDS if alone and not sampler.claims.adds_values else ()
    sizes["uniform"] += words if alone else LONGER
    if sampler.claims.needs_mask:
        sizes = {"absorbing": [*sizes["absorbing"], *_OF_MASKS, *words]}
    if sampler.claims.needs_uniform:  # at all sizes that are tried under another noise
        others = {size for name, each in sizes.items() if name != "absorbing" for size in each}
        sizes = {"uniform": sorted(others)}
    if thorough:
        sizes = {name: [*found, *_THOROUGH[name]] for name, found in sizes.items()}
        if sampler.claims.memory == 1 and not sampler.claims.on_host:
            masks = sampler.claims.needs_mask
            name, largest = ("absorbing", _LARGEST_OF_MASKS) if masks else ("uniform", _LARGEST)
            sizes[name] += largest
    found = [
        place(name, tokens, length)
        for name, each in sizes.items()
        if name != "absorbing" or not bank.refusal(sampler, Absorbing())
        for tokens, length in each
    ]
    return sorted(found, key=lambda place: place.states)


def place(name: str, tokens: int, length: int) -> Place:
    """``[tokens]^length`` under the noise of this name."""
    return Place(tokens, length, noise(name, tokens), name)


def tried(
    place: Place, number: int, thorough: bool = False
) -> Iterator[tuple[str, tuple[float, ...]]]:
    """Kinds of data and the times to try them at, in the ``number``-th place; all if ``thorough``.

    Of a large place one time is enough: it is there for its size.
    """
    if place.tokens**place.length > MANY:
        yield KINDS[0], TIMES if thorough and place.states <= MOST else (OF_LARGE[number % 2],)
        return
    for k, kind in enumerate(KINDS):
        yield kind, TIMES if thorough else TIMES[(number + k) % 2 :: 2]


def noise(name: str, tokens: int) -> Noise:
    """The noise of this name on ``tokens``."""
    match name:
        case "uniform":
            return Uniform()
        case "cyclic":
            return CyclicWalk()
        case "drifting":
            return Circulant([0.0, *_rates(tokens - 1)])
        case "absorbing":
            return Absorbing()
    rates = np.zeros((tokens, tokens))
    rates[~np.eye(tokens, dtype=bool)] = _rates(tokens * (tokens - 1))
    if tokens > 3:  # some are 0: a token gets there by others
        rates[np.arange(tokens), (np.arange(tokens) + 2) % tokens] = 0.0
    return RateMatrix(rates - np.diag(rates.sum(1)))


def _rates(count: int) -> np.ndarray:
    """``[count]`` rates of a noise, far below 1 and far above, in no order."""
    return np.random.default_rng(count).permutation(np.geomspace(*RATES, count))


def law(kind: str, tokens: int, length: int) -> np.ndarray:
    """``[S]*d``: a data law of this kind, no token or position like another.

    ``rough``: all states, some of probability RARE.  ``zeros``: a third of the states cannot be.
    ``sticky``: neighbours on a ring are mostly alike.  ``peaked``: nearly always one state,
    and some of probability 1e-8.
    """
    rng = np.random.default_rng([tokens, length, KINDS.index(kind)])
    shape = (tokens,) * length
    weights = np.exp(rng.normal(0.0, 1.0, shape))
    x = np.indices(shape)
    flat = rng.permutation(weights.size)
    if kind == "sticky":
        alike = sum(((x[i] == x[i - 1]).astype(float) for i in range(length)), np.zeros(shape))
        weights = np.exp(rng.normal(0.0, 0.3, shape)) * 30.0**alike
    if kind == "peaked":
        weights.reshape(-1)[flat[0]] *= PEAK
        weights.reshape(-1)[flat[1 : 1 + weights.size // 3]] /= PEAK
    weights = weights / weights.sum()
    few = flat[: max(1, weights.size // 3)]
    if kind == "rough" and weights.size > 2:
        weights.reshape(-1)[few[: max(1, len(few) // 2)]] = RARE
    if kind == "zeros":
        weights.reshape(-1)[few] = 0.0
    return weights / weights.sum()


def in_classes(sampler: Any) -> tuple[Place, ClassTable] | None:
    """Two tokens whose values are known by their classes only; None for who cannot take them."""
    claims = sampler.claims
    if claims.memory > 1 or claims.needs_mask or claims.needs_uniform or claims.adds_values:
        return None
    name = f"uniform (classes of {', '.join(map(str, CLASSES))} tokens)"
    place = Place(len(CLASSES), 2, Uniform(), name)
    return place, ClassTable(CLASSES, law("rough", place.tokens, place.length))


def tilted(place: Place) -> Tilted:
    """Rough data with rewards from -8 to 8, and ``-inf`` for some states."""
    shape = (place.tokens,) * place.length
    rng = np.random.default_rng([place.tokens, place.length])
    reward = rng.uniform(-8.0, 8.0, shape)
    reward.reshape(-1)[rng.permutation(reward.size)[: reward.size // 4]] = -np.inf
    return Tilted(place.data["rough"], reward)
