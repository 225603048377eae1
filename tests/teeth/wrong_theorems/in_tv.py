"""Kind 7: parts of a rate of the data's TV, of which stopping hides what is left out."""

import math
from dataclasses import dataclass
from typing import ClassVar

from ..case import Case
from .steps_and_scores import SecondOrderOfAll


@dataclass(frozen=True)
class OfTheData(SecondOrderOfAll):
    """Base: ``d δ + a √KL(start) + d √(S κ) + √ε/d^b``, right where ``a = 1`` and ``b = 0``."""

    name: ClassVar[str] = "of_the_data"
    statement: ClassVar[str] = "TV(q_0, p_out) ≲ d δ + sqrt(KL(start)) + d sqrt(S κ) + sqrt(ε)"
    bounds_on: ClassVar[str] = "data"
    exponents: ClassVar[dict[str, str]] = {"step": "1/2", "S": "1/2", "d": "1"}
    of_start: ClassVar[float] = 1.0
    of_error: ClassVar[float] = 0.0

    def assumptions(self, problem):
        found = {**super().assumptions(problem), "δ > 0": problem.grid.stop > 0}
        return {name: met for name, met in found.items() if name != "exact score"}

    def form(self, problem, quantities):
        length, grid = problem.space.length, problem.grid
        steps = length * (grid.stop + math.sqrt(problem.space.vocabulary * grid.kappa))
        error = math.sqrt(quantities.score_error) / length**self.of_error
        return steps + error + self.of_start * math.sqrt(quantities.start_kl)


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
    Case(ErrorOfTokens(), 7, "stands with tweedie along d with a wrong score in TV"),
    *(
        Case(thing(), 7, "stands with tweedie along delta from noise")
        for thing in (NoStart, NoStartButLogs)
    ),
]
