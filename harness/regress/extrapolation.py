"""The limit of a sequence as ``h`` halves, extrapolated."""

from itertools import pairwise

import numpy as np

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


def falls_by_the_root(values: np.ndarray) -> bool:
    """Whether ``values [m]``, each at half the step of the one before, go to 0 with ``h^{1/2}``.

    From the last three of them half powers of the step foretell the one before, and clearly better
    than whole powers and a limit do.
    """
    off = []
    for powers in ((0.5, 1.0, 1.5), (0.0, 1.0, 2.0)):
        table = (2.0 ** -np.arange(4))[:, None] ** np.array(powers)
        off.append(abs(table[0] @ np.linalg.solve(table[1:], values[-3:]) - values[-4]))
    return bool(CLEARLY * off[0] < off[1])
