"""One token with a random law: a single site, so that only time stepping can be wrong."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from harness.foundation.registry import targets
from harness.foundation.validation import integer
from harness.process.space import Sequences
from toy_targets.laws import log_dirichlet, settle


@targets.add("one_site")
@dataclass(frozen=True)
class OneSite:
    """One token with a random law: the 15-state toy model of Ren et al. (2025).

    With a single site there is no factorisation error (Tweedie is exact): what is left is the
    error in time, where the order of a method for the jump process shows alone.  Unlike a bit,
    the token can pass through a third value within one step.

    The paper draws the law at random from the simplex and does not publish the draw.  Ours is
    uniform on the simplex (the Dirichlet law of concentration 1) from numpy's default generator
    with ``seed``, so absolute errors are not comparable with the paper's figure; slopes are.

    Raises TypeError or ValueError when ``tokens < 2`` or ``seed < 0``.

    Source: Ren et al., "Fast solvers for discrete diffusion models", 2025, arXiv 2502.00234.
    """

    tokens: int = 15
    seed: int = 0

    def __post_init__(self) -> None:
        settle(
            self,
            tokens=integer("tokens", self.tokens, 2),
            seed=integer("seed", self.seed, 0),
        )

    @classmethod
    def example(cls) -> Self:
        """The default, for listings and tests."""
        return cls()

    @property
    def space(self) -> Sequences:
        """``[S]^1``."""
        return Sequences(self.tokens, 1)

    def log_law(self) -> np.ndarray:
        """``[S]`` log-probabilities in nats, all finite."""
        return log_dirichlet(self.space.shape, concentration=1.0, seed=self.seed)
