"""A run that is spread over workers: its problems are measured, and sweeps judged when they can be.

Measurements go to the store as they come, and from there, or from memory, to whoever judges.
"""

import time
from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field
from typing import Any

from harness.foundation.registry import label
from harness.foundation.workers import Killed, Workers
from harness.measurement.kept import POLL, Store, asked_by, good
from harness.measurement.result import Measurement
from harness.problem.problem import Problem
from harness.studies import tasks
from harness.studies.remaining import Work
from harness.studies.under_way import UnderWay
from harness.studies.work_queue import Group, Queue, Task, Unit


def run(
    under_way: UnderWay,
    parts: Mapping[int, Sequence[Work]],
    store: Store,
    workers: Workers,
    queue: Queue,
) -> None:
    """Measure and judge what is open, whose parts cost what ``parts`` say, by ``workers``."""
    _Spread(under_way, parts, store, workers, queue).run()


@dataclass
class _Spread:
    under_way: UnderWay
    parts: Mapping[int, Sequence[Work]]
    store: Store
    workers: Workers
    queue: Queue
    known: dict[int, dict[int, Measurement | Exception]] = field(default_factory=dict)
    elsewhere: list[Unit] = field(default_factory=list)
    running: dict[Future[Any], tuple[int, Task]] = field(default_factory=dict)

    def run(self) -> None:
        self.queue.add(self._groups())
        idle = list(range(self.workers.number))
        while self.running or self.elsewhere or not self.queue.empty:
            idle = [worker for worker in idle if not self._begun(worker)]
            if self.running:
                done, _ = wait(self.running, POLL if self.elsewhere else None, FIRST_COMPLETED)
                idle += [self._end(future) for future in done]
            elif self.elsewhere:
                time.sleep(POLL)
            if idle and self.elsewhere and self.queue.empty:
                waiting, self.elsewhere = self.elsewhere, []
                self.queue.add(self._by_program(waiting))

    def _groups(self) -> Iterator[Group]:
        """All there is to measure, and the sweeps that are judged without it."""
        alike: dict[Hashable, list[tuple[int, int]]] = defaultdict(list)
        wanted = {}
        for number in self.under_way.open:
            sweep = self.under_way.places[number].sweep
            self.known[number] = {}
            if sweep.experiment.axis == "epsilon" or any(each.drawn for each in sweep.problems):
                yield self._to_judge(number)
                continue
            asked = asked_by(sweep.experiment.output_only, False)
            for k, problem in enumerate(sweep.problems):
                one = self.store.wanted(problem, asked)
                key = one.digest or (problem, asked)
                wanted.setdefault(key, one)
                alike[key].append((number, k))
        there = self.store.found(wanted.values())
        left = []
        for key, one in wanted.items():
            number, k = alike[key][0]
            part = self.parts[number][k]
            unit = Unit(one, tuple(alike[key]), part.seconds, part.bytes)
            if one.digest in there:
                self._tell(unit, there[one.digest], 0.0, again=False)
            elif why := self.queue.refused(unit):
                self._tell(unit, ValueError(f"{_told(one.problem)}: {why}"), 0.0)
            else:
                left.append(unit)
        yield from self._by_program(left)

    def _by_program(self, units: Sequence[Unit]) -> list[Group]:
        groups: dict[Hashable, Group] = {}
        for unit in units:
            number, k = unit.places[0]
            part = self.parts[number][k]
            home = _home(unit.wanted.problem)
            key = part.program, unit.wanted.asked
            group = groups.setdefault(key, Group(home, compiling=part.compiling))
            group.units.append(unit)
        return list(groups.values())

    def _to_judge(self, number: int) -> Group:
        """The sweep of this number, with what of it is not measured apart."""
        sweep, apart = self.under_way.places[number].sweep, self.known[number]
        left = [part for k, part in enumerate(self.parts[number]) if k not in apart]
        seconds = sum(part.seconds for part in left)
        compiling = max((part.compiling for part in left), default=0.0)
        return Group(_home(sweep.problems[0]), [], number, seconds, compiling)

    def _begun(self, worker: int) -> bool:
        """Whether ``worker`` has begun something; where not, nothing can be."""
        while (task := self.queue.next(worker)) is not None:
            if task.sweep is not None:
                sweep = self.under_way.places[task.sweep].sweep
                given = tasks.judge, sweep, self.known.pop(task.sweep)
            else:
                task = self._claimed(task)
                if not task.units:
                    self.queue.done(worker)
                    continue
                problems = [unit.wanted.problem for unit in task.units]
                given = tasks.measure, problems, task.units[0].wanted.asked
            self.running[self.workers.submit(worker, *given)] = worker, task
            return True
        return False

    def _claimed(self, task: Task) -> Task:
        """What is ours of a task; what others measure waits, and what is there is told."""
        found, ours = self.store.begin([unit.wanted for unit in task.units])
        mine = []
        for unit in task.units:
            digest = unit.wanted.digest
            if digest in found:
                self._tell(unit, found[digest], 0.0, again=False)
            elif digest and digest not in ours:
                self.elsewhere.append(unit)
            else:
                mine.append(unit)
        return Task(tuple(mine))

    def _end(self, future: Future[Any]) -> int:
        """Take what a worker has done: its number."""
        worker, task = self.running.pop(future)
        self.queue.done(worker)
        try:
            done, killed = future.result(), None
        except Killed as error:
            done, killed = None, error
        if task.sweep is not None:
            self._end_sweep(task.sweep, done, killed)
        else:
            self._end_measuring(task.units, done, killed)
        return worker

    def _end_sweep(self, number: int, done: tasks.Judged | None, killed: Killed | None) -> None:
        place = self.under_way.places[number]
        if done is None:
            error = ValueError(f"{killed} in its verdicts, as where there is no memory left")
            self.under_way.end(number, error)
            return
        if not isinstance(done.found, Exception):
            share = done.seconds / len(place.left)
            for part in list(place.left):
                self.under_way.part(number, part, share)
        self.under_way.end(number, done.found, done.perturbed)

    def _end_measuring(
        self, units: Sequence[Unit], done: tasks.Measured | None, killed: Killed | None
    ) -> None:
        wanted = [unit.wanted for unit in units]
        if done is not None:
            self.store.end(wanted, good(wanted, done.found))
            for unit, each, seconds in zip(units, done.found, _shares(done), strict=True):
                self._tell(unit, each, seconds)
            return
        self.store.end(wanted, [])
        if len(units) > 1:  # which of them it was is found one by one
            for unit in units:
                (group,) = self._by_program([unit])
                self.queue.add([group])
            return
        where = _told(wanted[0].problem)
        error = ValueError(f"{killed} while it measured {where}: is there memory for it?")
        self._tell(units[0], error, 0.0)

    def _tell(
        self, unit: Unit, found: Measurement | Exception, seconds: float, again: bool = True
    ) -> None:
        """What was found of a problem, to all sweeps that have it; those that have all are next."""
        for number, k in unit.places:
            self.known[number][k] = found
            self.under_way.part(number, k, seconds, again)
            seconds, again = 0.0, False
            if len(self.known[number]) == len(self.under_way.places[number].sweep.problems):
                self.queue.add([self._to_judge(number)])


def _told(problem: Problem) -> str:
    return f"{label(problem.sampler)} on {label(problem.target)}, {problem.grid.steps} steps"


def _home(problem: Problem) -> Hashable:
    """What problems whose programs have parts in common agree in."""
    return type(problem.noise), problem.space


def _shares(done: tasks.Measured) -> list[float]:
    """The seconds of all, divided as those that each tells of itself."""
    own = [each.seconds if isinstance(each, Measurement) else 0.0 for each in done.found]
    rest = (done.seconds - sum(own)) / len(own)
    return [each + rest for each in own]
