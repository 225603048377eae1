"""Kind 7: of what a score is wrong by under absorbing noise, less where many or few are masked."""

import math
from dataclasses import dataclass
from typing import ClassVar

from bounds import Absorb2025

from ..case import Case


@dataclass(frozen=True)
class SharedByTokens(Absorb2025):
    """Kind 7: ``ε/√S``: the ``S`` rates of a masked token add up, and so do their errors."""

    name: ClassVar[str] = "shared_by_tokens"

    def share(self, problem):
        """Of the score error, what is counted."""
        return 1 / math.sqrt(problem.space.vocabulary)

    def form(self, problem, quantities):
        kept = self.share(problem) - 1
        return super().form(problem, quantities) + kept * quantities.score_error


@dataclass(frozen=True)
class LateMasksForgiven(SharedByTokens):
    """Kind 7: ``ε √δ`` for ``δ < 1``, as few masks are left by then."""

    name: ClassVar[str] = "late_masks_forgiven"

    def share(self, problem):
        return math.sqrt(min(1.0, problem.grid.stop))


CASES = [
    Case(SharedByTokens(), 7, "stands with tau_leaping along S with a wrong score"),
    Case(LateMasksForgiven(), 7, "stands with tau_leaping along delta with a wrong score"),
]
