"""How near a theorem's problems came to its bound, as a whole and term by term.

A bound is refuted by what exceeds it, so a constant can be too small by as much as the nearest
problem leaves, and nothing here would notice.  That is said, and where.
"""

import math
from collections.abc import Callable, Sequence
from operator import itemgetter

from harness.regress.cases import Case
from harness.verdicts import reasons
from harness.verdicts.theorem import Side
from harness.verdicts.verdict import Status, Verdict

NEAR = 0.95  # a constant smaller by this would be noticed
DIGITS = 100  # a measured number must be so many times its floor, to say how near it is
ROUNDING = "rounding"  # a term that allows for rounding is no part of a statement


def share(verdict: Verdict) -> float:
    """How much of the bound is used up: 1 at equality; of a lower bound its inverse.

    ``nan`` where nothing was compared or the numbers are rounding.
    """
    if verdict.status not in (Status.HOLDS, Status.VACUOUS, Status.VIOLATED):
        return math.nan
    off = DIGITS * _off(verdict)
    if not (off < verdict.measured < math.inf and off < verdict.bound < math.inf):
        return math.nan
    return verdict.measured / verdict.bound


def needed(verdict: Verdict) -> dict[str, float]:
    """The share of each term without which the bound would be exceeded; 0 where none is needed."""
    return {
        name: max(0.0, 1 - (verdict.bound - verdict.measured + _off(verdict)) / term)
        for name, term in _terms(verdict).items()
    }


def room(verdict: Verdict) -> dict[str, float]:
    """How many times as large each term of a lower bound could be, the others as they are.

    Less than 1 where the bound is violated; 0 where no share of the term would be small enough.
    """
    more = verdict.measured - verdict.bound + _off(verdict)
    return {name: max(0.0, 1 + more / term) for name, term in _terms(verdict).items()}


def _terms(verdict: Verdict) -> dict[str, float]:
    """Those that are more than rounding; none where nothing was compared."""
    if math.isnan(share(verdict)):
        return {}
    least = DIGITS * _off(verdict)
    return {n: term for n, term in verdict.terms.items() if term > least and n != ROUNDING}


def _off(verdict: Verdict) -> float:
    return verdict.floor + verdict.floors.get("bound", 0.0)


def lines(cases: Sequence[Case]) -> list[str]:
    """The tightest and the loosest problem, then how much of each term some problem needs."""
    theorem = cases[0].theorem if cases else None
    told = [(share(case.verdict), case) for case in cases if not math.isnan(share(case.verdict))]
    if theorem is None or not told or Side(theorem.side) is Side.TWO_SIDED:
        return []
    if Side(theorem.side) is Side.LOWER:
        told = [(1 / near, case) for near, case in told]
    told.sort(key=lambda each: -each[0])
    broken = told[0][1].verdict.status is Status.VIOLATED
    ends = (("most violated" if broken else "tightest", told[0]), ("loosest", told[-1]))
    found = [
        f"{name}: {near:.4g} of the bound, {_compared(case.verdict)}: {case}"
        for name, (near, case) in ends
    ]
    of_terms = _of_terms if Side(theorem.side) is Side.UPPER else _of_lower_terms
    found += of_terms([case for _, case in told])
    if told[0][0] < NEAR:
        better = "larger" if Side(theorem.side) is Side.LOWER else "smaller"
        found.append(f"no case within 5 %: a {better} constant would not have been noticed")
    return found


def _of_terms(cases: Sequence[Case]) -> list[str]:
    """A line a term, where there are several."""
    best = _nearest(cases, needed, max)
    if len(best) < 2:
        return []
    found = [
        f"term {name}: {part:.4g} of it is needed, {_compared(case.verdict)}: {case}"
        if part > 0
        else f"term {name}: no case needs it"
        for name, (part, case) in best.items()
    ]
    loose = [name for name, (part, _) in best.items() if 0 < part < NEAR]
    if loose and len(loose) < len(best):
        of = " and ".join(filter(None, (", ".join(loose[:-1]), loose[-1])))
        found.append(
            f"a smaller constant of {of} would not have been noticed, down to what is needed"
        )
    return found


def _of_lower_terms(cases: Sequence[Case]) -> list[str]:
    """The same of a lower bound, whose terms could be larger."""
    least = _nearest(cases, room, min)
    if len(least) < 2:
        return []
    return [
        f"term {name}: {times:.4g} of it would still be true, {_compared(case.verdict)}: {case}"
        for name, (times, case) in least.items()
    ]


def _nearest(
    cases: Sequence[Case],
    of_terms: Callable[[Verdict], dict[str, float]],
    nearest: Callable[..., tuple[float, Case]],
) -> dict[str, tuple[float, Case]]:
    """Of each term the first case that comes nearest, and what ``of_terms`` says there."""
    found: dict[str, list[tuple[float, Case]]] = {}
    for case in cases:
        for name, value in of_terms(case.verdict).items():
            found.setdefault(name, []).append((value, case))
    return {name: nearest(each, key=itemgetter(0)) for name, each in found.items()}


def _compared(verdict: Verdict) -> str:
    floors = verdict.floors
    value = reasons.number(verdict.measured, floors.get("measured", 0.0))
    return f"{value} beside {reasons.number(verdict.bound, floors.get('bound', 0.0))}"
