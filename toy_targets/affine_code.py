"""Affine codes: bits that satisfy parity checks, and are uniform otherwise."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from harness.foundation.registry import targets
from harness.foundation.validation import integer
from harness.process.space import Sequences
from toy_targets.conditionals import Affine
from toy_targets.laws import as_array, coordinates, settle

HAMMING = ((1, 0, 1, 0, 1, 0, 1), (0, 1, 1, 0, 0, 1, 1), (0, 0, 0, 1, 1, 1, 1))


@targets.add("affine_code")
@dataclass(frozen=True)
class AffineCode:
    """Uniform on the bits ``x`` with ``checks x = sums`` modulo 2; ``checks`` has ``[r, d]`` bits.

    A hidden bit is determined by the others or a fair coin, so all policies that look at values see
    ties, and what they cost is a number of bits: ``log 2`` for each bit of a round that the others
    of the round determine.  Which rounds cost nothing is a question of linear algebra.  ``sums``
    are zeros unless given: then it is a linear code.

    Raises TypeError or ValueError when ``checks`` are not independent rows of bits of one length,
    or there is not one of ``sums``, a bit, for each.
    """

    checks: tuple[tuple[int, ...], ...]
    sums: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        checks = _bits("checks", self.checks, 2)
        sums = _bits("sums", self.sums, 1) if len(self.sums) else np.zeros(len(checks), int)
        if len(sums) != len(checks):
            raise ValueError(f"{len(checks)} checks need as many sums, got {len(sums)}")
        if _rank(checks) < len(checks):
            raise ValueError("checks must be independent of each other modulo 2")
        settle(self, checks=tuple(map(tuple, checks.tolist())), sums=tuple(sums.tolist()))

    @classmethod
    def hamming(cls) -> Self:
        """The code of Hamming: four bits and three checks that find one error."""
        return cls(HAMMING)

    @classmethod
    def random(cls, length: int, checks: int, seed: int = 0) -> Self:
        """So many random ``checks`` of ``length`` bits, with random sums, by numpy's ``seed``."""
        rng = np.random.default_rng(integer("seed", seed, 0))
        size = (integer("checks", checks, 1), integer("length", length, checks))
        while _rank(found := rng.integers(0, 2, size)) < checks:
            pass
        return cls(tuple(map(tuple, found.tolist())), tuple(rng.integers(0, 2, checks).tolist()))

    @classmethod
    def example(cls) -> Self:
        """A small instance, for listings and tests."""
        return cls(((1, 1, 0, 0), (0, 1, 1, 1)), (1, 0))

    @property
    def space(self) -> Sequences:
        """``[2]^d``."""
        return Sequences(2, len(self.checks[0]))

    def conditionals(self) -> Affine:
        """What is known of hidden bits, at any length: see ``toy_targets.conditionals``."""
        return Affine(np.array(self.checks), np.array(self.sums))

    def log_law(self) -> np.ndarray:
        """``[2]*d`` log-probabilities in nats, ``-inf`` where a check fails."""
        x = coordinates(self.space)
        fails = np.zeros(self.space.shape, bool)
        for row, wanted in zip(self.checks, self.sums, strict=True):
            fails |= sum(a * bit for a, bit in zip(row, x, strict=True)) % 2 != wanted
        return np.where(fails, -np.inf, -(len(self.checks[0]) - len(self.checks)) * np.log(2))


def _bits(name: str, value: object, axes: int) -> np.ndarray:
    array = as_array(name, value)
    if array.ndim != axes or not array.size or not np.isin(array, (0, 1)).all():
        what = "rows of bits of one length" if axes == 2 else "bits"
        raise ValueError(f"{name} must be {what}, got {value!r}")
    return array.astype(np.int64)


def _rank(rows: np.ndarray) -> int:
    """Of a matrix of bits, modulo 2."""
    rows, rank = rows.copy(), 0
    for j in range(rows.shape[1]):
        leads = np.flatnonzero(rows[rank:, j]) + rank
        if len(leads):
            rows[[rank, leads[0]]] = rows[[leads[0], rank]]
            others = np.flatnonzero(rows[:, j])
            rows[others[others != rank]] ^= rows[rank]
            rank += 1
    return rank
