"""How long a run has still to go, from what its parts cost and how fast those done were.

Expected seconds are corrected by what was measured, in three parts.  *Running* a problem: by the
other problems of its sampler, and before these are many by the median over samplers, so that no odd
one speaks for the others.  *Compiling*: by the sum, apart, since a cache on
disk may hold what is to be compiled.  *Verdicts*: by their sum.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median_low

from harness.problem.cost import QUANTITIES, cost
from harness.problem.programs import Program
from harness.studies.experiment import Sweep

SEARCH = 5  # about as many runs as a search for a number of steps takes
THEOREMS_SEARCH = 20  # and that of all theorems for theirs
VERDICTS = 0.2  # seconds for the theorems of a sweep, as a share of its problems'


@dataclass(frozen=True)
class Work:
    """A part of a run: a problem to be measured or, without ``program``, the verdicts of a sweep.

    ``seconds`` as expected, and ``compiling`` more unless the program is ``compiled``; ``bytes``
    are what a step holds at once.
    """

    seconds: float
    program: Program | None = None
    compiling: float = 0.0
    compiled: bool = True
    bytes: float = 0.0

    @property
    def more(self) -> float:
        """Seconds of compiling."""
        return 0.0 if self.compiled else self.compiling

    @property
    def whole(self) -> float:
        return self.seconds + self.more


def of_sweep(sweep: Sweep) -> list[Work]:
    """The parts of a sweep in the order in which they are done: its problems, then verdicts."""
    searched = sweep.experiment.axis == "epsilon"
    wanted = ("output",) if sweep.experiment.output_only else QUANTITIES
    problems = sweep.problems * (len(sweep.values) if searched else 1)
    parts = []
    for problem in problems:
        told = cost(problem, wanted)
        seconds = told.seconds * (SEARCH if searched else 1)
        of_program = told.program, told.compiling, told.compiled
        parts.append(Work(seconds, *of_program, float(told.bytes)))
    share = THEOREMS_SEARCH / SEARCH if searched else VERDICTS
    return [*parts, Work(share * sum(part.seconds for part in parts))]


class Remaining:
    """The seconds left of a run that is told of each part as it ends.

    ``parts`` are those of each experiment, which ``jobs`` processes do, one part at a time each.
    """

    def __init__(self, parts: Sequence[Sequence[Work]], jobs: int) -> None:
        self.jobs = jobs
        self._left = [dict(enumerate(each)) for each in _with_programs(parts)]
        everything = [part for each in self._left for part in each.values()]
        self._whole, self._done = sum(part.whole for part in everything), 0.0
        # What was expected weighs as much as one part of its kind.
        self._one = sum(part.seconds for part in everything) / max(len(everything), 1)
        program = max((part.compiling for part in everything), default=0.0)
        self._compiling, self._verdicts = [program, program], [self._one, self._one]
        self._median: float | None = None
        self._of_sampler: dict[type, list[float]] = defaultdict(lambda: [0.0, 0.0])

    def ended(self, experiment: int, seconds: float, number: int | None = None) -> None:
        """A part of an experiment took ``seconds``: the next one, or that of the ``number``."""
        left = self._left[experiment]
        part = left.pop(next(iter(left)) if number is None else number)
        self._done += part.whole
        if part.program is None:
            _add(self._verdicts, seconds, part.seconds)
        elif part.compiled:
            _add(self._of_sampler[type(part.program.sampler)], seconds, part.seconds)
            self._median = None
        else:
            _add(self._compiling, max(seconds - self._running(part), 0.0), part.compiling)

    @property
    def _usual(self) -> float:
        """The median over samplers of measured over expected seconds; one is as expected."""
        if self._median is None:
            found = [1.0, *(_ratio(*sums) for sums in self._of_sampler.values() if sums[1])]
            self._median = median_low(found)
        return self._median

    @property
    def share(self) -> float:
        """How much of the expected work is done, 0 to 1."""
        return min(self._done / self._whole, 1.0) if self._whole else 1.0

    @property
    def seconds(self) -> float:
        """About how many seconds are left: the share of a process, or the longest part."""
        compiling = _ratio(*self._compiling)
        left = [
            self._running(part) + compiling * part.more
            for each in self._left
            for part in each.values()
        ]
        return max(sum(left) / self.jobs, max(left, default=0.0))

    def _running(self, part: Work) -> float:
        """Corrected seconds of a part, without compiling."""
        if part.program is None:
            return part.seconds * _ratio(*self._verdicts)
        measured, expected = self._of_sampler[type(part.program.sampler)]
        usual = self._usual
        return part.seconds * _ratio(measured + usual * self._one, expected + self._one)


def _with_programs(parts: Sequence[Sequence[Work]]) -> list[list[Work]]:
    """``parts`` as they will be when what is compiled for one serves all."""
    known, found = set[Program | None](), []
    for each in parts:
        found.append([])
        for part in each:
            seen = part.compiled or part.program in known
            known.add(part.program)
            found[-1].append(replace(part, compiled=seen))
    return found


def _add(sums: list[float], measured: float, expected: float) -> None:
    sums[0] += measured
    sums[1] += expected


def _ratio(measured: float, expected: float) -> float:
    return measured / expected if expected else 1.0
