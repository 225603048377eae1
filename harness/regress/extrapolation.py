"""The limit of a sequence, extrapolated."""

from itertools import pairwise


def aitken(y: list[float]) -> float:
    """The limit of a sequence whose differences shrink geometrically; its last value otherwise."""
    (first, second) = (b - a for a, b in pairwise(y))
    bend = second - first
    return y[2] - second**2 / bend if abs(second) < abs(first) else y[2]


def romberg(y: list[float], order: float) -> tuple[float, float]:
    """The limit of ``L + a h^order + b h^{order+1} + ..`` as ``h`` halves, and the one before."""
    for power in (order, order + 1, order + 2):
        y = [(2**power * b - a) / (2**power - 1) for a, b in pairwise(y)]
    return y[-1], y[-2]
