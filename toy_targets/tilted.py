"""A law tilted by a reward: what guided sampling is after."""

from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np

from harness.foundation.registry import targets
from harness.foundation.validation import real
from harness.process.space import Sequences
from toy_targets.laws import as_array, normalised, settle
from toy_targets.potts_ring import PottsRing


def _nested(array: np.ndarray) -> Any:
    return tuple(_nested(row) for row in array) if array.ndim else float(array)


@targets.add("tilted")
@dataclass(frozen=True)
class Tilted:
    """``p(x) e^{r(x)/α} / Z``: another target ``p``, its ``base``, tilted by a reward ``r``.

    The law that guided samplers are to draw from while their score is that of ``p``: a problem with
    this target tells them the score of the base, and ``log E_p[e^{r(X_0)/α} | X_u]`` exactly.  With
    ``r(x) = log p(c|x)`` and ``α = 1`` it is the conditional law ``p(x|c)``.

    ``reward [S]*d``, ``-inf`` for what ``c`` rules out; ``alpha`` positive.  Raises TypeError or
    ValueError for anything else.
    """

    base: Any
    reward: Any = field(repr=False)
    alpha: float = 1.0

    def __post_init__(self) -> None:
        if isinstance(self.base, type) or not hasattr(self.base, "log_law"):
            raise TypeError(f"base must be a target, got {self.base!r}")
        reward = as_array("reward", self.reward)
        if reward.dtype.kind not in "iuf":
            raise TypeError(f"reward must be numbers, got dtype {reward.dtype}")
        if reward.shape != self.base.space.shape:
            raise ValueError(
                f"reward must have shape {self.base.space.shape}, as the base, got {reward.shape}"
            )
        wrong = np.isnan(reward) | (reward == np.inf)
        if wrong.any():
            raise ValueError(f"reward must be finite or -inf, got {reward[wrong][0]}")
        if not np.isfinite(reward + self.base.log_law()).any():
            raise ValueError(
                "reward must be finite somewhere where the base can be, got -inf there"
            )
        settle(self, reward=_nested(reward), alpha=real("alpha", self.alpha, above=0.0))

    @classmethod
    def example(cls) -> Self:
        """Few tokens of one value are rewarded; no symmetry is left."""
        space = PottsRing(3, 2, 1.0).space
        ones = (np.indices(space.shape) == 1).sum(0)
        return cls(PottsRing(3, 2, 1.0), ones + 0.5 * np.indices(space.shape)[0])

    @property
    def space(self) -> Sequences:
        """That of the base."""
        return self.base.space

    def log_law(self) -> np.ndarray:
        """``[S]*d`` log-probabilities in nats."""
        return normalised(self.base.log_law() + np.array(self.reward) / self.alpha)
