"""What a theorem must offer to be checked: one of three abstract classes.

``Inequality``  every constant is known: decided on one problem;
``Equality``    both sides are known and the same;
``Rate``        only the order is known: decided along a sweep, never by HOLDS.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from enum import StrEnum
from functools import cached_property
from typing import ClassVar

from harness.foundation.registry import theorems
from harness.problem.problem import Problem
from harness.verdicts.quantities import Quantities


class Trust(StrEnum):
    """How far the statement can be trusted to be the source's.  Shown wherever a number is."""

    TEXT = "T"  # read in full, in the paper or in another that restates it whole
    ORDER = "O"  # only the order; exponents second-hand or reconstructed: not the paper's display
    DERIVED = "D"  # proved in the docstring
    SEEN = "N"  # nobody's theorem: a comparison that exact laws suggest


class Side(StrEnum):
    """On which side of the measured quantity the right side is said to be."""

    UPPER = "upper"  # measured <= right side
    LOWER = "lower"  # measured >= right side
    TWO_SIDED = "two-sided"  # equal; of a rate, within two constants


class Theorem(ABC):
    """A bound on one rung of the ladder; every rung below it must obey it too.

    ``bounds_on``: a rung of ``Quantities.RUNGS``.  ``source``: citation; ``bibtex``: its key in
    ``sources.bib``, or None.  The class docstring is what ``leapcheck explain`` prints.
    ``side``: a lower bound must be obeyed by every rung *above* its own, and a two-sided one by its
    own from both sides, by those below and above it from one.
    """

    name: ClassVar[str]
    statement: ClassVar[str]
    bounds_on: ClassVar[str]
    source: ClassVar[str]
    bibtex: ClassVar[str | None] = None
    trust: ClassVar[Trust]
    side: ClassVar[Side | str] = Side.UPPER

    @classmethod
    @abstractmethod
    def example(cls) -> Problem:
        """A problem that meets every assumption and on which the theorem says something."""

    @abstractmethod
    def assumptions(self, problem: Problem) -> Mapping[str, bool]:
        """Each hypothesis, and whether ``problem`` meets it.  One unmet: NOT_APPLICABLE."""

    @property
    def sides(self) -> tuple[Side, ...]:
        """The one or two sides from which it bounds."""
        side = Side(self.side)
        return (Side.UPPER, Side.LOWER) if side is Side.TWO_SIDED else (side,)

    @property
    def bounds_kl(self) -> bool:
        """Whether it is a KL of the ladder that it bounds from above."""
        return self.bounds_on in Quantities.LADDER and self.side != Side.LOWER

    def promises_kl(self) -> bool:
        """Whether it bounds a KL of the ladder by what is known before the sampler runs."""
        return self.bounds_kl


class Inequality(Theorem):
    """``rung <= sum of terms``, or ``>=`` where its side is lower, or ``=``."""

    @abstractmethod
    def terms(self, problem: Problem, quantities: Quantities) -> Mapping[str, float]:
        """The right-hand side for ``problem`` term by term, in nats (or in total variation).

        ``quantities`` are those of the problem, each computed when it is asked for.
        A term that is itself a rung of the ladder, and so measured, goes by the rung's name.
        """

    def looser(self, problem: Problem, quantities: Quantities) -> Mapping[str, float]:
        """Further right-hand sides that the theorem puts beyond the sum of ``terms``.

        For ``problem``, with its ``quantities``.  Of an upper bound they are above it, of a lower
        bound below; an equality has none.
        """
        return {}

    def promises_kl(self) -> bool:
        return self.bounds_kl and not self._terms_of_example & set(Quantities.LADDER)

    @cached_property
    def _terms_of_example(self) -> frozenset[str]:
        """Their names, for which quantities have to be measured."""
        problem = self.example()
        return frozenset(self.terms(problem, Quantities(problem)))


class Equality(Inequality):
    """``rung = sum of terms``: HOLDS where both sides agree within their floors, else VIOLATED.

    The rungs below its own are bounded by it from above, those above it from below.  By draws it
    holds where the interval of the difference has 0 in it and is narrow beside both sides.
    """

    side: ClassVar[Side | str] = Side.TWO_SIDED


class Rate(Theorem):
    """``rung <= constant * form`` with an unknown constant, which does not grow along any axis.

    A lower bound says ``>=``, so that the constant does not fall; a two-sided rate says both.

    ``exponents``: power of each axis in the form, for display, e.g. ``{"S": "1", "d": "2"}``.
    ``only_along``: the axes along which it is decided, where its constant may depend on all else;
    all axes by default.
    """

    exponents: ClassVar[Mapping[str, str]]
    only_along: ClassVar[tuple[str, ...]] = ()

    def decided_along(self, axis: str) -> bool:
        """Whether it says anything of how its constant changes along ``axis``."""
        return not self.only_along or axis in self.only_along

    @abstractmethod
    def form(self, problem: Problem, quantities: Quantities) -> float:
        """The right-hand side for ``problem`` up to its constant, in nats, positive.

        ``quantities`` are those of the problem, each computed when it is asked for.
        """


def comparisons() -> set[str]:
    """Names of what is registered and nobody's theorem: never counted among theorems' verdicts."""
    return {name for name, theorem in theorems.items() if theorem.trust is Trust.SEEN}
