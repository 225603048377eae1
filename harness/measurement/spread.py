"""Problems that are measured by workers: each goes where what it needs is compiled.

Measurements go to the store as they come, and what that has is not measured.
"""

import math
import pickle
import time
from collections.abc import Callable, Hashable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, replace
from typing import Any

from harness.foundation import perturbation
from harness.foundation.registry import label, load
from harness.foundation.workers import Killed, Workers
from harness.measurement.kept import POLL, Store, good
from harness.measurement.many import measure_many
from harness.measurement.result import Measurement
from harness.measurement.work_queue import Queue, Task, Unit, by_program, unit_of
from harness.problem.cost import QUANTITIES, cost
from harness.problem.problem import Problem


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
    for what was kept.  A worker that is killed is told with its problem, and the others go on.
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
        """Until nothing is left."""
        idle = list(range(self.workers.number))
        while self._running or self._elsewhere or not self.queue.empty:
            idle = [worker for worker in idle if not self._begun(worker)]
            if self._running:
                done, _ = wait(self._running, POLL if self._elsewhere else None, FIRST_COMPLETED)
                idle += [self._end(future) for future in done]
            elif self._elsewhere:
                time.sleep(POLL)
            if idle and self._elsewhere and self.queue.empty:
                waiting, self._elsewhere = self._elsewhere, []
                self.queue.add(by_program(waiting))

    def begin_whole(self, number: int) -> tuple[Any, ...]:
        """A function and what it is given: the task of this number.

        Whoever adds such tasks to the queue says what they are; of problems alone there are none.
        """
        raise NotImplementedError(f"there is no task {number} here")

    def end_whole(self, number: int, done: Any, killed: Killed | None) -> None:
        """What that function has ``done``, or that its worker was ``killed``."""

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

    def _end(self, future: Future[Any]) -> int:
        """Take what a worker has done: its number."""
        worker, task = self._running.pop(future)
        self.queue.done(worker)
        try:
            done, killed = future.result(), None
        except Killed as error:
            done, killed = None, error
        if task.whole is not None:
            self.end_whole(task.whole, done, killed)
        else:
            self._end_measuring(task.units, done, killed)
        return worker

    def _end_measuring(
        self, units: Sequence[Unit], done: Measured | None, killed: Killed | None
    ) -> None:
        wanted = [unit.wanted for unit in units]
        if done is not None:
            self.perturbed |= done.perturbed
            self.store.end(wanted, good(wanted, done.found))
            for unit, each, seconds in zip(units, done.found, _shares(done), strict=True):
                self.told(unit, each, seconds, True)
            return
        self.store.end(wanted, [])
        if len(units) > 1:  # which of them it was is found one by one
            self.queue.add(group for unit in units for group in by_program([unit]))
            return
        where = _named(units[0])
        error = ValueError(f"{killed} while it measured {where}: is there memory for it?")
        self.told(units[0], error, 0.0, True)


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
