"""How long a run has still to go, from what its problems cost and how fast those done were.

Running and compiling are corrected apart, since a cache on disk may hold what is to be compiled:
measured over expected seconds of all problems that are done, with a little weight on the
expectation itself, so that the first few do not decide alone.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import replace

from harness.engines.programs import Program
from harness.measurement.cost import Cost

PRIOR = 0.02  # weight of what was expected, as a share of the run
SEARCHED = 30  # about as many runs as a search for a number of steps takes, theorems' included


def ordered(costs: Sequence[Sequence[Cost]]) -> list[int]:
    """Experiments, the longest first, so that no process is left with one of them at the end."""
    return sorted(range(len(costs)), key=lambda k: -sum(map(_whole, costs[k])))


class Remaining:
    """``costs`` of the problems of each experiment in the order in which they are run, ``jobs``
    experiments at a time, those of ``order`` first."""

    def __init__(self, costs: Sequence[Sequence[Cost]], order: Iterable[int], jobs: int) -> None:
        self.jobs = jobs
        self._left = [deque(each) for each in _with_programs(costs, order, jobs)]
        everything = [cost for each in self._left for cost in each]
        self._whole = sum(map(_whole, everything))
        prior = PRIOR * self._whole
        self._ran = [prior, prior]  # seconds measured, expected
        self._compiled = [prior, prior]
        self._run_left = [sum(cost.seconds for cost in each) for each in self._left]
        self._compile_left = [sum(map(_compiling, each)) for each in self._left]

    def ended(self, experiment: int, seconds: float) -> None:
        """The next problem of an experiment took ``seconds``."""
        cost = self._left[experiment].popleft()
        self._run_left[experiment] -= cost.seconds
        self._compile_left[experiment] -= _compiling(cost)
        if cost.compiled:
            self._ran[0] += seconds
            self._ran[1] += cost.seconds
        else:
            self._compiled[0] += max(seconds - self._slower * cost.seconds, 0.0)
            self._compiled[1] += cost.compiling

    def judged(self, seconds: float) -> None:
        """Theorems were decided, which is part of no problem."""
        self._ran[0] += seconds

    @property
    def share(self) -> float:
        """How much of the expected work is done, 0 to 1."""
        left = sum(self._run_left) + sum(self._compile_left)
        return 1.0 - max(left, 0.0) / self._whole if self._whole else 1.0

    @property
    def seconds(self) -> float:
        """About how many seconds are left: the share of a process, or the longest experiment."""
        compiling = self._compiled[0] / self._compiled[1]
        left = [
            max(self._slower * run + compiling * more, 0.0)
            for run, more in zip(self._run_left, self._compile_left, strict=True)
        ]
        return max(sum(left) / min(self.jobs, len(left)), *left)

    @property
    def _slower(self) -> float:
        return self._ran[0] / self._ran[1]


def _with_programs(
    costs: Sequence[Sequence[Cost]], order: Iterable[int], jobs: int
) -> list[list[Cost]]:
    """``costs`` as they will be when each process keeps what it has compiled.

    Each experiment goes to the process that is free first, by what is expected.
    """
    busy, known = [0.0] * jobs, [set[Program]() for _ in range(jobs)]
    found: list[list[Cost]] = [[] for _ in costs]
    for k in order:
        process = min(range(jobs), key=lambda each: busy[each])
        for cost in costs[k]:
            seen = cost.compiled or cost.program in known[process]
            known[process].add(cost.program)
            found[k].append(replace(cost, compiled=seen))
            busy[process] += _whole(found[k][-1])
    return found


def _compiling(cost: Cost) -> float:
    return 0.0 if cost.compiled else cost.compiling


def _whole(cost: Cost) -> float:
    return cost.seconds + _compiling(cost)
