"""Where a function is 0, by Brent's method: one number."""

from collections.abc import Callable
from typing import Any

from scipy.optimize import brentq


def root(function: Callable[[float], float], low: float, high: float, **tolerances: float) -> float:
    """Where ``function`` is 0 between ``low`` and ``high``, at which its signs differ.

    ``tolerances``: ``xtol`` and ``rtol`` of ``scipy.optimize.brentq``, by its defaults if they are
    not said.  Raises ValueError where the signs are the same.
    """
    as_numbers: Any = tolerances  # the stubs of scipy want rtol as numpy's float64
    found: Any = brentq(function, low, high, **as_numbers)
    return float(found)
