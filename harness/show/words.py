"""Numbers with their nouns."""

from collections.abc import Mapping, Sequence

UNITS = (("h", 3600), ("min", 60), ("s", 1))
LEAST = 1.5  # of a unit, below which the next smaller one is said


def count(number: int, noun: str) -> str:
    """``1 sweep``, ``2 sweeps``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def counted(counts: Mapping[str, int]) -> str:
    """``{status: how many}`` in words."""
    return ", ".join(f"{number} {status}" for status, number in counts.items())


def listed(words: Sequence[str]) -> str:
    """``a, b and c``."""
    *others, last = words
    return f"{', '.join(others)} and {last}" if others else last


def duration(seconds: float) -> str:
    """``0.3 s``, ``45 s``, ``2.5 min``, ``1.6 h``: to two digits, or to a whole unit above that."""
    unit, length = next((u, n) for u, n in UNITS if seconds >= LEAST * n or n == 1)
    number = seconds / length
    return f"{number:,.0f} {unit}" if number >= 10 else f"{number:.2g} {unit}"
