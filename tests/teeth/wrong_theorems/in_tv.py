"""Kind 7: parts of a rate of the data's TV, of which stopping hides what is left out."""

from dataclasses import dataclass
from typing import ClassVar

from ..case import Case
from .steps_and_scores import SquareInTV


@dataclass(frozen=True)
class OfTheData(SquareInTV):
    """Base: ``d δ + a √KL(start) + d S κ^p + ε^q/d^b``.

    Right where ``a`` is 1, ``p`` and ``q`` are 1/2 and ``b`` is 0.
    """

    name: ClassVar[str] = "of_the_data"
    statement: ClassVar[str] = "TV(q_0, p_out) ≲ d δ + sqrt(KL(start)) + d S sqrt(κ) + sqrt(ε)"
    exponents: ClassVar[dict[str, str]] = {"step": "1/2", "S": "1", "d": "1"}
    power: ClassVar[float] = 0.5
    root: ClassVar[float] = 0.5
    of_error: ClassVar[float] = 0.0

    def assumptions(self, problem):
        found = super().assumptions(problem)
        return {name: met for name, met in found.items() if name != "exact score"}

    def form(self, problem, quantities):
        error = quantities.score_error**self.root / problem.space.length**self.of_error
        return super().form(problem, quantities) + error


@dataclass(frozen=True)
class ErrorInTV(OfTheData):
    """Kind 7: ``ε`` in TV, for its root."""

    name: ClassVar[str] = "error_in_tv"
    statement: ClassVar[str] = "TV(q_0, p_out) ≲ d δ + sqrt(KL(start)) + d S κ + ε"
    power: ClassVar[float] = 1.0
    root: ClassVar[float] = 1.0


@dataclass(frozen=True)
class ErrorOfTokens(OfTheData):
    """Kind 7: ``√ε/d``: a token's share of an error is not what all tokens miss."""

    name: ClassVar[str] = "error_of_tokens"
    of_error: ClassVar[float] = 1.0


@dataclass(frozen=True)
class NoStart(OfTheData):
    """Kind 7: a start that costs nothing."""

    name: ClassVar[str] = "no_start"
    of_start: ClassVar[float] = 0.0


@dataclass(frozen=True)
class NoStartButLogs(NoStart):
    """Kind 7: ``d δ log S`` more, which hides no start either."""

    name: ClassVar[str] = "no_start_but_logs"

    def form(self, problem, quantities):
        length, logs = quantities.log_size
        return super().form(problem, quantities) + length * problem.grid.stop * logs


CASES = [
    Case(ErrorInTV(), 7, "stands with tweedie along score error in TV"),
    Case(ErrorOfTokens(), 7, "stands with tweedie along d with a wrong score in TV"),
    *(
        Case(thing(), 7, "stands with tweedie along delta from noise")
        for thing in (NoStart, NoStartButLogs)
    ),
]
