"""Races of noise without a closed form, ``∫ Π_{j≠k} Pr(X_j < x_k(u)) du`` for every ``k``.

The integral is cut where another's largest or least value is passed, so that between the cuts the
integrand is smooth.  Where ``X_j = X_k`` has a probability, by a clamp, the first of them wins.
"""

import numpy as np

from harness.traced.errors import Untraceable
from harness.traced.noise import Noise
from harness.traced.quadrature import nodes

SETTLED = 1e-13  # change from one level of a quadrature to the next
OFF = 1e-12  # how far from 1 the probabilities of a race may add up
LEVELS = range(3, 9)
ENTRIES = 2**21  # values that are computed at a time


def integrated_law(
    noise: Noise, shape: tuple[int, int], low: np.ndarray, high: np.ndarray, groups: np.ndarray
) -> np.ndarray:
    """``[len(groups), V]``: who is largest in some of ``shape[0]`` groups of ``shape[1]`` elements.

    ``low``, ``high`` ``[G V]`` are what is known of the uniforms.  Groups that are the same are
    integrated once.

    Raises Untraceable where the integrals do not settle or do not add up to one.
    """
    width = shape[1]
    one, which = _different(noise, shape, low, high, groups)
    index = (one[:, None] * width + np.arange(width)).reshape(-1)
    race = _Race(noise.take(index), width, low[index], high[index])
    before, change = np.full((len(one), width), np.inf), np.inf
    for level in LEVELS:
        law = race.integrals(level)
        change, before = abs(law - before).max(), law
        if change <= SETTLED:
            break
    total = before.sum(-1)
    off = abs(total - 1)
    if change > SETTLED or (off > OFF).any():
        raise Untraceable(
            "the law of an argmax of noise could not be integrated: the probabilities add up to 1 "
            f"{total[off.argmax()] - 1:+.1g}. Draw it as an exponential or Gumbel race"
        )
    return (before / total[:, None])[which]


def _different(
    noise: Noise, shape: tuple[int, int], low: np.ndarray, high: np.ndarray, groups: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The first of each kind of group, and for every one of ``groups`` the number of its kind."""
    told = [noise.random, np.where(noise.random, 0, noise.value), low, high]
    for stage in noise.stages:
        told += [stage.constant] if stage.on is None else [stage.constant, stage.on]
    wide = [np.broadcast_to(np.asarray(each, float), len(noise)) for each in told]
    rows = np.stack(wide, -1).reshape(shape[0], -1)[groups]
    _, first, which = np.unique(rows, axis=0, return_index=True, return_inverse=True)
    return groups[first], which.reshape(-1)


class _Race:
    """Groups of ``width`` elements, one after the other."""

    def __init__(self, noise: Noise, width: int, low: np.ndarray, high: np.ndarray) -> None:
        self.noise, self.width, self.low, self.high = noise, width, low, high
        self.groups = len(noise) // width
        runner = np.flatnonzero(noise.random)
        edges = self._edges(runner)
        self.owner, piece = np.nonzero(np.diff(edges, axis=1) > 0)
        self.left, self.right = edges[self.owner, piece], edges[self.owner, piece + 1]
        self.owner = runner[self.owner]

    def _share(self, q: np.ndarray, element: np.ndarray) -> np.ndarray:
        """Thresholds on a uniform as shares of what is known of it."""
        low, high = self.low[element], self.high[element]
        return np.clip((q - low) / (high - low), 0.0, 1.0)

    def _edges(self, runner: np.ndarray) -> np.ndarray:
        """``[len(runner), ...]`` where a runner passes a number, or the end of another's range."""
        ends = self.noise.at(self.low), self.noise.at(self.high)
        start = runner - runner % self.width
        found = [np.zeros(len(runner)), np.ones(len(runner))]
        own = self.noise.take(runner)
        for j in range(self.width):
            for end in ends:
                limit = end[start + j]
                for at_most in (False, True):
                    with np.errstate(invalid="ignore"):
                        q, _, _ = own.pull_back(limit, at_most)
                    found.append(self._share(np.nan_to_num(q), runner))
        return np.sort(np.stack(found, -1), -1)

    def integrals(self, level: int) -> np.ndarray:
        """``[G, V]``, by so fine a rule."""
        x, rest, weight = nodes(level)
        total = np.zeros(len(self.noise))
        at_a_time = max(1, ENTRIES // (len(x) * self.width))
        for first in range(0, len(self.owner), at_a_time):
            part = slice(first, first + at_a_time)
            integrand = self._integrand(
                self.owner[part], self.left[part], self.right[part], x, rest
            )
            size = self.right[part] - self.left[part]
            np.add.at(total, self.owner[part], size * (integrand @ weight))
        of_numbers = self._numbers()
        return np.where(self.noise.random, total, of_numbers).reshape(self.groups, self.width)

    def _integrand(
        self,
        owner: np.ndarray,
        left: np.ndarray,
        right: np.ndarray,
        x: np.ndarray,
        rest: np.ndarray,
    ) -> np.ndarray:
        """``[len(owner), nodes]``: all others are below where the owner of a piece is."""
        size, low = (right - left)[:, None], self.low[owner][:, None]
        room = self.high[owner][:, None] - low
        u = low + room * (left[:, None] + size * x)
        beyond = (1 - self.high[owner])[:, None] + room * ((1 - right)[:, None] + size * rest)
        near_one = -np.log1p(-np.minimum(beyond, 0.9))
        minus_log = np.where(u < 0.5, -np.log(np.maximum(u, 5e-324)), near_one)
        each = np.repeat(owner, len(x))
        where = self.noise.take(each).at(u.reshape(-1), minus_log.reshape(-1))
        return self._all_below(each, where).reshape(len(owner), len(x))

    def _all_below(self, owner: np.ndarray, where: np.ndarray) -> np.ndarray:
        """Probability that all others of the group of ``owner`` are below ``where``."""
        place = owner % self.width
        product = np.ones(len(owner))
        for j in range(self.width):
            other = owner - place + j
            # Those that come later may be equal.
            strictly = self._below(other, where, at_most=False)
            loosely = self._below(other, where, at_most=True)
            factor = np.where(place < j, loosely, strictly)
            product *= np.where(place == j, 1.0, factor)
        return product

    def _below(self, element: np.ndarray, limit: np.ndarray, at_most: bool) -> np.ndarray:
        part = self.noise.take(element)
        with np.errstate(all="ignore"):
            q, _, rising = part.pull_back(limit, at_most)
        share = self._share(q, element)
        number = part.value <= limit if at_most else part.value < limit
        return np.where(part.random, np.where(rising, share, 1 - share), number)

    def _numbers(self) -> np.ndarray:
        """``[G V]``: the probability that a number is the largest."""
        found = np.zeros(len(self.noise))
        number = np.flatnonzero(~self.noise.random)
        found[number] = self._all_below(number, self.noise.value[number])
        return found
