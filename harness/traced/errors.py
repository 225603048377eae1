"""Why the law of code that draws cannot be had: each says what was met, where, and what to do."""

from typing import Any


class Untraceable(ValueError):
    """An operator, or a use of noise, whose law cannot be followed."""


class SharedRace(Untraceable):
    """The same vector of noise decides several races: argmaxes or orders of different logits."""


class NotOfTheModel(Untraceable, AttributeError):
    """Code uses its model as more than a function."""


class TooManyWorlds(ValueError):
    """More outcomes than are allowed; raised before any of them is run."""


class Coupled(Exception):
    """Rows of a batch share draws, or what one of them does depends on the others.

    The law of a batch of one row is still there: ``explore(..., one_world=True)`` makes it.
    """


class DependsOnOthers(Coupled):
    """A row does something else in a batch of its own; ``law`` is what it does among others."""

    def __init__(self, told: str, law: Any) -> None:
        super().__init__(told)
        self.law = law


class SharedDraws(Exception):
    """Counts that were followed to two places, each of which needs their values.

    The law is still there: with ``follow_counts=False`` counts are drawn where they are made.
    """


OF_THE_TRACER = Untraceable, TooManyWorlds, Coupled, SharedDraws  # no errors of the code


class NothingLeft(BaseException):
    """Ends a run in which every row has met an open site: the rest of it would be thrown away.

    No ``Exception``, so that code under test does not take it for one of its own.
    """
