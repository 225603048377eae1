"""Any law that treats classes of tokens alike: a vocabulary of any size at the cost of a few."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from harness.foundation.registry import targets
from harness.process.space import Sequences
from toy_targets.laws import checked_law, log_of, settle


@targets.add("class_table")
@dataclass(frozen=True, eq=False, repr=False)
class ClassTable:
    """Any law of the classes of the tokens; within its class a token is uniform.

    ``class_sizes [K]``: how many tokens each class has, ``S`` in all.  ``probabilities``: the law
    of the sequence of classes, one axis of length ``K`` for each token.  Given the classes, tokens
    are independent and uniform in theirs, so divergences between such laws are those of the
    classes, whatever ``S`` is.

    Raises TypeError or ValueError when the probabilities are not a law (see ``Table``) or there is
    not one size, at least 1, for each class.
    """

    class_sizes: tuple[int, ...]
    probabilities: np.ndarray

    def __post_init__(self) -> None:
        law = checked_law("probabilities", self.probabilities)
        if law.ndim < 1 or len(set(law.shape)) != 1 or law.shape[0] < 2:
            raise ValueError(
                "probabilities must have axes of one length, at least 2 and one for each token, "
                f"got shape {law.shape}"
            )
        law.setflags(write=False)
        settle(self, probabilities=law)
        settle(self, class_sizes=self.space.class_sizes)

    @classmethod
    def example(cls) -> Self:
        """A small instance, for listings and tests: correlated, one class of a single token."""
        return cls((1, 3, 2), np.array([[0.4, 0.1, 0.0], [0.1, 0.1, 0.1], [0.05, 0.05, 0.1]]))

    @property
    def space(self) -> Sequences:
        """``[K]^d`` with the class sizes."""
        return Sequences(self.probabilities.shape[0], self.probabilities.ndim, self.class_sizes)

    def log_law(self) -> np.ndarray:
        """``[K]*d`` log-probabilities of the sequence of classes in nats."""
        return log_of(self.probabilities)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ClassTable):
            return NotImplemented
        return self.class_sizes == other.class_sizes and np.array_equal(
            self.probabilities, other.probabilities
        )

    def __hash__(self) -> int:
        return hash((self.class_sizes, self.probabilities.shape, self.probabilities.tobytes()))

    def __repr__(self) -> str:
        return f"ClassTable(class_sizes={self.class_sizes}, shape={self.probabilities.shape})"
