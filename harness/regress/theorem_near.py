"""Problems for a theorem about one noise, one grid or one size, where it is about nothing else."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from harness.problem.problem import Problem
from harness.process import grids
from harness.process.grids import Grid
from harness.regress import theorem_bank
from toy_targets import Parity, Product, Table, TwoBeliefs

OF_OTHER_SIZES: tuple[tuple[float, float], ...] = ((1e-6, 5e-7), (0.7, 1e-6), (6.0, 3.0))


def near(example: Problem, sampler: Any) -> Iterator[Problem]:
    """A repeated token and a point mass under the noise of ``example``, of its size and of others.

    For a theorem whose assumptions are met by nothing else.
    """
    length, kind = example.target.space.length, _of_its_kind(example.grid)
    own = [*kind, *map(grids.custom, (*theorem_bank.ONE_STEP, *theorem_bank.of_length(length)))]
    other = [*kind, *map(grids.custom, OF_OTHER_SIZES)]
    tried = [(own, _of_its_size(example.target.space)), (other, _of_other_sizes(example, sampler))]
    for times, targets in tried:
        for target, tells_nothing in targets:
            for grid in times:
                starts = (*theorem_bank.starts(tells_nothing, grid.start), example.start)
                for start in dict.fromkeys(starts):
                    yield from theorem_bank.on(sampler, example.noise, target, grid, start=start)


def _of_its_kind(grid: Grid) -> list[Grid]:
    """Itself, and the same in two long steps where that can be said of it."""
    try:
        return [grid, grid.with_steps(2)]
    except ValueError:
        return [grid]


def _of_its_size(space: Any) -> Iterator[tuple[Any, bool]]:
    """Targets, and whether tokens of each tell nothing of the others."""
    if space.class_sizes:
        return
    if space.tokens**space.length <= theorem_bank.FEW_STATES:
        x = np.indices(space.shape)
        alike = (x == x[0]).all(0)
        yield Table(alike / alike.sum()), False
        yield Table(1.0 * (x == 0).all(0)), True
    elif space.tokens == 2:
        yield theorem_bank.repeated(space.length), False
        yield Product((1.0, 0.0), space.length), True


def _of_other_sizes(example: Problem, sampler: Any) -> Iterator[tuple[Any, bool]]:
    """The same of a larger vocabulary, of eight bits and, on counts, of the longest sequences."""
    lengths = [8, *([theorem_bank.longest(example.noise)] if theorem_bank.lumps(sampler) else [])]
    for size in (3, 8):
        yield Table(np.eye(size) / size), False
        yield Table(np.outer(np.eye(size)[0], np.eye(size)[0])), True
    for length in lengths:
        yield theorem_bank.repeated(length), False
        yield Parity(length), False
        yield Product((1.0, 0.0), length), True
    for length in lengths[1:]:
        yield needle(length), False


def needle(length: int) -> TwoBeliefs:
    """Coins, and zeros once in ``2^24``: 24 zeros tell that it is they, and few less tell nothing.

    So what tokens say of each other is all said at one time, which may be that of the longest step.
    """
    return TwoBeliefs((1.0, 0.0), (0.5, 0.5), length, weight=2.0**-24)
