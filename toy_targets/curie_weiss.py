"""The Curie–Weiss magnet: every spin feels the mean of all, with a phase transition."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.special import logsumexp

from harness.foundation.registry import targets
from harness.foundation.validation import integer, real
from harness.numerics import compositions
from harness.process.space import Sequences
from toy_targets.laws import coordinates, settle


@targets.add("curie_weiss")
@dataclass(frozen=True)
class CurieWeiss:
    """``p(x) ∝ exp(coupling M² / (2 length) + field M)``, ``M`` the sum of the spins.

    Token 0 is the spin -1 and token 1 the spin +1.  Without a field the magnetisation per spin has
    one mode below ``coupling = 1`` and two above; at ``coupling = 1``, the critical point, its
    fluctuations are of order ``length^(3/4)``.  Exchangeable: exact on counts at any length.

    Raises TypeError or ValueError when ``length`` is not a positive integer or ``coupling`` or
    ``field`` is not a finite number.
    """

    length: int
    coupling: float
    field: float = 0.0

    exchangeable = True

    def __post_init__(self) -> None:
        settle(
            self,
            length=integer("length", self.length, 1),
            coupling=real("coupling", self.coupling),
            field=real("field", self.field),
        )

    @classmethod
    def example(cls) -> Self:
        """A small instance, for listings and tests: above the critical point, in a field."""
        return cls(length=4, coupling=1.2, field=0.1)

    @property
    def space(self) -> Sequences:
        """``[2]^d``."""
        return Sequences(2, self.length)

    def log_law(self) -> np.ndarray:
        """``[2]*d`` log-probabilities in nats."""
        ones = sum(coordinates(self.space))
        return self._log_prob_of_ones()[ones]

    def log_prob_of_counts(self, counts: np.ndarray) -> np.ndarray:
        """``[N]`` log-probability of one sequence with these ``counts [N, 2]``, in nats."""
        return self._log_prob_of_ones()[counts[:, 1]]

    def _log_prob_of_ones(self) -> np.ndarray:
        """``[d + 1]`` log-probability of one sequence with so many ones."""
        counts = compositions.states(2, self.length)
        magnetisation = (counts[:, 1] - counts[:, 0]).astype(np.float64)
        energy = self.coupling * magnetisation**2 / (2 * self.length) + self.field * magnetisation
        energy -= energy.max()
        return energy - logsumexp(energy + compositions.log_multiplicity(counts))
