"""The limit of a sequence as ``h`` halves, extrapolated, and the terms that lead there."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

SURE = 3.0  # times an uncertainty
CLEARLY = 10.0  # times nearer
TWICE = 2.0  # times as far off is as good


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


class Extrapolated(NamedTuple):
    """A ``limit`` as the step goes to 0, and ``off``, by how much it is uncertain."""

    limit: np.ndarray
    off: np.ndarray


def at_zero(values: Sequence[Any] | np.ndarray, first: int = 1) -> Extrapolated:
    """The limit of ``values``, each at half the step of the one before, in whole powers of it.

    The powers begin with ``first``.  It is as sure as it agrees with that of one power less.
    """
    found = np.asarray(values, np.float64)
    last = [found[-1]]
    for power in range(first, first + len(found) - 1):
        found = (2.0**power * found[1:] - found[:-1]) / (2.0**power - 1.0)
        last.append(found[-1])
    return Extrapolated(last[-1], np.abs(last[-1] - last[-2]))


def lower_term(values: np.ndarray, low: float, order: float) -> Extrapolated:
    """What ``h^low`` holds of the last of ``values``, which should begin with ``h^order``.

    Fitted with the powers ``order``, ``order + 1`` and ``order + 2`` beside it; it is as sure as it
    agrees with the fit that has one power less.
    """
    found = []
    for count in (4, 3):
        powers = np.array([low, order, order + 1, order + 2][:count])
        steps = 2.0 ** -np.arange(count)[:, None]
        found.append(np.tensordot(np.linalg.inv(steps**powers)[0], values[-count:], 1))
        found[-1] = found[-1] * 2.0 ** (-low * (count - 1))
    return Extrapolated(found[0], np.abs(found[0] - found[1]))


class Term(NamedTuple):
    """The power ``low`` of the step, how much of the last values it holds, and ``at`` which."""

    low: float
    size: float
    at: int


def surest(values: np.ndarray, order: float, floor: Any) -> Term | None:
    """The power below ``order`` that ``values [m, n]`` have, and how much of the last it holds.

    None where no power's term but that of power 0, what stays as the step goes to 0, is above its
    uncertainty and ``floor``.  Half and whole powers are tried.  Of those whose terms are, that one
    counts from which the last three values foretell the one before best; a half power only if it
    does so clearly better than whole ones, and better than to ``floor``.
    """
    floor = np.broadcast_to(floor, values.shape[1:])
    found = []
    for low in np.arange(0.0, order, 0.5):
        term, off = lower_term(values, low, order)
        shown = np.abs(term) / (SURE * off.max() + floor)
        y = int(np.argmax(shown))
        found.append((float(shown[y]), Term(float(low), float(abs(term[y])), y)))
    if max((shown for shown, _ in found[1:]), default=0.0) <= 1.0:
        return None
    at = max(found)[1].at
    off = {
        term: float(_foretold(values[:, at], (term.low, order, order + 1)))
        for shown, term in found
        if shown > 1.0
    }
    best = min(off, key=lambda term: off[term])
    whole = [term for term in off if term.low % 1.0 == 0.0]
    if best not in whole and whole:
        other = min(whole, key=lambda term: off[term])
        if off[other] <= max(TWICE * off[best], float(floor[at])):
            return other
    return best


def _foretold(values: np.ndarray, powers: tuple[float, ...]) -> float:
    """How far the first of the last four ``values [m]`` is from what three ``powers`` foretell."""
    table = (2.0 ** -np.arange(4))[:, None] ** np.array(powers)
    return float(abs(table[0] @ np.linalg.solve(table[1:], values[-3:]) - values[-4]))


def falls_by_the_root(values: np.ndarray) -> bool:
    """Whether ``values [m]``, each at half the step of the one before, go to 0 with ``h^{1/2}``.

    From the last three of them half powers of the step foretell the one before, and clearly better
    than whole powers and a limit do.
    """
    half, whole = (_foretold(values, powers) for powers in ((0.5, 1.0, 1.5), (0.0, 1.0, 2.0)))
    return CLEARLY * half < whole
