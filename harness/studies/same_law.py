"""To which law a quantity of a run is, and that two which are compared are to the same.

A KL is to ``q_δ``, where the run ends: the data at ``δ = 0``, whatever the noise; at ``δ > 0``
another law for each ``δ`` and each noise.
"""

import math
from collections.abc import Mapping, Sequence

from harness.foundation.registry import label
from harness.problem.problem import Problem

LAWS = ("data", "stopped")
TO_DATA = ("data_tv",)
"""Quantities that are to the data wherever a run ends."""
HINT = "data_tv is to the data wherever a run ends"


def told(stop: float) -> str:
    """The law where a run ends, in words."""
    return f"q_δ at δ = {stop:g}" if stop else "the data"


def check_same_law(quantity: str, law: str, runs: Mapping[str, Sequence[Problem]]) -> None:
    """Whether ``quantity`` of all ``runs``, by the name of their sampler, is to one law.

    ``law``: ``"data"``, or ``"stopped"`` for the ``q_δ`` at which all of them end.  Raises
    ValueError with two that differ, or with one that does not end at the data.
    """
    if quantity in TO_DATA:
        return
    ended = [(name, problem) for name, problems in runs.items() for problem in problems]
    first, one = ended[0]
    for name, problem in ended[1:]:
        if not _same(one, problem):
            raise ValueError(
                f"{quantity} must be to one law, got {law_of(one)} with {first!r} and "
                f"{law_of(problem)} with {name!r}; {HINT}"
            )
    for name, problem in ended:
        if law == "data" and problem.grid.stop:
            raise ValueError(
                f"{quantity} of {name!r} is to {told(problem.grid.stop)}, not to the data; "
                f"law = 'stopped' compares at the δ where both end; {HINT}"
            )


def _same(one: Problem, other: Problem) -> bool:
    if not math.isclose(one.grid.stop, other.grid.stop, rel_tol=1e-12):
        return False
    return not one.grid.stop or one.noise == other.noise


def law_of(problem: Problem) -> str:
    """The law where ``problem`` ends, in words that no other law has."""
    under = f" under {label(problem.noise)} noise" if problem.grid.stop else ""
    return told(problem.grid.stop) + under
