"""Independent pairs of equal tokens: the dependence that grows with the vocabulary."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from harness.foundation.registry import targets
from harness.foundation.validation import integer
from harness.process.space import Sequences, checked_sizes
from toy_targets.analytic import Chain
from toy_targets.laws import coordinates, settle


@targets.add("pairs")
@dataclass(frozen=True)
class Pairs:
    """Independent pairs of equal tokens, each pair's token uniform: ``x_1 = x_2``, ``x_3 = x_4``.

    Each pair carries ``log S`` nats of total correlation, the most that two tokens can, so the
    target shows how an error grows with the vocabulary (along ``tokens``) and that it adds up
    over independent parts (along ``pairs``).  A sampler that reveals both tokens of a pair in one
    step loses all of it.

    With ``class_sizes [K]`` in place of ``tokens`` a pair is two tokens of the same class: its
    first token is uniform among all ``S = Σ sizes``, its second in the class of the first.

    Raises TypeError or ValueError when ``tokens < 2``, ``pairs < 1``, or not exactly one of
    ``tokens`` and ``class_sizes`` is given.
    """

    tokens: int | None = None
    pairs: int = 1
    class_sizes: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        settle(self, class_sizes=checked_sizes(self.class_sizes))
        if (self.tokens is None) != bool(self.class_sizes):
            raise ValueError(
                "pairs need either tokens or class_sizes, "
                f"got tokens={self.tokens}, class_sizes={self.class_sizes}"
            )
        if self.tokens is not None:
            settle(self, tokens=integer("tokens", self.tokens, 2))
        settle(self, pairs=integer("pairs", self.pairs, 1))
        settle(self, class_sizes=self.space.class_sizes)  # refuses a single class

    @classmethod
    def example(cls) -> Self:
        """A small instance, for listings and tests."""
        return cls(tokens=3, pairs=2)

    @property
    def space(self) -> Sequences:
        """``[S]^d`` with ``d = 2 · pairs``, or ``[K]^d`` with the class sizes."""
        symbols = len(self.class_sizes) if self.tokens is None else self.tokens
        return Sequences(symbols, 2 * self.pairs, self.class_sizes)

    def analytic(self) -> Chain:
        """The noised law at any length: a chain that repeats, then forgets, in turn."""
        shares = self.space.weights / self.space.weights.sum()
        forget = np.tile(shares, (len(shares), 1))
        rows = np.stack([np.eye(len(shares)), forget])
        return Chain(shares, rows, self.space.length)

    def conditionals(self) -> Chain:
        """What is known of hidden tokens: see ``toy_targets.conditionals``."""
        return self.analytic()

    def log_law(self) -> np.ndarray:
        """``[S]*d`` log-probabilities in nats, ``-inf`` where a pair differs."""
        x, weights = coordinates(self.space), self.space.weights
        log_share = np.log(weights / weights.sum())
        law = np.zeros(self.space.shape)
        for first, second in zip(x[::2], x[1::2], strict=True):
            law += np.where(first == second, log_share[first], -np.inf)
        return law
