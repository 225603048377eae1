"""The limit of a sequence as ``h`` halves, extrapolated, and the terms that lead there."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

SURE = 3.0  # times an uncertainty
CLEARLY = 10.0  # times nearer


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

    Half and whole powers are tried.  None where the term of none but power 0, what stays as the
    step goes to 0, is above its uncertainty and ``floor``.  Else, of the value where one stands out
    most, that power with which the last three foretell the one before best; a half one only if
    clearly better than whole ones, since it takes what stays, too, for a larger term of its own.
    """
    terms, shown = {}, {}
    for low in np.arange(0.0, order, 0.5).tolist():
        terms[low], off = lower_term(values, low, order)
        shown[low] = np.abs(terms[low]) / (SURE * off.max() + floor)
    if max((each.max() for low, each in shown.items() if low > 0), default=0.0) <= 1.0:
        return None
    at = int(np.argmax(shown[max(shown, key=lambda low: shown[low].max())]))
    off = {low: _foretold(values[:, at], (low, order, order + 1)) for low in terms}
    low = min(off, key=lambda low: off[low] * (1.0 if low % 1.0 == 0.0 else CLEARLY))
    return Term(low, float(abs(terms[low][at])), at)


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
