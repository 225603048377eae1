"""Small helpers that the targets share: checking a law, and building one in log space."""

import math
import reprlib
from collections.abc import Sequence
from functools import reduce
from typing import Any

import numpy as np
from scipy.special import logsumexp, xlogy

from harness.process.space import Sequences

TOLERANCE = 1e-9  # how far from one a user's probabilities may sum before they are refused
ROUNDING = 4 * np.finfo(float).eps  # how far from one a sum may be and still count as one


def settle(target: object, **fields: Any) -> None:
    """Store checked and converted fields on a frozen dataclass, from its ``__post_init__``."""
    for name, value in fields.items():
        object.__setattr__(target, name, value)


def as_array(name: str, value: Any) -> np.ndarray:
    """``value`` as an array.  Raises ValueError when its rows differ in length."""
    try:
        return np.asarray(value)
    except ValueError as error:
        got = reprlib.repr(value)
        raise ValueError(f"{name} must be rows of one length, got {got}") from error


def checked_law(name: str, probabilities: Any) -> np.ndarray:
    """A float64 copy that sums to one.  Raises TypeError or ValueError naming the broken rule.

    A law that sums to one up to rounding is left as it is, so that checking twice changes
    nothing and a target read back from its spec equals the one written.
    """
    array = as_array(name, probabilities)
    if array.dtype.kind not in "iuf":
        raise TypeError(f"{name} must be numbers, got {reprlib.repr(probabilities)}")
    law = array.astype(np.float64) + 0.0  # -0.0 becomes 0.0: equal laws have equal bytes
    if not np.all(np.isfinite(law)):
        bad = law[~np.isfinite(law)].flat[0]
        raise ValueError(f"{name} must be finite, got {bad}")
    if np.any(law < 0):
        raise ValueError(f"{name} must not be negative, got {law.min():g}")
    total = math.fsum(law.flat)
    if abs(total - 1) > TOLERANCE:
        raise ValueError(f"{name} must sum to 1, got a sum of {total:.10g}")
    return law if abs(total - 1) <= ROUNDING else law / total


def law_of_token(name: str, probabilities: Any) -> tuple[float, ...]:
    """A checked law of one token, as a hashable tuple of at least two probabilities."""
    law = checked_law(name, probabilities)
    if law.ndim != 1 or len(law) < 2:
        raise ValueError(
            f"{name} must be one row of at least 2 probabilities, got shape {law.shape}"
        )
    return tuple(law.tolist())


def log_of(probabilities: Any) -> np.ndarray:
    """Natural logarithm, with ``-inf`` for zero."""
    with np.errstate(divide="ignore"):
        return np.log(np.asarray(probabilities, dtype=np.float64))


def log_independent(tokens: Sequence[np.ndarray]) -> np.ndarray:
    """``[S]*d`` log-law of independent tokens, from ``d`` rows ``[S]`` of log-probabilities."""
    return reduce(np.add.outer, tokens)


def log_mixture_of_counts(weights: Any, laws: Any, counts: np.ndarray) -> np.ndarray:
    """``[N]`` log-probability of one sequence with ``counts [N, S]`` under a mixture of products.

    With probability ``weights[k]`` every token has the law ``laws[k]``.
    """
    under_each = xlogy(counts[:, None, :], np.asarray(laws, dtype=np.float64)).sum(-1)
    return np.asarray(logsumexp(log_of(weights) + under_each, axis=1))


def normalised(log_weights: np.ndarray) -> np.ndarray:
    """Log-law with these log-weights; accurate however large they are."""
    # The maximum goes first: the logarithm of the whole sum would round at the size of the weights.
    shifted = log_weights - log_weights.max()
    return shifted - np.log(np.exp(shifted).sum())


def coordinates(space: Sequences) -> tuple[np.ndarray, ...]:
    """``d`` arrays of tokens, the ``i``-th ``[1, …, S, …, 1]``: formulas in them broadcast."""
    return np.indices(space.shape, sparse=True)


def log_dirichlet(shape: tuple[int, ...], concentration: float, seed: int) -> np.ndarray:
    """Log-law drawn from the symmetric Dirichlet law.

    A Gamma(c) variable is a Gamma(c + 1) variable times ``U^(1/c)``; in log space a small
    concentration cannot underflow to zero and forbid a sequence by accident.
    """
    rng = np.random.default_rng(seed)
    return normalised(
        np.log(rng.standard_gamma(concentration + 1, shape))
        - rng.standard_exponential(shape) / concentration
    )


def empirical_law(samples: np.ndarray, space: Sequences) -> np.ndarray:
    """``[S]*d`` shares of the sequences among integer ``samples [n, d]``."""
    index = np.ravel_multi_index(tuple(samples.T.astype(np.int64)), space.shape)
    counts = np.bincount(index, minlength=space.size)
    return counts.reshape(space.shape) / len(samples)
