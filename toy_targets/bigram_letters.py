"""Letters of English words, each by the one before it: a chain whose numbers are data."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Self

import numpy as np

from harness.foundation.registry import targets
from harness.foundation.validation import integer
from harness.process.space import Sequences
from toy_targets.analytic import Chain
from toy_targets.laws import settle
from toy_targets.markov_chain import MarkovChain


@targets.add("bigram_letters")
@dataclass(frozen=True)
class BigramLetters:
    """Words of a dictionary, letter by letter: ``S = 27``, the space and ``a`` to ``z``.

    A stationary Markov chain whose transitions are the shares of pairs of neighbouring symbols in
    210,680 English words, each followed by a space.  Token 0 is the space, 1 to 26 are the letters.
    Some pairs never occur and are forbidden.  Of real data it has the uneven frequencies, and spots
    where the next token is nearly known (u after q) beside others that are open (after a space).

    Raises TypeError or ValueError when ``length`` is not a positive integer.

    Source: the words of Webster's New International Dictionary, Second Edition, 1934, in the public
    domain; see ``toy_targets/data/README.md``.
    """

    length: int

    def __post_init__(self) -> None:
        settle(self, length=integer("length", self.length, 1))

    @classmethod
    def example(cls) -> Self:
        """A small instance, for listings and tests."""
        return cls(length=2)

    @property
    def chain(self) -> MarkovChain:
        """The chain that it is."""
        return MarkovChain(_transitions(), self.length)

    @property
    def space(self) -> Sequences:
        """``[27]^d``."""
        return Sequences(27, self.length)

    def analytic(self) -> Chain:
        """The law of the noised chain at any length: see ``toy_targets.analytic``."""
        return self.chain.analytic()

    def conditionals(self) -> Chain:
        """What is known of hidden letters: see ``toy_targets.conditionals``."""
        return self.analytic()

    def log_law(self) -> np.ndarray:
        """``[27]*d`` log-probabilities in nats, ``-inf`` where a pair never occurs."""
        return self.chain.log_law()


@cache
def _transitions() -> tuple[tuple[float, ...], ...]:
    text = files("toy_targets.data").joinpath("letters.csv").read_text(encoding="ascii")
    counts = np.array([line.split(",") for line in text.splitlines()], dtype=np.float64)
    return tuple(map(tuple, (counts / counts.sum(1, keepdims=True)).tolist()))
