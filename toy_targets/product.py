"""Independent tokens: the null test.  Tweedie must be exact here, whatever the step."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from harness.foundation.registry import targets
from harness.foundation.validation import integer
from harness.process.space import Sequences
from toy_targets.laws import (
    law_of_token,
    log_independent,
    log_mixture_of_counts,
    log_of,
    settle,
)
from toy_targets.mixture import Mixture


@targets.add("product")
@dataclass(frozen=True)
class Product:
    """``length`` independent tokens, each with law ``token`` (a row of ``S`` probabilities).

    Only its single-token law matters, so discretisation shows in the marginal part of the chain
    KL alone; the factorisation part is zero.

    Raises TypeError or ValueError when ``token`` is not a law on at least two tokens or
    ``length`` is not a positive integer.
    """

    token: tuple[float, ...]
    length: int

    exchangeable = True

    def __post_init__(self) -> None:
        settle(
            self,
            token=law_of_token("token", self.token),
            length=integer("length", self.length, 1),
        )

    @classmethod
    def example(cls) -> Self:
        """A small instance, for listings and tests."""
        return cls(token=(0.5, 0.3, 0.2), length=3)

    @property
    def space(self) -> Sequences:
        """``[S]^d``."""
        return Sequences(len(self.token), self.length)

    def analytic(self) -> Mixture:
        """The noised law at any length: see ``toy_targets.analytic``."""
        return Mixture(np.ones(1), np.array([self.token]), self.length)

    def conditionals(self) -> Mixture:
        """What is known of hidden tokens: see ``toy_targets.conditionals``."""
        return self.analytic()

    def log_law(self) -> np.ndarray:
        """``[S]*d`` log-probabilities in nats."""
        return log_independent([log_of(self.token)] * self.length)

    def log_prob_of_counts(self, counts: np.ndarray) -> np.ndarray:
        """``[N]`` log-probability of one sequence with these ``counts [N, S]``, in nats."""
        return log_mixture_of_counts((1.0,), (self.token,), counts)
