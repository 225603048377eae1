"""Poisson laws as tables: what is beyond the last entry is less than a rounding error."""

import numpy as np
from scipy.special import gammaln, xlogy

BEYOND = 2.0**-60  # probability of larger counts, which the last entry is given


def poisson_law(rates: np.ndarray) -> np.ndarray:
    """``[E, K]``: the law of a Poisson count of each of the ``rates [E]``, each summing to 1.

    Raises ValueError for rates that are none.
    """
    rates = np.asarray(rates, float)
    if not (np.isfinite(rates).all() and (rates >= 0).all()):
        raise ValueError(f"Poisson rates must be at least 0 and finite, got {rates.min()}")
    most = rates.max(initial=0.0)
    width = 2
    while width <= most or _log_term(most, width) > np.log(BEYOND * (1 - most / (width + 1))):
        width += 1
    counts = np.arange(width)
    law = np.exp(xlogy(counts, rates[:, None]) - rates[:, None] - gammaln(counts + 1))
    law[law < BEYOND] = 0.0
    return law / law.sum(-1, keepdims=True)


def _log_term(rate: float, count: int) -> float:
    return float(xlogy(count, rate) - rate - gammaln(count + 1))
