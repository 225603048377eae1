"""Sizes of the sets of masked tokens that are revealed, step by step."""

import itertools
from typing import Any

import numpy as np

from harness.foundation.validation import integer
from harness.law.score_calls import masks_at_start
from harness.process.grids import Grid


def checked(sizes: Any) -> tuple[int, ...]:
    """``sizes`` as a tuple.  Raises TypeError or ValueError for what are no positive integers."""
    if not isinstance(sizes, tuple | list) or not sizes:
        raise ValueError(
            f"sizes must be a tuple of one or more positive integers, such as (2,), got {sizes!r}"
        )
    return tuple(integer(f"sizes[{k}]", size, 1) for k, size in enumerate(sizes))


def of_length(sizes: tuple[int, ...], length: int) -> tuple[int, ...]:
    """How many of ``length`` masked tokens each step reveals; they sum to ``length``.

    The last of ``sizes`` goes on as long as there are masks; no step reveals more than are left.
    """
    found: list[int] = []
    for size in itertools.chain(sizes, itertools.repeat(sizes[-1])):
        if sum(found) == length:
            break
        found.append(min(size, length - sum(found)))
    return tuple(found)


def levels(sizes: tuple[int, ...], length: int) -> np.ndarray:
    """How many of ``length`` tokens are masked after each step, down to 0."""
    return length - np.cumsum(of_length(sizes, length))


def calls(sizes: tuple[int, ...], grid: Grid, length: int) -> np.ndarray:
    """``[N + 1]`` law of the number of calls: one a step, as long as there are masks."""
    after, law = levels(sizes, length), np.zeros(grid.steps + 1)
    for masks, weight in enumerate(masks_at_start(grid, length)):
        law[min(grid.steps, (after < masks).sum())] += weight
    return law
