"""The Potts model on a ring: neighbours like to agree."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from harness.foundation.registry import targets
from harness.foundation.validation import integer, real
from harness.process.space import Sequences
from toy_targets.laws import coordinates, normalised, settle


@targets.add("potts_ring")
@dataclass(frozen=True)
class PottsRing:
    """Tokens on a ring that like to agree with their neighbours, with an optional field.

    ``q(x) ∝ exp(coupling · Σ_i 1[x_i = x_{i+1 mod d}] + field · Σ_i x_i / (S-1))``

    The general-purpose target: every sequence is allowed, the dependence is local, and one
    number moves it from independent (0) to nearly frozen.  A negative coupling makes neighbours
    differ.  The field breaks the symmetry between tokens; without it the law cannot see a sampler
    that permutes them, nor a transposed kernel.

    A bond joins two different positions, once: a ring of length 2 has one bond, not two, and a
    ring of length 1 has none.

    Raises TypeError or ValueError when ``tokens < 2``, ``length < 1``, or ``coupling`` or
    ``field`` is not a finite number.
    """

    tokens: int
    length: int
    coupling: float
    field: float = 0.0

    def __post_init__(self) -> None:
        settle(
            self,
            tokens=integer("tokens", self.tokens, 2),
            length=integer("length", self.length, 1),
            coupling=real("coupling", self.coupling),
            field=real("field", self.field),
        )

    @classmethod
    def example(cls) -> Self:
        """A small instance, for listings and tests."""
        return cls(tokens=3, length=3, coupling=1.0, field=0.3)

    @property
    def space(self) -> Sequences:
        """``[S]^d``."""
        return Sequences(self.tokens, self.length)

    @property
    def bonds(self) -> list[tuple[int, int]]:
        """The pairs of neighbouring positions."""
        d = self.length
        return [(i, (i + 1) % d) for i in range(d if d > 2 else d - 1)]

    def log_law(self) -> np.ndarray:
        """``[S]*d`` log-probabilities in nats."""
        x = coordinates(self.space)
        energy = np.zeros(self.space.shape)
        for i, j in self.bonds:
            energy += self.coupling * (x[i] == x[j])
        for token in x:
            energy += self.field * (token / (self.tokens - 1))
        return normalised(energy)
