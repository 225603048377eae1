"""Right-hand sides: what a theorem says on a problem, and how far rounding can move that."""

import dataclasses
import math
import zlib
from collections.abc import Callable, Collection, Mapping
from typing import Any

import numpy as np

from harness.numerics.divergence import kl_floor
from harness.problem.problem import Problem
from harness.verdicts import intervals
from harness.verdicts.quantities import Quantities
from harness.verdicts.quantities_by_draws import DrawnQuantities
from harness.verdicts.theorem import Inequality, Rate, Side, Theorem

FORMULA = 1e-12  # relative: rounding in a theorem's own formula


def unmet(theorem: Theorem, problem: Problem) -> list[str]:
    """The assumptions of ``theorem`` that ``problem`` does not meet."""
    return [name for name, met in theorem.assumptions(problem).items() if not met]


def compared_rungs(
    theorem: Theorem,
    quantities: Quantities,
    left_out: Collection[str] = (),
    side: str = Side.UPPER,
) -> list[tuple[str, float, float]]:
    """``(rung, value, floor)`` of the theorem's rung and of all that its ``side`` bounds with it.

    By draws neither may be known; then the chain KL above an output KL, if that helps.
    """
    names = Quantities.rungs_on(side, theorem.bounds_on)
    values = [(name, *quantities.rung(name)) for name in names if name not in left_out]
    found = [row for row in values if not math.isnan(row[1])]
    if not found and side == Side.UPPER and isinstance(quantities, DrawnQuantities):
        return intervals.above_output(theorem, quantities)
    return found


def terms_of(theorem: Inequality, problem: Problem, quantities: Quantities) -> dict[str, float]:
    """The terms of an inequality, computed once for each ``quantities``."""
    return _evaluated(theorem, theorem.terms, problem, quantities)[0]


def bound_of(theorem: Inequality, problem: Problem, quantities: Quantities) -> tuple[float, float]:
    """The sum of the terms, and how far rounding can move it."""
    terms, floors = _evaluated(theorem, theorem.terms, problem, quantities)
    return math.fsum(terms.values()), math.fsum(floors.values())


def form_with_floor(theorem: Rate, problem: Problem, quantities: Quantities) -> tuple[float, float]:
    """The form of a rate, computed once for each ``quantities``, and how far rounding can move it.

    By draws it is ``nan`` where it has a part that no draw shows.  Raises ValueError unless > 0.
    """

    def form(problem: Problem, quantities: Any) -> dict[str, float]:
        return {"form": float(theorem.form(problem, quantities))}

    values, floors = _evaluated(theorem, form, problem, quantities)
    unknown = isinstance(quantities, DrawnQuantities) and math.isnan(values["form"])
    if not unknown and not (math.isfinite(values["form"]) and values["form"] > 0):
        got = values["form"]
        raise ValueError(f"form of {theorem.name} must be positive and finite, got {got}")
    return values["form"], floors["form"]


def _evaluated(
    theorem: Theorem,
    formula: Callable[[Problem, Any], Mapping[str, float]],
    problem: Problem,
    quantities: Quantities,
) -> tuple[dict[str, float], dict[str, float]]:
    """What ``formula`` gives, and by how much each value moves with all that it reads.

    Each quantity that it reads is moved by its own floor, one after the other; the changes add up.
    """
    if theorem not in quantities.evaluated:
        reading = Moved(quantities)
        values = dict(formula(problem, reading))
        floors = {name: _own(abs(value)) for name, value in values.items()}
        for read in sorted(reading.read):
            for name, value in formula(problem, Moved(quantities, read)).items():
                change = abs(value - values[name])
                floors[name] += change if math.isfinite(change) else 0.0
        quantities.evaluated[theorem] = values, floors
    return quantities.evaluated[theorem]


class Moved:
    """``Quantities`` of which the one called ``which``, if any, is larger by its floor.

    ``read`` collects the names of those that were asked for.
    """

    def __init__(self, quantities: Quantities, which: str = "") -> None:
        self._quantities, self._which = quantities, which
        self.read: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._quantities, name)
        if name == "rung":
            self.read.add(name)
            return self._rung if name == self._which else found
        if name not in Quantities.ROUNDED:
            return found
        self.read.add(name)
        if name != self._which:
            return found
        if name == "measurement":
            floors = found.floors.items()
            return dataclasses.replace(found, **{k: getattr(found, k) + off for k, off in floors})
        if callable(found):  # of noise times: an error of its own at each
            return lambda *at: found(*at) + _sign(at) * self._quantities.rounding(name, *at)
        off = self._quantities.rounding(name)
        if isinstance(found, tuple):
            return tuple(value + each for value, each in zip(found, off, strict=True))
        return found + off

    def _rung(self, name: str) -> tuple[float, float]:
        """A rung of any name, larger by its rounding."""
        value, floor = self._quantities.rung(name)
        return value + self._quantities.rung_rounding(name), floor


def _own(value: float) -> float:
    """What a formula's own rounding moves; 0 for what is infinite or unknown."""
    return FORMULA * value + kl_floor(value) if math.isfinite(value) else 0.0


def _sign(at: tuple[float, ...]) -> int:
    """1 or -1, by the last bits of the times: as rounding would have it."""
    return 1 if zlib.crc32(np.array(at).tobytes()) % 2 else -1
