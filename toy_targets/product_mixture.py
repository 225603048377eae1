"""A mixture of products: a hidden die, and the law that all tokens share depends on its face."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.special import logsumexp

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


@targets.add("product_mixture")
@dataclass(frozen=True)
class ProductMixture:
    """With probability ``weights[k]`` all ``length`` tokens are independent with law ``laws[k]``.

    By de Finetti's theorem any exchangeable sequence that can be prolonged for ever is such a
    mixture.  The dual total correlation is at most ``log`` of the number of laws, whatever the
    length (see ``TwoBeliefs``).

    Raises TypeError or ValueError when ``weights`` or one of ``laws`` is not a law, there is not
    one law for each weight, they differ in length, or ``length`` is not a positive integer.
    """

    weights: tuple[float, ...]
    laws: tuple[tuple[float, ...], ...]
    length: int

    exchangeable = True

    def __post_init__(self) -> None:
        if not isinstance(self.laws, Iterable):
            raise TypeError(f"laws must be rows of numbers, got {self.laws!r}")
        rows = tuple(law_of_token(f"laws[{k}]", row) for k, row in enumerate(self.laws))
        settle(
            self,
            weights=law_of_token("weights", self.weights),
            laws=rows,
            length=integer("length", self.length, 1),
        )
        if len(rows) != len(self.weights):
            raise ValueError(f"{len(self.weights)} weights need as many laws, got {len(rows)}")
        if len({len(row) for row in rows}) != 1:
            raise ValueError(
                f"laws must have one number of tokens, got {[len(row) for row in rows]}"
            )

    @classmethod
    def example(cls) -> Self:
        """A small instance, for listings and tests."""
        return cls((0.5, 0.3, 0.2), ((0.8, 0.1, 0.1), (0.1, 0.7, 0.2), (0.2, 0.2, 0.6)), length=3)

    @property
    def space(self) -> Sequences:
        """``[S]^d``."""
        return Sequences(len(self.laws[0]), self.length)

    def analytic(self) -> Mixture:
        """The noised law at any length: see ``toy_targets.analytic``."""
        return Mixture(np.array(self.weights), np.array(self.laws), self.length)

    def conditionals(self) -> Mixture:
        """What is known of hidden tokens: see ``toy_targets.conditionals``."""
        return self.analytic()

    def log_law(self) -> np.ndarray:
        """``[S]*d`` log-probabilities in nats."""
        parts = [log_independent([log_of(row)] * self.length) for row in self.laws]
        shares = log_of(self.weights).reshape(-1, *(1,) * self.length)
        return np.asarray(logsumexp(shares + np.stack(parts), axis=0))

    def log_prob_of_counts(self, counts: np.ndarray) -> np.ndarray:
        """``[N]`` log-probability of one sequence with these ``counts [N, S]``, in nats."""
        return log_mixture_of_counts(self.weights, self.laws, counts)
