"""Numbers with their nouns."""

from collections.abc import Mapping, Sequence


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
