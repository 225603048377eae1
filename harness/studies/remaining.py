"""How long a run has still to go, from what its parts cost and how fast those done were.

Expected seconds are corrected by what was measured, in three parts.  *Running* a problem: by the
other problems of its sampler, and before these are many by the median over samplers, so that no odd
one speaks for the others.  *Compiling*: by the sum, apart, since a cache on
disk may hold what is to be compiled.  *Verdicts*: by their sum.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import median_low

from harness.foundation.memory_maps import parts_held
from harness.problem.cost import QUANTITIES, RUNGS, Cost, cost
from harness.problem.programs import Program
from harness.studies.experiment import Sweep
from harness.verdicts.complexity import with_steps
from harness.verdicts.right_side import unmet
from harness.verdicts.theorem import Rate

SEARCH = 3  # about as many runs as a search for a number of steps takes
THEOREM_SEARCH, THEOREM_RUN = 12, 3e-3  # and that of a theorem; seconds of its right-hand side
FINER, FINER_BY_RATE = 12, 4  # its grids have so many more steps than the problem's
VERDICT = 8e-5  # seconds for a theorem on a problem, beside what it reads


@dataclass(frozen=True)
class Work:
    """A part of a run: a problem to be measured or, without ``program``, the verdicts of a sweep.

    ``seconds`` as expected, and ``compiling`` more, of ``parts``, unless it is ``compiled``;
    ``bytes`` are what a step holds at once.
    """

    seconds: float
    program: Program | None = None
    compiling: float = 0.0
    compiled: bool = True
    parts: int = 0
    bytes: float = 0.0

    @classmethod
    def of(cls, told: Cost, seconds: float | None = None) -> "Work":
        """That of a problem with this cost; ``seconds`` if they are others."""
        seconds = told.seconds if seconds is None else seconds
        of_program = told.program, told.compiling, told.compiled, told.parts
        return cls(seconds, *of_program, float(told.bytes))

    @property
    def more(self) -> float:
        """Seconds of compiling."""
        return 0.0 if self.compiled else self.compiling

    @property
    def whole(self) -> float:
        return self.seconds + self.more


def storable(sweep: Sweep) -> bool:
    """Whether its problems are measured apart from its verdicts, so that a store may have them."""
    drawn = any(each.drawn for each in sweep.problems)
    return not (drawn or sweep.experiment.axis == "epsilon")


def of_sweep(sweep: Sweep) -> list[Work]:
    """The parts of a sweep in the order in which they are done: its problems, then verdicts."""
    experiment, asked = sweep.experiment, rungs_asked(sweep)
    decided = VERDICT * len(experiment.chosen_theorems) * len(sweep.values)
    measured = ("output",) if experiment.output_only else QUANTITIES
    here, later = (*measured, *(asked & {"path"})), asked & {"differential"}
    if experiment.axis == "epsilon":
        (problem,) = sweep.problems
        told, all_of_it = cost(problem, ("output",)), cost(problem, (*here, *later))
        search = Work.of(told, SEARCH * told.seconds)
        verdicts = len(sweep.values) * sum(_searches(sweep))
        verdicts += all_of_it.compiling - told.compiling
        return [*[search] * len(sweep.values), Work(verdicts + decided)]
    parts = []
    for problem in sweep.problems:
        told = cost(problem, here)
        # A bound on that rung is decided with the others of its sweep.
        more = cost(problem, (*here, *later)) if later else told
        decided += more.seconds - told.seconds
        parts.append(replace(Work.of(told), compiling=more.compiling))
    return [*parts, Work(decided)]


def _searches(sweep: Sweep) -> Iterator[float]:
    """Seconds that each theorem takes which may promise a number of steps, for one KL.

    Whether it does is known only when its terms are, which have to be measured.
    """
    (problem,) = sweep.problems
    for theorem in sweep.experiment.chosen_theorems.values():
        if theorem.bounds_kl and not unmet(theorem, problem):
            finer = FINER_BY_RATE if isinstance(theorem, Rate) else FINER
            finer = with_steps(problem, finer * problem.grid.steps)
            rung = {theorem.bounds_on} & {"path"}
            read = cost(finer, rung).seconds - cost(finer, ()).seconds
            yield THEOREM_SEARCH * (THEOREM_RUN + read)


def rungs_asked(sweep: Sweep) -> set[str]:
    """Those of ``RUNGS`` that a theorem bounds which the first problem of ``sweep`` is one of."""
    if sweep.experiment.output_only:
        return set()
    bounding = [t for t in sweep.experiment.chosen_theorems.values() if t.bounds_on in RUNGS]
    return {each.bounds_on for each in bounding if not unmet(each, sweep.problems[0])}


class Remaining:
    """The seconds left of a run that is told of each part as it ends.

    ``parts`` are those of each experiment, which ``jobs`` processes do, one part at a time each.
    """

    def __init__(self, parts: Sequence[Sequence[Work]], jobs: int) -> None:
        self.jobs = jobs
        # What is compiled for one serves all, while a process holds it.
        self._left = [dict(enumerate(each)) for each in compiled_once(parts)]
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


def compiled_once(parts: Sequence[Sequence[Work]]) -> list[list[Work]]:
    """``parts`` as they are for one process, which keeps what it has compiled.

    When it holds too many compiled parts it forgets all.
    """
    known, held, most = set[Program | None](), 0, parts_held()
    found: list[list[Work]] = []
    for of_one in parts:
        found.append([])
        for part in of_one:
            seen = part.compiled or part.program in known
            if not seen and held + part.parts > most:
                known.clear()
                held = 0
            held += 0 if seen else part.parts
            known.add(part.program)
            found[-1].append(replace(part, compiled=seen))
    return found


def _add(sums: list[float], measured: float, expected: float) -> None:
    sums[0] += measured
    sums[1] += expected


def _ratio(measured: float, expected: float) -> float:
    return measured / expected if expected else 1.0
