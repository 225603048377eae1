"""Where the law of the output goes as steps get small, entry by entry, and in which powers of them.

A KL falls like the square of what a law is off: below 1e-8 it shows nothing that is not hidden by
its own fall.  The law itself does: extrapolated, it is known to seven digits or more.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from harness.engines import exact
from harness.problem.problem import Problem
from harness.regress import limit_causes
from harness.regress.bank import STEPS
from harness.regress.cases import size
from harness.regress.extrapolation import SURE, at_zero, falls_by_the_root, surest
from harness.regress.tolerance import MANY

NEAR = 100.0  # times what is not known of a limit: so much may come of an error by no power of h
RESOLVED = 1e-7  # of a probability: what falls steeply at first is not extrapolated nearer
ROUNDING = 1e-9  # of a probability, after some hundred steps
SMALLEST = 1e-14  # of a probability that is lost


class Output(NamedTuple):
    """Of runs of more and more steps: ``off [m, S^d]``, by which share each probability is off.

    ``stray [m]``: what is lost, or where nothing should be.  ``states``: those of ``off``.
    ``rounding``: how far the laws of all steps together may have moved a probability.  ``problem``:
    that of most steps.  ``finer``: runs of twice and four times as many steps as the last.
    """

    off: np.ndarray
    stray: np.ndarray
    states: list[str]
    rounding: float = 0.0
    problem: Problem | None = None
    finer: Callable[[], "Output"] | None = None

    @property
    def size(self) -> str:
        """Of the problem, in words."""
        return size(self.problem) if self.problem else ""

    def cause(self, limit: np.ndarray, unsure: float) -> str:
        """What explains that each probability is off by the share ``limit [S^d]``; may be empty."""
        if self.problem is None:
            return ""
        law = self.problem.marginal(self.problem.grid.stop).copy()
        law[law > 0] *= 1 + limit
        return limit_causes.told(self.problem, law, unsure)


class Judged(NamedTuple):
    """``number``: how far the limit is from 0, in words."""

    passed: bool
    number: str
    reason: str = ""


def outputs(problems: Sequence[Problem]) -> Output:
    """What the runs of ``problems`` lead to, beside ``q_δ``."""
    wanted = problems[0].marginal(problems[0].grid.stop)
    held, off, stray = wanted > 0, [], []
    for problem in problems:
        run = exact.run(problem)
        off.append((run.law[held] - wanted[held]) / wanted[held])
        stray.append(float(run.lost) + float(run.law[~held].sum()))
    x = np.argwhere(held.reshape(problems[0].space.shape))
    names = ["".join(map(str, row)) for row in x]
    finest = problems[-1]
    moved = finest.sampler.claims.law_error * finest.grid.steps
    return Output(np.array(off), np.array(stray), names, MANY * moved, finest)


def judged(output: Output) -> Judged:
    """Whether the limit is the truth, to what the extrapolation knows of it."""
    off = np.column_stack([output.off, output.stray])
    if not np.isfinite(off).all():
        return Judged(False, "no law", "the output law has entries that are no numbers")
    limit, unsure = at_zero(off)
    sure = max(float(unsure.max()), RESOLVED / SURE, output.rounding)
    y = int(np.argmax(np.abs(limit)))
    number = f"{abs(limit[y]):.1g} ± {sure:.1g} of a probability after {np.abs(off[-1]).max():.2g}"
    if abs(limit[y]) > SURE * sure:
        where = "in what is lost" if y == len(output.states) else f"at state {output.states[y]}"
        if falls_by_the_root(off[:, y]):
            told = f"the law has a term h^0.5 {where}: output order 1; {output.size}"
            return Judged(False, number, told)
        if abs(limit[y]) <= NEAR * sure and output.finer and _vanishes(off, output.finer()):
            return Judged(True, f"{number}, and less than a quarter in four times the steps")
        way = "short" if limit[y] < 0 else "above"
        cause = output.cause(limit[:-1], sure)
        told = [f"the law stops {abs(limit[y]):.2g} {way}, {where}", cause, output.size]
        return Judged(False, number, "; ".join(filter(None, told)))
    if sure > max(float(np.abs(off[-1]).max()) / SURE, RESOLVED, output.rounding):
        told = f"no limit is seen: the law goes nowhere, or by no power of h; {output.size}"
        return Judged(False, number, told)
    return Judged(True, number)


def _vanishes(off: np.ndarray, finer: Output) -> bool:
    """Whether the limit that is seen falls at least like the step, so that it is none.

    As where a run changes its method in whichever of its steps holds a certain time: its law is off
    by what depends on where in the step that time is, and is extrapolated no nearer.
    """
    more = np.concatenate([off, np.column_stack([finer.off, finer.stray])])
    seen, later = (np.abs(at_zero(each).limit).max() for each in (off, more[-len(off) :]))
    return bool(later <= seen / 4)


def lower_orders(output: Output, order: float) -> str:
    """The first term of a lower output order than ``order`` that the law has, in words, or none.

    On full support a KL is of twice the order of the law; in what is lost it is of the same.
    """
    parts = (
        (output.off, 2, max(ROUNDING, output.rounding), "the law"),
        (output.stray[:, None], 1, max(SMALLEST, output.rounding), "what is lost"),
    )
    for values, half, floor, what in parts:
        if (found := surest(values, order / half, floor)) is not None:
            low, term, y = found
            told = f"{what} has a term h^{low:g}, {term:.2g} in {STEPS[-1]} steps"
            if low == 0:
                state = f", at state {output.states[y]}" if half == 2 else ""
                told = f"{what} stays {term:.2g} of a probability off{state}"
            return f"{told}: output order {half * low:g}, claimed {order:g}; {output.size}"
    return ""
