"""A long binary sequence that changes its value a few times only, however long it is."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from harness.foundation.registry import targets
from harness.foundation.validation import integer, real
from harness.process.space import Sequences
from toy_targets.analytic import Chain
from toy_targets.laws import settle
from toy_targets.markov_chain import MarkovChain


@targets.add("few_flips")
@dataclass(frozen=True)
class FewFlips:
    """Bits that differ from their predecessor with probability ``flips / length``.

    A ``MarkovChain.binary`` whose flip probability falls as it grows: ``flips`` changes of value in
    the mean.  Its dual total correlation grows like ``log d`` where ``d log 2`` is what a bound in
    the length pays: the experiment of arXiv 2608.23554, with ``flips = 2``.

    Raises TypeError or ValueError when ``flips`` is negative or more than ``length``, or ``length``
    is not a positive integer.
    """

    length: int
    flips: float = 2.0

    def __post_init__(self) -> None:
        length = integer("length", self.length, 1)
        settle(self, length=length, flips=real("flips", self.flips, minimum=0, maximum=length))

    @classmethod
    def example(cls) -> Self:
        """A small instance, for listings and tests."""
        return cls(length=5, flips=1.0)

    @property
    def chain(self) -> MarkovChain:
        """The chain that it is."""
        return MarkovChain.binary(self.length, self.flips / self.length)

    @property
    def space(self) -> Sequences:
        """``[2]^d``."""
        return Sequences(2, self.length)

    def conditionals(self) -> Chain:
        """What is known of hidden tokens: see ``toy_targets.conditionals``."""
        return self.analytic()

    def log_law(self) -> np.ndarray:
        """``[2]*d`` log-probabilities in nats, ``-inf`` where forbidden."""
        return self.chain.log_law()

    def analytic(self) -> Chain:
        """The noised law at any length: see ``toy_targets.analytic``."""
        return self.chain.analytic()
