"""The ladder of one problem: from the output KL up to each theorem, and what is lost by each."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from harness.foundation import html
from harness.foundation.digits import written
from harness.foundation.validation import instance
from harness.problem.problem import Problem
from harness.verdicts.checks import all_theorems, check
from harness.verdicts.quantities import Quantities
from harness.verdicts.quantities_of import quantities_of
from harness.verdicts.theorem import Side, Theorem
from harness.verdicts.verdict import Status, Verdict

WORDS: Mapping[str, str] = {
    "output": "output KL",
    "average": "average over reveal sets",
    "differential": "differential inequality",
    "chain": "chain KL",
    "path": "path KL",
}
"""Rungs that are measured, from the output up, and how they are called."""
ELSEWHERE = ("average",)
"""Rungs that most samplers have not: left out where they are not measured."""
SHOWN = (Status.HOLDS, Status.VACUOUS, Status.VIOLATED)


@dataclass(frozen=True)
class Rung:
    """A number of the ladder, and the one ``below`` it that it bounds.

    ``name``: a rung of ``Quantities.LADDER`` or a theorem's; ``value`` in nats, nan where it is not
    known; ``floor``: how far rounding can move it.  ``beneath`` is the value of ``below``, with
    ``beneath_floor``; both are empty for the lowest.  ``verdict`` of a theorem.
    """

    name: str
    value: float
    floor: float = 0.0
    below: str = ""
    beneath: float = math.nan
    beneath_floor: float = 0.0
    verdict: Verdict | None = None

    @property
    def label(self) -> str:
        """How it is called: a theorem with how far it can be trusted."""
        if self.verdict is None:
            return WORDS[self.name]
        return f"{self.verdict.theorem} [{self.verdict.trust}]"

    @property
    def times(self) -> float:
        """How many times the number beneath it is; nan where one of the two is not known or 0."""
        if not (self.below and self.beneath > 2 * self.beneath_floor and self.beneath > 0):
            return math.nan
        return self.value / self.beneath

    @property
    def lost(self) -> float:
        """What it is above the number beneath it, in nats."""
        return self.value - self.beneath

    def row(self) -> dict[str, str]:
        """``{title: text}``, with no digit that rounding can move."""
        known, times = bool(self.below) and math.isfinite(self.value), ""
        if not math.isnan(self.times):
            off = (self.floor + self.times * self.beneath_floor) / self.beneath
            times = f"x {written(self.times, off, 4)}"
        unknown = math.isnan(self.value)
        return {
            "rung": self.label,
            "nats": "not measured" if unknown else written(self.value, self.floor, 6),
            "above": WORDS[self.below] if self.below else "",
            "times": times,
            "lost": written(self.lost, self.floor + self.beneath_floor, 4) if known else "",
            "verdict": "" if self.verdict is None else str(self.verdict.status),
        }


@dataclass(frozen=True)
class Ladder:
    """What is lost on the way from the output of ``problem``'s sampler to each theorem.

    ``rungs``: the measured numbers, from the output up; ``theorems``: upper bounds whose every
    constant is known, the closest to what they bound first; ``rates``: verdicts of theorems that
    are known up to a constant, with the one that they would need here; ``idle``: what doing
    nothing gives, which a bound must be below to say something.  All in nats.
    """

    TITLES: ClassVar[tuple[str, ...]] = ("rung", "nats", "above", "times", "lost", "verdict")
    problem: Problem
    rungs: tuple[Rung, ...]
    theorems: tuple[Rung, ...]
    rates: tuple[Verdict, ...]
    idle: float

    def __iter__(self) -> Iterator[Rung]:
        return iter((*self.rungs, *self.theorems))

    def lines(self) -> Iterator[str]:
        """The ladder as text: a table, then the constants that rates would need."""
        rows = [dict(zip(self.TITLES, self.TITLES, strict=True)), *(each.row() for each in self)]
        widths = {title: max(len(row[title]) for row in rows) for title in self.TITLES}
        for row in rows:
            yield "  ".join(row[title].ljust(widths[title]) for title in self.TITLES).rstrip()
        yield f"doing nothing gives {self.idle:.6g} nats"
        for each in self.rates:
            yield f"{each.theorem} [{each.trust}] on {each.rung}: {each.reason}"

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def _repr_html_(self) -> str:
        return html.table(self.TITLES, [list(each.row().values()) for each in self])


def ladder(problem: Problem, theorems: Iterable[Theorem] | None = None) -> Ladder:
    """The rungs of ``problem`` and the theorems above them, with what is lost from one to the next.

    ``theorems``: instances, all that are registered by default; those that bound no KL of the
    ladder, bound from below or do not apply are left out, as is ``chain``, which is a rung itself.
    Raises TypeError for what is no problem or no theorem.
    """
    instance("problem", problem, Problem)
    quantities = quantities_of(problem)
    known = {name: quantities.rung(name) for name in WORDS}
    rounding = {name: quantities.rung_rounding(name) for name in WORDS}
    rungs = []
    for name, (value, _) in known.items():
        if name in ELSEWHERE and math.isnan(value):
            continue
        below = next(iter(Quantities.LADDER[name][1:]), "")
        beneath = (known[below][0], rounding[below]) if below else (math.nan, 0.0)
        rungs.append(Rung(name, value, rounding[name], below, *beneath))
    verdicts = [
        each
        for theorem, each in _decided(problem, theorems, quantities)
        if each.rung in WORDS and theorem.side != Side.LOWER and theorem.name != "chain"
    ]
    bounds = [_above(each) for each in verdicts if each.status in SHOWN]
    bounds.sort(key=lambda each: each.value)
    rates = [each for each in verdicts if not math.isnan(each.constant)]
    return Ladder(problem, tuple(rungs), tuple(bounds), tuple(rates), quantities.idle("output"))


def _decided(
    problem: Problem, theorems: Iterable[Theorem] | None, quantities: Quantities
) -> list[tuple[Theorem, Verdict]]:
    chosen = all_theorems() if theorems is None else list(theorems)
    return list(zip(chosen, check(problem, chosen, quantities), strict=True))


def _above(verdict: Verdict) -> Rung:
    """The rung that a theorem is, above the one that it bounds."""
    floors = verdict.floors.get("bound", 0.0), verdict.floors.get("measured", 0.0)
    beneath = verdict.measured, floors[1]
    return Rung(verdict.theorem, verdict.bound, floors[0], verdict.rung, *beneath, verdict)
