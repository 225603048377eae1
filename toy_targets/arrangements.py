"""Arrangements of given tokens: permutations, balanced strings, one-hot vectors."""

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.special import gammaln

from harness.foundation.registry import targets
from harness.foundation.validation import integer
from harness.process.space import Sequences
from toy_targets.conditionals import Urn
from toy_targets.laws import coordinates, settle


@targets.add("arrangements")
@dataclass(frozen=True)
class Arrangements:
    """Uniform on the sequences with ``counts[a]`` tokens of value ``a``: draws without replacement.

    Tokens repel each other: what one shows, the others show less.  ``permutation(d)`` has each of
    ``d`` values once, ``balanced(d)`` as many zeros as ones, ``one_hot(d)`` a single 1.  A round
    that reveals ``B`` of ``M`` hidden tokens of a permutation costs ``log(M^B / (M)_B)`` nats, with
    ``(M)_B = M (M-1) .. (M-B+1)``, whoever chose them.

    Raises TypeError or ValueError when there are not two counts at least, one is negative or none
    is positive.
    """

    counts: tuple[int, ...]

    exchangeable = True

    def __post_init__(self) -> None:
        if not isinstance(self.counts, tuple | list) or len(self.counts) < 2:
            raise ValueError(f"counts must be two or more integers, got {self.counts!r}")
        counts = tuple(integer(f"counts[{a}]", n, 0) for a, n in enumerate(self.counts))
        integer("the sum of counts", sum(counts), 1)
        settle(self, counts=counts)

    @classmethod
    def permutation(cls, length: int) -> Self:
        """Each of ``length`` values once."""
        return cls((1,) * integer("length", length, 2))

    @classmethod
    def balanced(cls, length: int) -> Self:
        """As many zeros as ones: ``length`` is even.  Raises ValueError."""
        half, odd = divmod(integer("length", length, 2), 2)
        if odd:
            raise ValueError(f"length of a balanced string must be even, got {length}")
        return cls((half, half))

    @classmethod
    def one_hot(cls, length: int) -> Self:
        """One 1 among ``length`` bits."""
        return cls((integer("length", length, 1) - 1, 1))

    @classmethod
    def example(cls) -> Self:
        """A small instance, for listings and tests."""
        return cls((2, 1, 1))

    @property
    def space(self) -> Sequences:
        """``[S]^d``."""
        return Sequences(len(self.counts), sum(self.counts))

    def conditionals(self) -> Urn:
        """What is known of hidden tokens, at any length: see ``toy_targets.conditionals``."""
        return Urn(self.counts)

    def log_law(self) -> np.ndarray:
        """``[S]*d`` log-probabilities in nats, ``-inf`` where a value is not there as often."""
        x = coordinates(self.space)
        wrong = sum(sum(each == a for each in x) != n for a, n in enumerate(self.counts))
        return np.where(wrong, -np.inf, -self._log_number)

    def log_prob_of_counts(self, counts: np.ndarray) -> np.ndarray:
        """``[N]`` log-probability of one sequence with these ``counts [N, S]``, in nats."""
        return np.where((counts == self.counts).all(1), -self._log_number, -np.inf)

    @property
    def _log_number(self) -> float:
        terms = [-float(gammaln(n + 1)) for n in self.counts]
        return math.fsum([float(gammaln(sum(self.counts) + 1)), *terms])
