"""A Zipf-weighted vocabulary, as words have, in classes of ranks."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from harness.foundation.registry import targets
from harness.foundation.validation import integer, real
from harness.process.space import Sequences
from toy_targets.laws import log_independent, log_mixture_of_counts, log_of, settle


@targets.add("zipf")
@dataclass(frozen=True)
class Zipf:
    """All tokens of a sequence by Zipf's law, or, with a hidden coin, all uniform.

    Ranks ``1..vocabulary`` have frequency ``∝ rank^-exponent``.  They are grouped in ``classes``
    whose sizes grow geometrically, and within a class the frequency is the class's mean: the law
    of a vocabulary of 50,257 tokens, at the cost of a handful of classes.  With probability
    ``zipf`` all ``length`` tokens follow this law, else all are uniform on the vocabulary, so that
    the tokens depend on each other.

    Raises TypeError or ValueError when ``vocabulary < 2``, ``classes`` is not from 2 to
    ``vocabulary``, ``length < 1``, ``exponent < 0`` or ``zipf`` is outside ``[0, 1]``.
    """

    vocabulary: int
    length: int
    classes: int = 4
    exponent: float = 1.0
    zipf: float = 0.5

    exchangeable = True

    def __post_init__(self) -> None:
        vocabulary = integer("vocabulary", self.vocabulary, 2)
        settle(
            self,
            vocabulary=vocabulary,
            length=integer("length", self.length, 1),
            classes=integer("classes", self.classes, 2),
            exponent=real("exponent", self.exponent, minimum=0),
            zipf=real("zipf", self.zipf, minimum=0, maximum=1),
        )
        if self.classes > vocabulary:
            raise ValueError(f"classes must be at most vocabulary={vocabulary}, got {self.classes}")

    @classmethod
    def example(cls) -> Self:
        """A small instance, for listings and tests."""
        return cls(vocabulary=7, length=3, classes=3)

    @property
    def class_sizes(self) -> tuple[int, ...]:
        """``[classes]``: ranks up to ``vocabulary^(k/classes)``, each class at least one rank."""
        k = np.arange(1, self.classes + 1)
        ends = np.rint(self.vocabulary ** (k / self.classes)).astype(int)
        for place in range(self.classes):  # at least one rank each, and enough left for the rest
            low = 1 + (ends[place - 1] if place else 0)
            high = self.vocabulary - (self.classes - 1 - place)
            ends[place] = min(max(ends[place], low), high)
        return tuple(np.diff(ends, prepend=0).tolist())

    @property
    def space(self) -> Sequences:
        """``[classes]^d`` with the class sizes."""
        return Sequences(self.classes, self.length, self.class_sizes)

    def class_laws(self) -> np.ndarray:
        """``[2, classes]``: probability of each class by Zipf's law, and uniformly."""
        ends = np.cumsum(self.class_sizes)
        frequency = np.arange(1, self.vocabulary + 1) ** -self.exponent
        zipf = np.add.reduceat(frequency, np.concatenate([[0], ends[:-1]]))
        sizes = np.array(self.class_sizes, dtype=np.float64)
        return np.stack([zipf / zipf.sum(), sizes / sizes.sum()])

    def log_law(self) -> np.ndarray:
        """``[classes]*d`` log-probabilities of the sequence of classes in nats."""
        zipf, uniform = (log_independent([row] * self.length) for row in log_of(self.class_laws()))
        return np.logaddexp(log_of(self.zipf) + zipf, log_of(1 - self.zipf) + uniform)

    def log_prob_of_counts(self, counts: np.ndarray) -> np.ndarray:
        """``[N]`` log-probability of one sequence of classes with these ``counts [N, classes]``."""
        return log_mixture_of_counts((self.zipf, 1 - self.zipf), self.class_laws(), counts)
