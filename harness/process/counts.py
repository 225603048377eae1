"""The space of token counts: a state says how many tokens have each value, not which.

A slot is a token value, held by as many tokens as have it.
"""

import math
from functools import lru_cache

import numpy as np

from harness.numerics import compositions, convolution
from harness.process.space import MAX_BYTES, TOO_MANY_BYTES, Space
from harness.process.step_cost import StepCost, power


class Counts(Space):
    """Token counts: how many of the ``length`` tokens have each value.

    The states of an exchangeable law: all orders of a count vector are equally likely.  A slot is
    a token value, held by ``n_a`` tokens that move alike.  States are in the order of
    ``compositions.states``; with two values that is the number of ones, ``0..d``.  ``class_sizes``
    and ``masked`` as in ``Space``.
    """

    @property
    def size(self) -> int:
        """Number of states, ``C(d + S - 1, S - 1)``."""
        return compositions.size(self.tokens, self.length)

    @property
    def shape(self) -> tuple[int]:
        """One axis: the count states in their order."""
        return (self.size,)

    @property
    def slots(self) -> int:
        """One slot a token value."""
        return self.tokens

    def counts(self) -> np.ndarray:
        """``[N, S]`` every count vector."""
        return compositions.states(self.tokens, self.length)

    def holders(self, rows: slice) -> np.ndarray:
        """``n_a``: as many tokens as have the value."""
        return self.counts()[rows].astype(np.float64)

    def log_sequences(self) -> np.ndarray:
        """Log of the number of orders, and with classes the logs of their sizes."""
        counts = self.counts()
        return compositions.log_multiplicity(counts) + counts @ np.log(self.weights)

    def block(self, first: int, count: int) -> np.ndarray:
        """``[count, S]`` int32: slot ``a`` holds the value ``a``, in every state."""
        return np.tile(np.arange(self.tokens, dtype=np.int32), (count, 1))

    @property
    def block_rows(self) -> int:
        """All of them: tables of counts are small."""
        return self.size

    def moved(self) -> np.ndarray:
        """``[N, S, S]`` index of the counts after one token has gone from ``a`` to ``b``.

        The state itself where there is no token at ``a``.
        """
        return _moved(self.tokens, self.length)

    def step_cost(self) -> StepCost:
        """That of the convolutions."""
        return StepCost.of(self.size, *convolution.cost(self.tokens, self.length))

    def too_large(self, max_states: int) -> str:
        """States, or bytes."""
        cost, name = self.step_cost(), f"S={self.tokens}, d={self.length}"
        if self.size > max_states:
            many = power(cost.states)
            return f"{name} has {many} count states, more than max_states={max_states:,}"
        return f"{name}: {TOO_MANY_BYTES}" if cost.bytes > math.log10(MAX_BYTES) else ""


@lru_cache(maxsize=4)
def _moved(tokens: int, length: int) -> np.ndarray:
    counts = compositions.states(tokens, length)
    unit = np.eye(tokens, dtype=counts.dtype)
    after = counts[:, None, None, :] - unit[:, None, :] + unit
    after = np.where(counts[:, :, None, None] > 0, after, counts[:, None, None, :])
    return compositions.index(after)
