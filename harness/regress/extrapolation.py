"""The limit of a sequence as ``h`` halves, extrapolated, and how sure it is."""

import math
from itertools import pairwise
from typing import NamedTuple

WHOLE = 0.3  # how far from a whole number an order that is shown may be


class Limit(NamedTuple):
    """``value``, and by how much two extrapolations from the finest steps disagree on it."""

    value: float
    uncertainty: float


def limit(y: list[float], order: float) -> Limit:
    """The limit of five values, claimed to fall to it at least like ``h^order``.

    A sequence may fall faster than is claimed, and powers that it has not make an extrapolation
    worse: those of ``h²`` blow ``h⁴`` up to several times the last value.  So the powers are tried
    that begin with the ``order`` and those that begin with the one that the sequence shows.  Their
    limit is as sure as it agrees with that of one power less; if the order shown is no whole number
    nor near one, such powers fit too badly, and it is as sure as it agrees with what it was a step
    before.  A third model has a single power, any: its limit is as sure as it agrees with that
    of the nearest whole power, or with what it was a step before.  The surest counts.
    """
    single, before = aitken(y[-3:]), aitken(y[-4:-1])
    found, powers, whole = [Limit(single, abs(single - before))], {order}, True
    shown = shown_order(y)
    if shown is not None:
        nearest = max(1, round(shown))
        found.append(Limit(single, abs(single - romberg(y, nearest)[0][-1])))
        powers, whole = {order, nearest}, abs(shown - nearest) <= WHOLE
    for power in powers:
        if 0 < power < math.inf:
            *_, coarse, (before, value) = romberg(y, power)
            found.append(Limit(value, abs(value - (coarse[-1] if whole else before))))
    return min(found, key=lambda each: each.uncertainty)


def shown_order(y: list[float]) -> float | None:
    """The order that the last two differences show; None if they do not fall to a limit."""
    before, after = (a - b for a, b in pairwise(y[-3:]))
    return math.log2(before / after) if 0 < after < before else None


def aitken(y: list[float]) -> float:
    """The limit of a sequence whose differences shrink geometrically; its last value otherwise."""
    (first, second) = (b - a for a, b in pairwise(y))
    bend = second - first
    return y[2] - second**2 / bend if abs(second) < abs(first) else y[2]


def romberg(y: list[float], order: float) -> list[list[float]]:
    """The sequence without its ``h^order``, then without ``h^{order+1}`` too, then ``h^{order+2}``.

    Each has one value fewer than the one before; the limit of
    ``L + a h^order + b h^{order+1} + ..`` is the last of the last.
    """
    found = []
    for power in (order, order + 1, order + 2):
        y = [(2**power * b - a) / (2**power - 1) for a, b in pairwise(y)]
        found.append(y)
    return found
