"""How code numbers its tokens, and which column of a model's answer is which."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.foundation.validation import integer


@dataclass(frozen=True)
class Vocabulary:
    """``tokens`` clean tokens and perhaps a mask, in the numbers of some code.

    ``mask`` is the number of the mask in that code, if there is one; clean tokens have the smallest
    numbers that it leaves, in order.  ``outputs`` is the number of columns of the model's answers:
    as many as there are clean tokens, one for each in their order; or at least one for every number
    up to the largest, and then the column of a token is its number and all others, padding, are
    empty.  By default the least of these.

    Raises TypeError, ValueError for numbers that do not fit.
    """

    tokens: int
    mask: int | None = None
    outputs: int | None = None

    def __post_init__(self) -> None:
        integer("tokens", self.tokens, 1)
        if self.mask is not None:
            integer("mask", self.mask, 0)
        if self.outputs is None:
            object.__setattr__(self, "outputs", self.numbers.max() + 1)
        outputs = integer("outputs", self.outputs, 1)
        if outputs != self.tokens and outputs <= self.numbers.max():
            raise ValueError(
                f"outputs must be {self.tokens}, one for every clean token, or at least "
                f"{self.numbers.max() + 1}, one for every number of a token, got {outputs}"
            )

    @property
    def numbers(self) -> np.ndarray:
        """``[S]`` the number in the code of every symbol: the clean tokens, then the mask."""
        clean = np.arange(self.tokens)
        if self.mask is None:
            return clean
        return np.append(clean + (clean >= self.mask), self.mask)

    def symbols(self, x: Any) -> np.ndarray:
        """``[n, d]`` the symbols that the code's tokens ``x [n, d]`` stand for, the mask last.

        Raises ValueError for what is no token.
        """
        x, found = np.asarray(x), self.symbols_or_none(x)
        if (found < 0).any():
            row, place = (int(each) for each in np.argwhere(found < 0)[0])
            known = f"{', '.join(map(str, self.numbers[: self.tokens]))}"
            if self.mask is not None:
                known += f" and the mask {self.mask}"
            raise ValueError(
                f"the model knows the tokens {known}, and was asked of {x[row, place]} at position "
                f"{place} of row {row}"
            )
        return found

    def symbols_or_none(self, x: Any) -> np.ndarray:
        """``[n, d]`` as ``symbols`` of ``x [n, d]``, -1 for what is no token."""
        x, numbers = np.asarray(x), self.numbers
        table = np.full(numbers.max() + 2, -1)
        table[numbers] = np.arange(len(numbers))
        return table[np.where((x >= 0) & (x <= numbers.max()), x, -1)]

    def coded(self, symbols: Any) -> np.ndarray:
        """The code's tokens for ``symbols``, of any shape."""
        return self.numbers[np.asarray(symbols)]

    def columns(self, answer: np.ndarray, empty: float) -> np.ndarray:
        """``[..., outputs]``: ``answer [..., C or S]`` in the code's columns, else ``empty``.

        What it says of the mask is left out where there is no column for it.
        """
        assert self.outputs is not None
        numbers = self.numbers[: answer.shape[-1]]
        if self.outputs <= self.numbers.max():
            return answer[..., : self.tokens]
        found = np.full((*answer.shape[:-1], self.outputs), empty)
        found[..., numbers] = answer
        return found
