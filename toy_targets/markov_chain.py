"""A Markov chain along the sequence: dependence that decays with distance, in one direction."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Self

import numpy as np

from harness.foundation.registry import targets
from harness.foundation.validation import integer, real
from harness.process.space import Sequences
from toy_targets.analytic import Chain
from toy_targets.laws import coordinates, law_of_token, log_of, settle


@targets.add("markov_chain")
@dataclass(frozen=True)
class MarkovChain:
    """A Markov chain: ``x_1`` from ``initial``, then each token from its predecessor's row.

    ``transition`` is ``[S, S]`` with rows that sum to one; ``initial`` is ``[S]`` and defaults to
    the stationary law.  A transition matrix that is not reversible gives a target that reads
    differently backwards, and one with zeros forbids sequences: neither a symmetric target nor
    one of full support can see a kernel applied along the wrong axis.  Total correlation grows
    linearly with the length, at a rate that the transition sets.

    With ``class_sizes [K]`` the chain is one of classes of tokens, ``transition`` is ``[K, K]``,
    and each token is uniform in its class.

    Raises TypeError or ValueError when a row is not a law, the matrix is not square, ``length``
    is not a positive integer, or no ``initial`` is given and the stationary law is not unique.
    """

    transition: tuple[tuple[float, ...], ...]
    length: int
    initial: tuple[float, ...] | None = None
    class_sizes: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if not isinstance(self.transition, Iterable):
            raise TypeError(f"transition must be rows of numbers, got {self.transition!r}")
        rows = tuple(law_of_token(f"transition row {i}", r) for i, r in enumerate(self.transition))
        if not rows or any(len(row) != len(rows) for row in rows):
            raise ValueError(
                f"transition must be square, got rows of lengths {[len(row) for row in rows]}"
            )
        settle(self, transition=rows, length=integer("length", self.length, 1))
        settle(self, class_sizes=self.space.class_sizes)
        if self.initial is None:
            stationary_law(np.array(rows))  # refuses here, not when the law is asked for
            return
        settle(self, initial=law_of_token("initial", self.initial))
        if len(self.initial) != len(rows):
            raise ValueError(
                f"initial must have as many tokens as transition ({len(rows)}), "
                f"got {len(self.initial)}"
            )

    @classmethod
    def binary(cls, length: int, flip: float) -> Self:
        """Bits that differ from their predecessor with probability ``flip``, the first one fair.

        ``flip=0`` repeats one bit, ``flip=1`` alternates, ``flip=0.5`` is independent.
        """
        flip = real("flip", flip, minimum=0, maximum=1)
        return cls(((1 - flip, flip), (flip, 1 - flip)), length, initial=(0.5, 0.5))

    @classmethod
    def example(cls) -> Self:
        """A small instance, for listings and tests: not reversible, one transition forbidden."""
        return cls(transition=((0.7, 0.3, 0.0), (0.1, 0.5, 0.4), (0.6, 0.2, 0.2)), length=4)

    @property
    def space(self) -> Sequences:
        """``[S]^d``, or ``[K]^d`` with the class sizes."""
        return Sequences(len(self.transition), self.length, self.class_sizes)

    def first(self) -> np.ndarray:
        """``[S]`` law of the first token."""
        if self.initial is None:
            return stationary_law(np.array(self.transition))
        return np.array(self.initial)

    def analytic(self) -> Chain:
        """The law of the noised chain at any length: see ``toy_targets.analytic``."""
        return Chain(self.first(), np.array([self.transition]), self.length)

    def conditionals(self) -> Chain:
        """What is known of hidden tokens: see ``toy_targets.conditionals``."""
        return self.analytic()

    def log_law(self) -> np.ndarray:
        """``[S]*d`` log-probabilities in nats, ``-inf`` where a step is impossible."""
        x = coordinates(self.space)
        log_transition = log_of(self.transition)
        law = log_of(self.first())[x[0]] + np.zeros(self.space.shape)
        for before, after in pairwise(x):
            law += log_transition[before, after]
        return law


def stationary_law(transition: np.ndarray) -> np.ndarray:
    """``[S]`` law that ``transition [S, S]`` keeps.  Raises ValueError when there are several.

    By the elimination of Grassmann, Taksar and Heyman (1985), which subtracts nothing: every
    entry has full relative precision however rarely its token is visited.
    """
    reach = (transition > 0) | np.eye(len(transition), dtype=bool)
    for _ in range(len(transition).bit_length()):
        reach = reach @ reach
    closed = (reach <= reach.T).all(axis=1)  # tokens that can be returned to from wherever they go
    classes = np.unique(reach[closed], axis=0)
    if len(classes) > 1:
        raise ValueError(
            f"transition must have one stationary law, got {len(classes)} closed groups of "
            "tokens; give initial"
        )
    a = transition[np.ix_(closed, closed)]
    for k in range(len(a) - 1, 0, -1):
        a[:k, k] /= a[k, :k].sum()
        a[:k, :k] += np.outer(a[:k, k], a[k, :k])
    weights = np.ones(len(a))
    for k in range(1, len(a)):
        weights[k] = weights[:k] @ a[:k, k]
    law = np.zeros(len(transition))
    law[closed] = weights / weights.sum()
    return law
