"""How many tokens to reveal at a time, and what that costs: sets drawn at random, sizes given.

With ``H_j`` the mean entropy of ``j`` tokens and ``Z_j = H_1 + H_{j-1} - H_j``, which grows, a
round that goes from ``m`` known tokens to ``m + s`` costs ``Σ_{j=1}^s (Z_{m+j} - Z_{m+1})`` nats.
``dependence [d - 1]``: the growth of ``Z``, ``I(X^i; X^j | k others)`` in the mean
(``RevealProfile.dependence``).
"""

from collections.abc import Sequence
from itertools import accumulate

import numpy as np


def costs(dependence: Sequence[float]) -> np.ndarray:
    """``[d, d + 1]`` ``c[m, s]`` of a round, inf beyond what is left; sums of positive terms."""
    length = len(dependence) + 1
    found = np.full((length, length + 1), np.inf)
    for known in range(length):
        above = np.concatenate([[0.0], np.cumsum(np.array(dependence[known:], float))])
        found[known, : length - known + 1] = np.concatenate([[0.0], np.cumsum(above)])
    return found


def cost(dependence: Sequence[float], sizes: Sequence[int]) -> float:
    """Of all rounds, which reveal ``sizes`` tokens in turn."""
    of_round, known = costs(dependence), (0, *accumulate(sizes[:-1]))
    return float(sum(of_round[m, s] for m, s in zip(known, sizes, strict=True)))


def best(dependence: Sequence[float], rounds: int) -> tuple[int, ...]:
    """The ``rounds`` sizes of least cost, by dynamic programming in ``O(d² rounds)``.

    Of several the one whose last round is smallest, then the one before it.
    """
    of_round, length = costs(dependence), len(dependence) + 1
    least = np.full(length + 1, np.inf)
    least[0] = 0.0
    choices = []
    for _ in range(rounds):
        # [n, m]: n tokens are known after the round, m before it.
        after, before = np.arange(length + 1)[:, None], np.arange(length)
        sizes = after - before
        ends = np.where(sizes > 0, least[:-1] + of_round[before, np.maximum(sizes, 0)], np.inf)
        last = length - 1 - ends[:, ::-1].argmin(1)  # of equals the largest m
        choices.append(last)
        least = ends[np.arange(length + 1), last]
    found, known = [], length
    for last in reversed(choices):
        found.append(known - int(last[known]))
        known = int(last[known])
    return tuple(reversed(found))


def falling(length: int, share: int) -> tuple[int, ...]:
    """``⌊left/share⌋`` of the tokens that are left, as long as that is one; then one at a time."""
    left, found = length, []
    while left:
        found.append(max(1, left // share))
        left -= found[-1]
    return tuple(found)
