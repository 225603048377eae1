"""Where a sampler stands: beside every built-in one that does the same job, at as many score calls.

What the built-in ones reach is exact and does not change, so it is kept in ``standing.csv``;
``python -c "from harness.regress import standing; standing.write()"`` measures it again.
"""

import csv
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from harness.foundation.registry import label, load, samplers
from harness.foundation.whole_files import replacing
from harness.measurement.measure import measure
from harness.measurement.score_calls import score_calls
from harness.problem.problem import Problem
from harness.process import grids
from harness.regress import bank

KEPT = Path(__file__).with_name("standing.csv")
TARGETS = {
    "chain": bank.ONE_WAY,
    "ring with a field": bank.FIELD,
    "repeated token": bank.REPEATED,
    "rare event": bank.RARE,
    "parity": bank.PARITY,
}
ALIKE = 0.01  # of a KL: two that differ by less are as good as each other


class Job(NamedTuple):
    """What several samplers can do: ``calls`` to compare at, numbers of ``steps`` to measure."""

    name: str
    calls: int
    steps: tuple[int, ...]


REVERSE = Job("uniform noise, from q_T at T = 2 to δ = 0.1 in geometric steps", 64, (8, 32, 128))
REVEAL = Job("from all masked to the data, in steps that reveal alike", 8, (2, 8, 32))
JOBS = (REVERSE, REVEAL)


@dataclass(frozen=True)
class Point:
    """The output KL ``kl`` (nats, 0 within rounding) that a sampler reaches at ``calls``."""

    job: str
    sampler: str
    target: str
    calls: float
    kl: float


def job_of(sampler: Any) -> Job | None:
    """What ``sampler`` is measured doing; None for one that does neither job."""
    claims = sampler.claims
    if claims.needs_mask:
        return REVEAL if claims.starts_masked else None
    return REVERSE


def point(sampler: Any, job: Job, target: str, steps: int) -> Point:
    """``sampler`` doing ``job`` on a target of TARGETS.  Raises ValueError where it cannot."""
    if job is REVEAL:
        problem = bank.masked_start(sampler, TARGETS[target], steps)
    else:
        spec = {"name": "geometric", "start": 2.0, "stop": 0.1, "steps": steps}
        problem = bank.problem(sampler, TARGETS[target], grids.from_spec(spec))
    return Point(job.name, label(sampler), target, _calls(problem), _kl(problem))


def lines(sampler: Any) -> Iterator[str]:
    """The paragraph on ``sampler``: a title, and a line for each built-in one."""
    job = job_of(sampler)
    if job is None:
        return
    steps = max(1, job.calls // max(sampler.claims.score_calls, 1))
    own = {target: point(sampler, job, target, steps) for target in TARGETS}
    calls = next(iter(own.values())).calls
    yield f"where it stands: output KL at {calls:.3g} expected score calls; {job.name}"
    reached = ", ".join(f"{target} {each.kl:.2g}" for target, each in own.items())
    yield f"  {label(sampler)}: {reached}"
    others = sorted({each.sampler for each in kept() if each.job == job.name})
    for name in others:
        if name != label(sampler):
            curves = [each for each in kept() if (each.job, each.sampler) == (job.name, name)]
            yield f"  beside {name}: {_beside(own, curves)}"


def kept() -> list[Point]:
    """What the built-in samplers reach, from ``standing.csv``."""
    with KEPT.open(encoding="utf-8", newline="") as file:
        return [
            Point(**{**row, "calls": float(row["calls"]), "kl": float(row["kl"])})
            for row in csv.DictReader(file)
        ]


def measured(names: Sequence[str]) -> Iterator[Point]:
    """The same of the built-in samplers ``names``, measured."""
    load()
    for sampler in (samplers[name]() for name in names):
        if job := job_of(sampler):
            for target in TARGETS:
                yield from (point(sampler, job, target, steps) for steps in job.steps)


def _beside(own: dict[str, Point], others: Sequence[Point]) -> str:
    """In what ``own`` is better and in what worse, by which factors."""
    found: dict[str, list[str]] = {"better": [], "worse": [], "as good": [], "without error": []}
    for target, mine in own.items():
        theirs = at([each for each in others if each.target == target], mine.calls)
        if theirs is None:
            continue
        if theirs == mine.kl == 0 or (theirs and abs(mine.kl / theirs - 1) <= ALIKE):
            found["as good"].append(target)
        elif theirs == 0:
            found["without error"].append(target)
        elif mine.kl < theirs:
            found["better"].append(f"{target} ({_times(theirs, mine.kl)})")
        else:
            found["worse"].append(f"{target} ({_times(mine.kl, theirs)})")
    exact = found.pop("without error")
    told = [f"{how} on {', '.join(where)}" for how, where in found.items() if where]
    told += [f"worse on {', '.join(exact)}, where that one has no error"] if exact else []
    calls = [each.calls for each in others]
    if max(calls) < (most := next(iter(own.values())).calls):
        told.append(f"it takes {max(calls):.3g} score calls at most, not {most:.3g}")
    return "; ".join(told) or f"it takes {min(calls):.3g} score calls at least: nothing to compare"


def at(curve: Sequence[Point], calls: float) -> float | None:
    """The KL at ``calls``, between points in log-log; of a curve that ends before, its lowest.

    None before it begins, and where it leads to an exact point, to which no line goes in log-log.
    Where two points have as many calls, the lower KL counts.
    """
    points = sorted(curve, key=lambda each: (each.calls, each.kl))
    within = [each.kl for each in points if each.calls <= calls]
    if not within or 0.0 in within:
        return 0.0 if within else None
    if len(within) == len(points):
        return min(within)
    if any(each.kl == 0 for each in points):
        return None
    x, y = (np.log([getattr(each, name) for each in points]) for name in ("calls", "kl"))
    return float(np.exp(np.interp(math.log(calls), x, y)))


def _times(larger: float, smaller: float) -> str:
    return f"{larger / smaller:.3g} times" if smaller else "without error"


def _kl(problem: Problem) -> float:
    found = measure(problem, output_only=True)
    return found.kl if found.kl > 2 * found.floors["kl"] else 0.0


def _calls(problem: Problem) -> float:
    return score_calls(problem).mean


def write() -> None:
    """Measure every built-in sampler again and keep it."""
    load()
    with replacing(KEPT) as part, part.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(Point.__annotations__)
        for each in measured(sorted(samplers)):
            numbers = f"{each.calls:.9g}", f"{each.kl:.6g}"
            out.writerow((each.job, each.sampler, each.target, *numbers))
