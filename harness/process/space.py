"""State spaces: where a law lives.

A *slot* is what a step law moves independently.  In ``Sequences`` a slot is a position; in
``Counts``, of ``harness.process.counts``, it is a token value, held by as many tokens as have it.
A *symbol* is what a slot can hold: one token or, where the vocabulary has classes of
interchangeable tokens, a class of them.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array

from harness.foundation.validation import integer
from harness.process.devices import spread_out
from harness.process.step_cost import EXACT, StepCost, power

MAX_STATES = 2**16
TABLE_ENTRIES = 2**19  # of a table over states, slots and symbols that are held at a time
PRODUCT_ROWS = 1024  # states of a Khatri-Rao product held at a time: what fits a cache
PRODUCT_ENTRIES = 2**17  # of their token laws, where these are what is large
MAX_BYTES = 2**33  # held at once by one step
TOO_MANY_BYTES = f"a step may hold {MAX_BYTES:,} bytes at once"


@dataclass(frozen=True)
class Space(ABC):
    """States of ``length`` tokens.

    ``tokens`` is the number of symbols.  ``class_sizes``, if given, says how many interchangeable
    tokens each symbol stands for; else each is one token.  ``masked``: the last symbol is the mask,
    which is no token.  ``devices``: over how many the states are spread, an equal share on each;
    they must divide the number of states.  Methods take ``rows``, a slice of the states, the number
    ``first`` of one, or ``max_states``, what is allowed.
    """

    tokens: int
    length: int
    class_sizes: tuple[int, ...] = ()
    masked: bool = False
    devices: int = 1

    def __post_init__(self) -> None:
        integer("tokens", self.tokens, 2)
        integer("length", self.length, 1)
        integer("devices", self.devices, 1)
        sizes = checked_sizes(self.class_sizes)
        if sizes and len(sizes) != self.tokens:
            raise ValueError(f"{self.tokens} symbols need as many class sizes, got {len(sizes)}")
        object.__setattr__(self, "class_sizes", sizes)

    @property
    def vocabulary(self) -> int:
        """``S``, the number of tokens; the mask is none."""
        return sum(self.class_sizes) if self.class_sizes else self.tokens - self.masked

    @property
    def outcomes(self) -> int:
        """Columns of a token law: the symbols and, with classes, "another token of my class"."""
        return self.tokens + bool(self.class_sizes)

    @property
    def weights(self) -> np.ndarray:
        """``[tokens]``: how many tokens each symbol stands for."""
        return np.array(self.class_sizes or (1,) * self.tokens, dtype=np.float64)

    @property
    @abstractmethod
    def size(self) -> int:
        """Number of states."""

    @property
    @abstractmethod
    def shape(self) -> tuple[int, ...]:
        """Axes of a law on the space."""

    @property
    @abstractmethod
    def slots(self) -> int:
        """Number of slots."""

    @abstractmethod
    def holders(self, rows: slice) -> np.ndarray:
        """``[rows, slots]`` how many tokens each slot stands for."""

    @abstractmethod
    def log_sequences(self) -> np.ndarray:
        """``[states]`` log of the number of sequences of tokens that each state stands for."""

    @property
    @abstractmethod
    def block_rows(self) -> int:
        """States whose tables ``[states, slots, symbols]`` are held at a time."""

    def blocks(self) -> list[slice]:
        """The states in equal blocks of ``block_rows``."""
        return list(_blocks(self, TABLE_ENTRIES, PRODUCT_ROWS, PRODUCT_ENTRIES))

    @abstractmethod
    def step_cost(self) -> StepCost:
        """What one push on the space takes."""

    @abstractmethod
    def too_large(self, max_states: int) -> str:
        """What is larger than allowed, states or the bytes of a step; nothing where it is not."""

    def refuse_above(self, max_states: int) -> None:
        """Raise ValueError with the cost of one step when the space is larger than allowed."""
        if told := self.too_large(max_states):
            raise ValueError(f"{told}: {self.step_cost().told}")


class Sequences(Space):
    """All sequences: ``[tokens]^length``, listed in row-major order, the first token slowest.

    ``class_sizes`` and ``masked`` as in ``Space``.
    """

    @property
    def size(self) -> int:
        """Number of states, ``tokens^length``."""
        return self.tokens**self.length

    @property
    def shape(self) -> tuple[int, ...]:
        """``(tokens,) * d``: a law on the space has one axis per token."""
        return (self.tokens,) * self.length

    @property
    def slots(self) -> int:
        """One slot a position."""
        return self.length

    def holders(self, rows: slice) -> np.ndarray:
        """One token a slot."""
        return np.ones((rows.stop - rows.start, self.slots))

    def log_sequences(self) -> np.ndarray:
        """Sum of the logs of the classes' sizes."""
        total = np.zeros(self.size)
        for axis in range(self.length if self.class_sizes else 0):
            by_axis = total.reshape(self.tokens**axis, self.tokens, -1)
            by_axis += np.log(self.weights)[:, None]
        return total

    @property
    def strides(self) -> np.ndarray:
        """``[d]``: how far the index of a state moves when token ``i`` grows by one."""
        return self.tokens ** np.arange(self.length - 1, -1, -1)

    @property
    def block_rows(self) -> int:
        """A divisor of the number of states, and a multiple of ``product_rows``."""
        inner = self.product_rows * self.devices
        blocks, entries = self.size // inner, inner * self.slots * self.outcomes
        divisors = (n for n in range(blocks, 0, -1) if blocks % n == 0)
        return inner * next((n for n in divisors if n * entries <= TABLE_ENTRIES), 1)

    @property
    def product_rows(self) -> int:
        """The largest divisor of the number of states up to PRODUCT_ROWS; less for large ``S``.

        Those of one device, which takes the rows of all at a time.
        """
        fit = max(PRODUCT_ROWS // 4, PRODUCT_ENTRIES // (self.length * self.tokens))
        share = self.size // self.devices
        most = min(max(min(PRODUCT_ROWS, fit) // self.devices, 1), share)
        return next(rows for rows in range(most, 0, -1) if share % rows == 0)

    @property
    def cut(self) -> int:
        """Where a sequence is cut in two: in the middle, or later if devices do not divide that."""
        middle = range(self.length // 2, self.length + 1)
        return next(k for k in middle if self.tokens**k % self.devices == 0)

    def states(self) -> Array:
        """``[S^d, d]`` int32: every state, in the order of a flattened law."""
        return self.block(0, self.size)

    def block(self, first: Array | int, count: int) -> Array:
        """``[count, d]`` int32: the states from number ``first`` on, spread over the devices."""
        return self.spread_out(self.decode(first + jnp.arange(count, dtype=jnp.int32)))

    def spread_out(self, rows: Any, axis: int = 0) -> Any:
        """``rows``, one a state along ``axis``, an equal share of them on each device."""
        return spread_out(self.devices, rows, axis)

    def decode(self, index: Array) -> Array:
        """Tokens ``[..., d]`` of the states with flat ``index [...]``."""
        return (index[..., None] // jnp.asarray(self.strides, index.dtype)) % self.tokens

    def index(self, x: Array) -> Array:
        """Flat index ``[...]`` of the states ``x [..., d]``."""
        return (x * jnp.asarray(self.strides, x.dtype)).sum(-1).astype(jnp.int32)

    def neighbours(self, x: Array) -> Array:
        """``[n, d, S]`` flat index of ``x`` with token ``i`` set to ``b``."""
        strides = jnp.asarray(self.strides, jnp.int32)
        change = jnp.arange(self.tokens, dtype=jnp.int32) - x[..., None].astype(jnp.int32)
        return self.index(x)[..., None, None] + change * strides[:, None]

    def step_cost(self) -> StepCost:
        """A matrix product, ``2 S^{2d}`` flops; laws, and kernels of a token."""
        states = self.length * math.log10(self.tokens)
        # Laws before and after, marginals, a half-noised law for every token; token kernels.
        of_state, kernels = 8 * (6 + 2 * self.length), 24 * self.tokens**2
        if states < EXACT:
            return StepCost.of(self.size, of_state * self.size + kernels, 2 * self.size**2)
        return StepCost(states, states + math.log10(of_state), 2 * states + math.log10(2))

    def too_large(self, max_states: int) -> str:
        """States, or bytes."""
        cost, name = self.step_cost(), f"S={self.tokens}, d={self.length}"
        if cost.states > math.log10(max_states) + 1e-12:
            return f"{name} has {power(cost.states)} states, more than max_states={max_states:,}"
        return f"{name}: {TOO_MANY_BYTES}" if cost.bytes > math.log10(MAX_BYTES) else ""


@lru_cache(maxsize=64)
def _blocks(space: Space, *limits: int) -> tuple[slice, ...]:
    """``limits`` are those that ``block_rows`` keeps."""
    rows = space.block_rows
    return tuple(slice(first, first + rows) for first in range(0, space.size, rows))


def checked_sizes(class_sizes: object) -> tuple[int, ...]:
    """Sizes of classes as a tuple of positive integers.  Raises TypeError or ValueError."""
    if not isinstance(class_sizes, Iterable):
        raise TypeError(f"class_sizes must be a sequence of integers, got {class_sizes!r}")
    return tuple(integer(f"class_sizes[{k}]", size, 1) for k, size in enumerate(class_sizes))
