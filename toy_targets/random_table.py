"""A random law on all sequences: no structure to exploit, and hardly any to find."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from harness.foundation.registry import targets
from harness.foundation.validation import integer, real
from harness.process.space import Sequences
from toy_targets.laws import log_dirichlet, settle


@targets.add("random_table")
@dataclass(frozen=True)
class RandomTable:
    """A law drawn from the symmetric Dirichlet on all sequences, with a fixed seed.

    It has no symmetry, so it catches permuted axes, transposed kernels and swapped tokens that a
    structured target lets through.  It is a poor test alone: at concentration 1 the expected KL
    from the uniform law is about ``1 - γ = 0.42`` nats *in total*, however large ``S`` and ``d``
    are, because each token's law averages ``S^{d-1}`` independent entries.  So the tokens are
    nearly uniform and nearly independent; what dependence there is involves many tokens at once,
    and noise erases that first.  A smaller ``concentration`` gives a rougher law.

    The numbers are those of numpy's default generator; a numpy that changes its streams changes
    the law, and a test with stored digits says so.

    Raises TypeError or ValueError when ``tokens < 2``, ``length < 1``, ``seed < 0`` or
    ``concentration`` is below 1e-6 or not finite.
    """

    tokens: int
    length: int
    seed: int
    concentration: float = 1.0

    def __post_init__(self) -> None:
        settle(
            self,
            tokens=integer("tokens", self.tokens, 2),
            length=integer("length", self.length, 1),
            seed=integer("seed", self.seed, 0),
            concentration=real("concentration", self.concentration, minimum=1e-6),
        )

    @classmethod
    def example(cls) -> Self:
        """A small instance, for listings and tests."""
        return cls(tokens=3, length=3, seed=1, concentration=0.7)

    @property
    def space(self) -> Sequences:
        """``[S]^d``."""
        return Sequences(self.tokens, self.length)

    def log_law(self) -> np.ndarray:
        """``[S]*d`` log-probabilities in nats, all finite."""
        return log_dirichlet(self.space.shape, self.concentration, self.seed)
