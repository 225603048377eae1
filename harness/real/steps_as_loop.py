"""A step of code, taken again and again from noise: a loop that can be examined."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from harness.foundation.raised import calling
from harness.foundation.validation import choice, integer, real
from harness.traced.errors import OF_THE_TRACER

SPACINGS = ("even", "geometric")


@dataclass(frozen=True)
class StepsAsLoop:
    """``(model, steps, rows)``: tokens from noise, then ``code(model, x, t, s)`` for each step.

    ``start`` and ``stop`` are in the code's own time, with as many steps ``even`` or ``geometric``
    between them as are asked for.  Tokens ``[rows, length]`` begin as ``mask``, if there is one,
    and else uniformly among ``tokens``.  Raises TypeError, ValueError.
    """

    code: Callable[..., Any]
    start: float
    stop: float
    length: int
    tokens: int
    mask: int | None = None
    spacing: str = "even"

    def __post_init__(self) -> None:
        if not callable(self.code):
            raise TypeError(f"a step must be called as code(model, x, t, s), got {self.code!r}")
        choice("spacing", self.spacing, SPACINGS)
        integer("length", self.length, 1)
        integer("tokens", self.tokens, 1)
        for name, value in (("start", self.start), ("stop", self.stop)):
            real(name, value)
        if self.spacing == "geometric" and not min(self.start, self.stop) > 0:
            raise ValueError(
                f"geometric steps need start and stop above 0, got {self.start:g} and {self.stop:g}"
            )

    def times(self, steps: int) -> list[float]:
        """``steps + 1`` of them, in the code's own time."""
        if self.spacing == "geometric":
            return np.geomspace(self.start, self.stop, steps + 1).tolist()
        return np.linspace(self.start, self.stop, steps + 1).tolist()

    def __call__(self, model: Any, steps: int, rows: int, rng: Any = None) -> Any:
        """``rng``: what code of numpy draws from, handed on to each step; PyTorch has its own."""
        shape, rest = (rows, self.length), () if rng is None else (rng,)
        x = self._begin(shape, rng)
        for t, s in pairwise(self.times(steps)):
            with calling(self.code, {"model": model, "x": x, "t": t, "s": s}, OF_THE_TRACER):
                x = self.code(model, x, t, s, *rest)
        return x

    def _begin(self, shape: tuple[int, int], rng: Any) -> Any:
        if rng is not None:
            whole = self.mask is None
            return rng.integers(self.tokens, size=shape) if whole else np.full(shape, self.mask)
        import torch

        return (
            torch.randint(self.tokens, shape) if self.mask is None else torch.full(shape, self.mask)
        )
