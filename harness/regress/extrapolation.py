"""The limit of a sequence as ``h`` halves, extrapolated."""

from itertools import pairwise


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
