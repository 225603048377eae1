"""A mixture of two products: one hidden coin that all tokens share."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from harness.foundation.registry import targets
from harness.foundation.validation import integer, real
from harness.process.space import Sequences
from toy_targets.laws import (
    law_of_token,
    log_independent,
    log_mixture_of_counts,
    log_of,
    settle,
)
from toy_targets.mixture import Mixture


@targets.add("two_beliefs")
@dataclass(frozen=True)
class TwoBeliefs:
    """A mixture of two products: a hidden coin picks the law that all the tokens follow.

    With probability ``weight`` the tokens are independent with law ``first``, otherwise with law
    ``second`` (rows of ``S`` probabilities).  A small ``weight`` such as 1e-4 makes the first
    belief a *rare event*: a mode that draws hardly ever show and an exact law must still get right.

    Its dependence separates theorems: the total correlation grows linearly with the length, the
    dual total correlation never exceeds ``log 2`` nats, so a bound in the second is worth far more
    here than one in the length.

    Proof.  ``DTC = H(X) - Σ H(X_i|X_{-i}) ≤ H(X) - Σ H(X_i|X_{-i}, coin) = I(X; coin) ≤ log 2``,
    since given the coin the tokens are independent.

    Raises TypeError or ValueError when ``first`` or ``second`` is not a law, they differ in
    length, ``length`` is not a positive integer, or ``weight`` is outside ``[0, 1]``.
    """

    first: tuple[float, ...]
    second: tuple[float, ...]
    length: int
    weight: float = 0.5

    exchangeable = True

    def __post_init__(self) -> None:
        settle(
            self,
            first=law_of_token("first", self.first),
            second=law_of_token("second", self.second),
            length=integer("length", self.length, 1),
            weight=real("weight", self.weight, minimum=0, maximum=1),
        )
        if len(self.second) != len(self.first):
            raise ValueError(
                f"second must have as many tokens as first ({len(self.first)}), "
                f"got {len(self.second)}"
            )

    @classmethod
    def binary(cls, length: int, preference: float, weight: float = 0.5) -> Self:
        """Bits that are 0 with probability ``preference`` under one belief, 1 under the other.

        ``weight`` is the belief's that leans to 0; ``weight=1e-4`` is the rare event.
        """
        lean = real("preference", preference, minimum=0, maximum=1)
        return cls((lean, 1 - lean), (1 - lean, lean), length, weight)

    @classmethod
    def example(cls) -> Self:
        """A small instance, for listings and tests."""
        return cls(first=(0.8, 0.1, 0.1), second=(0.2, 0.2, 0.6), length=4, weight=0.3)

    @property
    def space(self) -> Sequences:
        """``[S]^d``."""
        return Sequences(len(self.first), self.length)

    def analytic(self) -> Mixture:
        """The noised law at any length: see ``toy_targets.analytic``."""
        weights = np.array([self.weight, 1 - self.weight])
        return Mixture(weights, np.array([self.first, self.second]), self.length)

    def conditionals(self) -> Mixture:
        """What is known of hidden tokens: see ``toy_targets.conditionals``."""
        return self.analytic()

    def log_law(self) -> np.ndarray:
        """``[S]*d`` log-probabilities in nats."""
        return np.logaddexp(
            log_of(self.weight) + log_independent([log_of(self.first)] * self.length),
            log_of(1 - self.weight) + log_independent([log_of(self.second)] * self.length),
        )

    def log_prob_of_counts(self, counts: np.ndarray) -> np.ndarray:
        """``[N]`` log-probability of one sequence with these ``counts [N, S]``, in nats."""
        weights = (self.weight, 1 - self.weight)
        return log_mixture_of_counts(weights, (self.first, self.second), counts)
