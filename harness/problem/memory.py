"""Laws of tokens that remember a value besides their symbol, from and to laws of symbols."""

from typing import Any

from harness.numerics import divergence
from harness.process.space import Sequences


def remembering(space: Sequences, memory: int, law: Any) -> Any:
    """A law of sequences of tokens as one of tokens that remember the value 0 of ``memory``."""
    if memory == 1:
        return law
    apart = law.reshape((space.tokens, 1) * space.length)
    return divergence.library(law).pad(apart, [(0, 0), (0, memory - 1)] * space.length).reshape(-1)


def forgotten(space: Sequences, memory: int, law: Any) -> Any:
    """A law of sequences of tokens with one of ``memory`` values each, as one of tokens."""
    if memory == 1:
        return law
    axes = tuple(range(1, 2 * space.length, 2))
    return law.reshape((space.tokens, memory) * space.length).sum(axes).reshape(-1)
