"""Problems that are measured by workers: each goes where what it needs is compiled.

Measurements go to the store as they come, and what that has is not measured.
"""

import math
import pickle
import time
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, replace
from typing import Any

from harness.foundation import perturbation, telling
from harness.foundation.registry import label, load
from harness.foundation.workers import GivenUp, Gone, Killed, Workers
from harness.measurement.kept import POLL, Store, good
from harness.measurement.many import measure_many
from harness.measurement.result import Measurement
from harness.measurement.work_queue import Queue, Task, Unit, by_program, unit_of
from harness.problem.cost import QUANTITIES, cost
from harness.problem.problem import Problem

TOLD = 4  # workers of which it is told what they do
LOOK = 0.5  # seconds between two looks at which workers there are
PATIENCE = 60.0  # seconds in which a worker may come that has memory enough


@dataclass(frozen=True)
class Measured:
    """The measurement of each problem, or its error, and the ``seconds`` of all.

    ``perturbed``: where errors were made on purpose.
    """

    found: list[Measurement | Exception]
    seconds: float
    perturbed: frozenset[str]


def measure(problems: Sequence[Problem], asked: str) -> Measured:
    """Measure what is ``asked`` of each of ``problems``: what a worker is given to do."""
    load()
    began = time.perf_counter()
    output, chain = (asked == each for each in ("output", "chain"))
    found = measure_many(problems, output_only=output, chain_only=chain, errors="return")
    seconds = time.perf_counter() - began
    return Measured([sent(each) for each in found], seconds, frozenset(perturbation.HITS))


def sent(found: Any) -> Any:
    """What can be sent to another process: an error that cannot is one that says the same."""
    if not isinstance(found, Exception):
        return found
    try:
        again = pickle.loads(pickle.dumps(found))
        if str(again) == str(found):
            return found
    except Exception:  # it is made from something else than a message
        pass
    return ValueError(f"{type(found).__name__}: {found}")


