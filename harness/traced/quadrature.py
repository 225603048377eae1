"""Integrals over (0, 1) by the tanh-sinh rule: what is singular at an end does no harm.

Source: Takahasi, Mori, "Double exponential formulas for numerical integration", 1974.
"""

from functools import lru_cache

import numpy as np

REACH = 3.6  # beyond it nodes are nearer to an end than 1e-18


@lru_cache
def nodes(level: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """``(x, 1 - x, weight)`` of the rule of step ``2^-level``, each with all its digits."""
    count = int(REACH * 2**level)
    t = np.arange(-count, count + 1) / 2**level
    s = np.pi / 2 * np.sinh(t)
    small = np.exp(-abs(s)) / (2 * np.cosh(s))  # distance to the nearer end
    x, rest = np.where(t < 0, small, 1 - small), np.where(t < 0, 1 - small, small)
    weight = np.pi / 4 * np.cosh(t) / np.cosh(s) ** 2 / 2**level
    return x, rest, weight
