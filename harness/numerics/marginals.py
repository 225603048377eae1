"""Laws of single tokens in a law of all of them, and the law that tokens have if none depends."""

from collections.abc import Iterable
from functools import reduce

import numpy as np


def marginals(law: np.ndarray) -> list[np.ndarray]:
    """``[S]`` for each axis of ``law [S]*d``, in the scale of ``law``."""
    axes = range(law.ndim)
    return [law.sum(tuple(k for k in axes if k != axis)) for axis in axes]


def product(laws: Iterable[np.ndarray]) -> np.ndarray:
    """``[S]*d`` the law of independent tokens whose laws are these."""
    return reduce(np.multiply.outer, laws, np.ones(()))
