"""Binary sequences of even sum: dependence that no proper subset of the tokens shows."""

import math
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from harness.foundation.registry import targets
from harness.foundation.validation import integer
from harness.process.space import Sequences
from toy_targets.conditionals import Affine
from toy_targets.laws import coordinates, settle


@targets.add("parity")
@dataclass(frozen=True)
class Parity:
    """Uniform on the binary sequences whose sum is even.

    Any ``d - 1`` tokens are independent fair bits, and they fix the last one: a sampler that is
    right about all smaller groups of tokens can still be wrong here.  Half of the sequences are
    forbidden, so without early stopping ratios diverge and the output KL falls one order more
    slowly than on targets of full support.

    Raises TypeError or ValueError when ``length`` is not a positive integer.
    """

    length: int

    exchangeable = True

    def __post_init__(self) -> None:
        settle(self, length=integer("length", self.length, 1))

    @classmethod
    def example(cls) -> Self:
        """A small instance, for listings and tests."""
        return cls(length=4)

    @property
    def space(self) -> Sequences:
        """``[2]^d``."""
        return Sequences(2, self.length)

    def conditionals(self) -> Affine:
        """What is known of hidden bits, at any length: see ``toy_targets.conditionals``."""
        return Affine(np.ones((1, self.length), int), np.zeros(1, int))

    def log_law(self) -> np.ndarray:
        """``[2]*d`` log-probabilities in nats, ``-inf`` where the sum is odd."""
        return self._log_prob(sum(coordinates(self.space)))

    def log_prob_of_counts(self, counts: np.ndarray) -> np.ndarray:
        """``[N]`` log-probability of one sequence with these ``counts [N, 2]``, in nats."""
        return self._log_prob(counts[:, 1])

    def _log_prob(self, ones: Any) -> np.ndarray:
        return np.where(ones % 2, -np.inf, -(self.length - 1) * math.log(2))
