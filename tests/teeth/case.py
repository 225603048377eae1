"""One sampler or theorem of the corpus: what it is, and what should see what is wrong with it."""

from collections.abc import Iterable
from dataclasses import dataclass, fields, is_dataclass
from typing import Any


@dataclass(frozen=True)
class Case:
    """``thing``, of ``kind`` 1 to 8, or 0 for what is right; ``by``: the check that should fail.

    ``by`` is the name of a check or the beginning of one, empty where none is known.
    """

    thing: Any
    kind: int
    by: str = ""

    @property
    def name(self) -> str:
        """The class, with the fields that are not at their default."""
        cls = type(self.thing)
        if not is_dataclass(cls):
            return cls.__name__
        changed = [
            f"{f.name}={getattr(self.thing, f.name)!r}"
            for f in fields(cls)
            if getattr(self.thing, f.name) != f.default
        ]
        return f"{cls.__name__}({', '.join(changed)})" if changed else cls.__name__


def cases(kind: int, by: str, things: Iterable[Any]) -> list[Case]:
    """A case for each of ``things``, of one kind and seen by one check."""
    return [Case(thing, kind, by) for thing in things]
