"""At which noise times code asks its model, and what that keeps it from.

Notes, none of them a fault by itself: whether the law is right says the law.  Where it is not, they
say why.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby

from harness.real.finding import Finding
from harness.real.watched import Watched
from harness.traced.schedules import check_schedule

NEARER = 0.9  # with more steps the last time comes nearer to the data at least by this factor


def findings(runs: Sequence[Watched]) -> Iterator[Finding]:
    """Of the same loop in ``runs`` with more and more steps.

    Nothing where it does not tell its model the time, or rows have times of their own.
    """
    times = [run.times for run in runs]
    told = [each for each in times if each]
    if not told or len(told) < len(times):
        return
    most = told[-1]
    if len(most) > 1:
        for found in check_schedule(_without_repeats(most), float):
            if found.name != "ends early":  # the last call is where the last step begins
                yield Finding(found.name, found.sentence, fault=False)
    yield from _rounded(most)
    yield from _last_time(runs, told)


def _without_repeats(times: list[float]) -> list[float]:
    """Code may well ask several times at one time, a corrector for one."""
    found = [time for time, _ in groupby(times)]
    return found if len(found) > 1 else times


def _rounded(times: list[float]) -> Iterator[Finding]:
    """Not the same number of calls at each time: nobody means that."""
    counts = [len(list(group)) for _, group in groupby(times)]
    if len(set(counts)) > 1:
        yield Finding(
            "rounded times",
            f"{len(times)} calls of the model are at {len(counts)} noise times only, at some "
            f"{max(counts)} and at some {min(counts)}, as of a schedule that is rounded",
            fault=False,
        )


def _last_time(runs: Sequence[Watched], told: list[list[float]]) -> Iterator[Finding]:
    """Whether the last call comes nearer to the data with more steps."""
    few, many = told[0][-1], told[-1][-1]
    if runs[0].steps < runs[-1].steps and many > NEARER * few and many > 0:
        yield Finding(
            "fixed last time",
            f"the last step begins at noise time {many:.3g} with {runs[-1].steps} steps as with "
            f"{runs[0].steps} ({few:.3g}): what it costs to go from there in one step stays",
            fault=False,
        )
