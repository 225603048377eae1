"""What one step on a space takes: states, bytes and flops, of a space of any size."""

import math
from typing import NamedTuple, Self

EXACT = 150.0  # log10 of the states up to which numbers of flops, their squares, are floats too


class StepCost(NamedTuple):
    """What one push takes, each as ``log10``, so that it can be told of a space of any size.

    ``whole`` has the same as whole numbers, where they are no larger than a float.
    """

    states: float
    bytes: float
    flops: float
    whole: tuple[int, int, int] | None = None

    @classmethod
    def of(cls, states: int, needed: int, flops: int) -> Self:
        """From whole numbers: states, bytes and flops."""
        whole = states, needed, flops
        of_states, of_bytes, of_flops = map(math.log10, whole)
        fits = max(of_states, of_bytes, of_flops) < 2 * EXACT + 1
        return cls(of_states, of_bytes, of_flops, whole if fits else None)

    @property
    def told(self) -> str:
        """Bytes and flops in words."""
        return f"one step would need about {power(self.bytes)} bytes and {power(self.flops)} flops"


def power(log10: float) -> str:
    """``10**log10`` in words: digits while they are few, else a power of ten."""
    return f"{round(10**log10):,}" if log10 < 9 else f"{10 ** (log10 % 1):.1f}e{int(log10)}"