class Spread:
    """``workers`` that do what is in the ``queue``, with a ``store`` of what was measured before.

    ``told(unit, found, seconds, again)`` is called with each measurement or error; not ``again``
    for what was kept.  Workers that come get something to do.  What one was killed with is done
    again as often as ``workers`` forgive it; then it is told with its problem, the others go on.
    """

    def __init__(
        self,
        store: Store,
        workers: Workers,
        queue: Queue,
        told: Callable[[Unit, Measurement | Exception, float, bool], None],
    ) -> None:
        self.store, self.workers, self.queue, self.told = store, workers, queue, told
        self.perturbed: set[str] = set()
        """Where workers made errors on purpose."""
        self._elsewhere: list[Unit] = []
        self._running: dict[Future[Any], tuple[int, Task]] = {}
        self._there: frozenset[int] = frozenset()
        self._killed: Counter[Hashable] = Counter()  # how often, by places or number of a whole
        self._made = 0

    def add(self, units: Iterable[Unit]) -> None:
        """Measure these; equal ones once."""
        alike: dict[Hashable, Unit] = {}
        for unit in units:
            key = unit.wanted.digest or (unit.wanted.problem, unit.wanted.asked)
            before = alike.get(key)
            places = (*before.places, *unit.places) if before else unit.places
            alike[key] = replace(before or unit, places=places)
        there, left = self.store.found(unit.wanted for unit in alike.values()), []
        for unit in alike.values():
            if (digest := unit.wanted.digest) in there:
                self.told(unit, there[digest], 0.0, False)
            elif why := self.queue.refused(unit):
                self.told(unit, ValueError(f"{_named(unit)}: {why}"), 0.0, True)
            else:
                left.append(unit)
        self.queue.add(by_program(left))

    def run(self) -> None:
        """Until nothing is left.

        Raises Gone, which says what is kept, where no worker is left to do it.
        """
        try:
            with telling.also(self.doing):
                self._run()
        except Gone as error:
            raise Gone(f"{error}; {self._kept()}") from error

    def doing(self) -> str:
        """What is being done where, in words: what was begun first comes first."""
        running = list(self._running.values())
        told = [f"{self.workers.where(k)}: {self.named(task)}" for k, task in running[:TOLD]]
        if len(running) > TOLD:
            told.append(f"and {len(running) - TOLD} more")
        return "; ".join(told)

    def named(self, task: Task) -> str:
        """A task in words."""
        first, more = _named(task.units[0]), len(task.units) - 1
        return f"{first} and {more} more" if more else first

    def _run(self) -> None:
        since = time.monotonic()
        while self._running or self._elsewhere or not self.queue.empty:
            begun = [worker for worker in self._idle() if self._begun(worker)]
            if begun or self._running or self._elsewhere or not self._there:
                since = time.monotonic()
            elif time.monotonic() - since > PATIENCE:
                self._withdraw()
            self._wait()

    def begin_whole(self, number: int) -> tuple[Any, ...]:
        """A function and what it is given: the task of this number.

        Whoever adds such tasks to the queue says what they are; of problems alone there are none.
        """
        raise NotImplementedError(f"there is no task {number} here")

    def end_whole(self, number: int, done: Any, killed: Killed | None) -> None:
        """What that function has ``done``, or that its worker was ``killed``."""

    def _idle(self) -> list[int]:
        """Workers that do nothing; what the others wait for may be asked for again."""
        there = frozenset(self.workers.there())
        for worker in self._there - there:
            self.queue.forget(worker)
        self._there = there
        busy = {worker for worker, _ in self._running.values()}
        if self._elsewhere and self.queue.empty and there - busy:
            waiting, self._elsewhere = self._elsewhere, []
            self.queue.add(by_program(waiting))
        return sorted(there - busy)

    def _wait(self) -> None:
        """Until something has ended, or it is time for another look."""
        if self._running:
            done, _ = wait(self._running, POLL if self._elsewhere else LOOK, FIRST_COMPLETED)
            for future in done:
                self._end(future)
        elif self._elsewhere or not self.queue.empty:
            time.sleep(POLL)

    def _begun(self, worker: int) -> bool:
        """Whether ``worker`` has begun something; where not, nothing can be."""
        while (task := self.queue.next(worker)) is not None:
            function, given = measure, ()
            if task.whole is not None:
                function, *given = self.begin_whole(task.whole)
            else:
                task = self._claimed(task)
                if not task.units:
                    self.queue.done(worker)
                    continue
                problems = [unit.wanted.problem for unit in task.units]
                given = problems, task.units[0].wanted.asked
            self._running[self.workers.submit(worker, function, *given)] = worker, task
            return True
        return False

    def _claimed(self, task: Task) -> Task:
        """What is ours of a task; what others measure waits, and what is there is told."""
        found, ours = self.store.begin([unit.wanted for unit in task.units])
        mine = []
        for unit in task.units:
            digest = unit.wanted.digest
            if digest in found:
                self.told(unit, found[digest], 0.0, False)
            elif digest and digest not in ours:
                self._elsewhere.append(unit)
            else:
                mine.append(unit)
        return Task(tuple(mine))

    def _end(self, future: Future[Any]) -> None:
        """Take what a worker has done, or see to it that it is done again."""
        worker, task = self._running.pop(future)
        try:
            done, killed = future.result(), None
        except Killed as error:
            done, killed = None, error
        if killed is not None:
            self.store.end([unit.wanted for unit in task.units], [])
            if self._forgiven(task, killed):
                self.queue.again(worker, task.units)
                return
        self.queue.done(worker)
        if task.whole is not None:
            self.end_whole(task.whole, done, killed)
        elif done is not None:
            self._end_measuring(task.units, done)
        elif len(task.units) > 1:  # which of them it was is found one by one
            self.queue.add(group for unit in task.units for group in by_program([unit]))
        else:
            unit = next(iter(task.units))
            where = _named(unit)
            error = ValueError(f"{killed} while it measured {where}: is there memory for it?")
            self.told(unit, error, 0.0, True)

    def _forgiven(self, task: Task, killed: Killed) -> bool:
        """Whether it is done again as it was, no matter how its worker was ``killed``."""
        if isinstance(killed, GivenUp):
            return True
        for each in (keys := [unit.places for unit in task.units] or [task.whole]):
            self._killed[each] += 1
        return max(self._killed[each] for each in keys) <= self.workers.forgives

    def _end_measuring(self, units: Sequence[Unit], done: Measured) -> None:
        wanted = [unit.wanted for unit in units]
        self.perturbed |= done.perturbed
        kept = good(wanted, done.found)
        self.store.end(wanted, kept)
        self._made += len(kept)
        for unit, each, seconds in zip(units, done.found, _shares(done), strict=True):
            self.told(unit, each, seconds, True)

    def _withdraw(self) -> None:
        """What no worker that is there has memory for is told so."""
        for unit in self.queue.withdraw():
            error = ValueError(f"{_named(unit)}: {self.queue.refused(unit)}")
            self.told(unit, error, 0.0, True)

    def _kept(self) -> str:
        """What is left of a run that cannot go on, and how it can."""
        if not self.store.name:
            return "nothing of this run is kept, as it had no store"
        return (
            f"{self._made:,} measurements of this run are kept in {self.store.name}: the same run "
            "with that store goes on from there"
        )


def _named(unit: Unit) -> str:
    problem = unit.wanted.problem
    return f"{label(problem.sampler)} on {label(problem.target)}, {problem.grid.steps} steps"


def _shares(done: Measured) -> list[float]:
    """The seconds of all, divided as those that each tells of itself."""
    own = [each.seconds if isinstance(each, Measurement) else 0.0 for each in done.found]
    rest = (done.seconds - sum(own)) / len(own)
    return [each + rest for each in own]


def measured_by(
    workers: Workers, store: Store, problems: Sequence[Problem], asked: str
) -> list[Measurement | Exception]:
    """What is ``asked`` of each of ``problems``, by ``workers``; an error in the place of its own.

    Raises Killed where a worker cannot be replaced.
    """
    found: list[Any] = [None] * len(problems)

    def told(unit: Unit, each: Measurement | Exception, seconds: float, again: bool) -> None:
        for k in unit.places:
            found[k] = each

    quantities = ("output",) if asked == "output" else QUANTITIES
    spread = Spread(store, workers, Queue(math.inf, workers.limits), told)
    spread.add(
        unit_of(store.wanted(problem, asked), k, cost(problem, quantities))
        for k, problem in enumerate(problems)
    )
    spread.run()
    return found
