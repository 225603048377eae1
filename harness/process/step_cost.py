"""What one step on a space takes: states, bytes and flops, of a space of any size."""

from typing import NamedTuple


class StepCost(NamedTuple):
    """What one push takes, each as ``log10``, so that it can be told of a space of any size."""

    states: float
    bytes: float
    flops: float

    @property
    def told(self) -> str:
        """Bytes and flops in words."""
        return f"one step would need about {power(self.bytes)} bytes and {power(self.flops)} flops"


def power(log10: float) -> str:
    """``10**log10`` in words: digits while they are few, else a power of ten."""
    return f"{round(10**log10):,}" if log10 < 9 else f"{10 ** (log10 % 1):.1f}e{int(log10)}"
