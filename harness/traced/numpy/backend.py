"""numpy code as the explorer runs it, and as it runs by itself: with ``rng``, a generator."""

from collections.abc import Callable
from typing import Any

import numpy as np

from harness.traced.errors import Untraceable
from harness.traced.frameworks import OF_NUMPY
from harness.traced.numpy.generator import StandIn
from harness.traced.numpy.noisy import Noisy
from harness.traced.numpy.told import told
from harness.traced.other_generators import untouched
from harness.traced.outcomes import Outcomes


def tokens(x: np.ndarray) -> np.ndarray:
    """An integer array of its own."""
    return np.array(x, np.int64)


def widest() -> str:
    """In which a model answers unless it is told otherwise."""
    return "float64"


def run(outcomes: Outcomes, code: Callable[..., Any], follow_counts: bool = True) -> np.ndarray:
    """What ``code(rng=...)`` gives, its draws answered by ``outcomes``.

    ``code`` gets functions that hand out what is drawn from.  Counts are drawn where they are made,
    also if they are to be followed.
    """
    del follow_counts
    rng = StandIn(outcomes)
    before = OF_NUMPY.set(lambda answer: told(answer, outcomes))
    try:
        with untouched("draw from the rng that the code is handed"):
            return _whole(code(rng=lambda: rng))
    finally:
        OF_NUMPY.reset(before)


def run_in_float64(
    outcomes: Outcomes, code: Callable[..., Any], follow_counts: bool = True
) -> np.ndarray:
    """The same with what the code casts to fewer digits in float64.

    Raises Untraceable where something that a draw depends on is in fewer digits all the same.
    """
    outcomes.in_float64 = True
    return run(outcomes, code, follow_counts)


def draw(seed: int, code: Callable[..., list[Any]]) -> np.ndarray:
    """The batches that ``code(rng=...)`` gives with draws of its own, one after the other."""
    rng = np.random.default_rng(seed)
    return np.concatenate([_whole(each) for each in code(rng=lambda: rng)])


def _whole(found: Any) -> np.ndarray:
    if isinstance(found, Noisy) and found.elements.random.any():
        raise Untraceable("the code gives back continuous noise, not tokens")
    if not isinstance(found, np.ndarray | Noisy | list):
        raise Untraceable(f"the code must give an array of tokens, got a {type(found).__name__}")
    values = np.asarray(found)
    if values.dtype.kind not in "iufb" or not np.array_equal(values, values.astype(np.int64)):
        raise Untraceable(f"the code must give whole tokens, got {values.dtype} values")
    return values.astype(np.int64)
