"""What ``leapcheck regress`` says of the built-in theorems, each broken in one place.

``python -m tests.teeth.theorem_mutants`` goes on where its table was left; hours, not minutes.
"""

import argparse
import csv
import gc
import math
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # what tests import from

import jax

from harness.foundation import compilation
from harness.foundation.registry import load, theorems
from harness.regress.measured_once import MeasuredOnce
from harness.regress.suite import run
from harness.regress.theorem_checks import TheoremChecks
from harness.regress.theorem_closeness import share
from harness.regress.theorem_report import Tried
from harness.verdicts.quantities import Quantities
from harness.verdicts.right_side import bound_of, form_with_floor, unmet
from harness.verdicts.theorem import Inequality, Theorem
from harness.verdicts.verdict import Status, Verdict
from teeth.broken_theorems import Broken, every, is_lower

TABLE = Path(__file__).parents[2] / "results" / "theorem_mutants.csv"
SEEN = 0.01  # of the right side
MANY_MAPS = 40_000  # of 65,530 that Linux allows a process
COLUMNS = ("theorem", "broken", "outcome", "by", "number")


def outcome(broken: Broken, whole: type[Theorem], known: MeasuredOnce) -> tuple[str, str, str]:
    """``(outcome, by, number)``: killed by the first check that fails, or how near that came."""
    checks = TheoremChecks(broken.theorem, known=known)
    for name, find in checks.all():
        check = run(name, find)
        if check.passed is False:
            return "killed", name, f"{check.number}: {check.reason}".split(" (at ")[0].rstrip(": ")
    cases = [
        (verdict, quantities)
        for tried in checks.tried
        for verdict, quantities in zip(_each(tried), tried.cases, strict=True)
        if verdict.status is not Status.NOT_APPLICABLE
    ]
    return "survived", *_told(broken.theorem, whole(), cases)


def _each(tried: Tried) -> list[Verdict]:
    """A verdict a case: that along a sweep is one for all of its cases."""
    single = len(tried.verdicts) == 1
    return list(tried.verdicts) * len(tried.cases) if single else list(tried.verdicts)


def _told(broken: Any, whole: Any, cases: Sequence[tuple[Verdict, Quantities]]) -> tuple[str, str]:
    """What a survivor is, by its right side beside that of the ``whole`` theorem, and how near."""
    right_side = bound_of if isinstance(whole, Inequality) else form_with_floor
    more, stricter = [], []
    for verdict, quantities in cases:
        problem = quantities.problem
        if unmet(whole, problem):
            more.append(verdict)
            continue
        (left, off), (right, of) = (
            right_side(each, problem, quantities) for each in (broken, whole)
        )
        small, large = (right, left) if is_lower(type(whole)) else (left, right)
        if small < large * (1 - 1e-9) - off - of:
            stricter.append((1 - small / large if large < math.inf else 1.0, verdict))
    if stricter:
        # Where it says hardly more it is as near as the whole theorem, which tells nothing.
        seen = [v for by, v in stricter if by >= SEEN] or [v for _, v in stricter]
        told = f"not refuted by anything known, says more on {len(stricter)} of {len(cases)}"
        return told, _nearest(broken, seen)
    if more:
        told = f"as true on {len(more)} cases that the assumption left out"
        return told, _nearest(broken, more)
    return "equivalent: says no more anywhere", ""


def _nearest(theorem: Theorem, verdicts: Sequence[Verdict]) -> str:
    """How near the survivor came to being refuted, where it says more."""
    if isinstance(theorem, Inequality):
        shares = [s for s in map(share, verdicts) if not math.isnan(s)]
        if is_lower(type(theorem)):
            shares = [1 / s for s in shares if s > 0]
        return f"nearest share {max(shares, default=0.0):.4g}"
    slopes = [v.slope for v in verdicts if not math.isnan(v.slope)]
    return f"largest growth {max(slopes, default=math.nan):+.3f}"


def rows(
    names: Iterable[str], done: set[tuple[str, str]], known: MeasuredOnce
) -> Iterator[tuple[str, ...]]:
    """A row for each broken theorem that is not ``done``; what is measured serves all."""
    for name in names:
        seen: dict[str, int] = {}
        for broken in every(theorems[name]):
            seen[broken.what] = seen.get(broken.what, 0) + 1
            what = broken.what if seen[broken.what] == 1 else f"{broken.what} #{seen[broken.what]}"
            if (name, what) not in done:
                yield (name, what, *outcome(broken, theorems[name], known))
        _forget_programs()


def _forget_programs() -> None:
    """What was measured stays; what was compiled for it holds memory maps, which are limited."""
    maps = Path("/proc/self/maps")
    if maps.exists() and maps.read_text().count("\n") > MANY_MAPS:
        jax.clear_caches()
        gc.collect()


def main(names: list[str], table: Path) -> None:
    """Write the table on, a row as soon as it is known."""
    compilation.quickly(level=0)
    load()
    kept: list[dict[str, str]] = []
    if table.exists():
        with table.open(encoding="utf-8", newline="") as file:
            kept = list(csv.DictReader(file))
    done = {(row["theorem"], row["broken"]) for row in kept}
    with table.open("a", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        if not kept:
            writer.writerow(COLUMNS)
        for row in rows(names or sorted(theorems), done, MeasuredOnce()):
            writer.writerow(row)
            file.flush()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="theorems; all of them by default")
    parser.add_argument("--resume", type=Path, default=TABLE, help="the table that is written on")
    given = parser.parse_args()
    main(given.names, given.resume)
