"""The limit of a sequence as ``h`` halves, extrapolated, and how sure it is."""

import math
from itertools import pairwise
from typing import NamedTuple


class Limit(NamedTuple):
    """``value``, and by how much two extrapolations from the finest steps disagree on it."""

    value: float
    uncertainty: float


def limit(y: list[float], order: float) -> Limit:
    """The limit of four values or more, claimed to fall to it at least like ``h^order``.

    A sequence may fall faster than is claimed, and powers that it has not make an extrapolation
    worse: those of ``h²`` blow ``h⁴`` up to several times the last value.  So the powers are tried
    that begin with the ``order`` and those that begin with the one that the sequence shows: each
    limit is as sure as it agrees with that of one power less.  A third model has a single power,
    which need be no integer: its limit is as sure as it agrees with that of the nearest integer, or
    with what it was a step before.  The surest counts.
    """
    single, before = aitken(y[-3:]), aitken(y[-4:-1])
    found = [Limit(single, abs(single - before))]
    shown = shown_order(y)
    if shown is not None:
        nearest = romberg(y, shown)[0][-1]
        found.append(Limit(single, abs(single - nearest)))
    for power in {order, shown} - {None}:
        if 0 < power < math.inf:
            _, coarse, fine = romberg(y, power)
            found.append(Limit(fine[-1], abs(fine[-1] - coarse[-1])))
    return min(found, key=lambda each: each.uncertainty)


def shown_order(y: list[float]) -> int | None:
    """The integer nearest to the order that the last differences show; None if they do not fall."""
    before, after = (a - b for a, b in pairwise(y[-3:]))
    return max(1, round(math.log2(before / after))) if 0 < after < before else None


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
