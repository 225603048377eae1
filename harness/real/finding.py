"""One thing that is to be said of code."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """``kind`` is its name, ``words`` a sentence; ``fault``: it makes the output wrong."""

    kind: str
    words: str
    fault: bool = True

    def __str__(self) -> str:
        return f"{self.kind}: {self.words}"
