"""A run that is spread over workers: problems are measured, and sweeps judged when they can be."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from harness.foundation.workers import Killed, Workers
from harness.measurement.kept import Store, asked_by
from harness.measurement.result import Measurement
from harness.measurement.spread import Spread
from harness.measurement.work_queue import Group, Queue, Task, Unit, home_of
from harness.studies import tasks
from harness.studies.outcome import place_of
from harness.studies.remaining import Work, storable
from harness.studies.under_way import UnderWay


class Sweeps(Spread):
    """What is open of the run ``under_way``, whose parts cost what ``parts`` say, by ``workers``.

    Places of problems are ``(number of the sweep, number of the problem)``.
    """

    def __init__(
        self,
        under_way: UnderWay,
        parts: Mapping[int, Sequence[Work]],
        store: Store,
        workers: Workers,
        queue: Queue,
    ) -> None:
        super().__init__(store, workers, queue, self._tell)
        self.under_way, self.parts = under_way, parts
        self.known: dict[int, dict[int, Measurement | Exception]] = {}

    def run(self) -> None:
        """Measure and judge all of it."""
        self.add(self.units())
        super().run()
        self.under_way.perturbed |= self.perturbed

    def units(self) -> Iterator[Unit]:
        """All there is to measure; what is measured where it is judged goes to the queue."""
        for number in self.under_way.open:
            sweep = self.under_way.places[number].sweep
            self.known[number] = {}
            if not storable(sweep):
                self.queue.add([self._to_judge(number)])
                continue
            asked = asked_by(sweep.experiment.output_only, False)
            for k, problem in enumerate(sweep.problems):
                part, wanted = self.parts[number][k], self.store.wanted(problem, asked)
                of_program = part.program, part.compiling
                yield Unit(wanted, ((number, k),), part.seconds, part.bytes, *of_program)

    def begin_whole(self, number: int) -> tuple[Any, ...]:
        """To judge the sweep of this ``number``."""
        return tasks.judge, self.under_way.places[number].sweep, self.known[number]

    def named(self, task: Task) -> str:
        """Problems, or the verdicts of a sweep."""
        if task.whole is None:
            return super().named(task)
        sweep = self.under_way.places[task.whole].sweep
        return f"verdicts of {', '.join(place_of(sweep))}"

    def end_whole(self, number: int, done: Any, killed: Killed | None) -> None:
        """A sweep is judged, or its worker was killed."""
        place = self.under_way.places[number]
        del self.known[number]
        if killed is not None:
            error = ValueError(f"{killed} in its verdicts: is there memory for them?")
            self.under_way.end(number, error)
            return
        if not isinstance(done.found, Exception):
            expected = {part: self.parts[number][part].whole for part in place.left}
            ratio = done.seconds / (sum(expected.values()) or 1.0)
            for part, seconds in expected.items():
                self.under_way.part(number, part, ratio * seconds)
        self.under_way.end(number, done.found, done.perturbed)

    def _to_judge(self, number: int) -> Group:
        """The sweep of this number, with what of it is not measured apart."""
        sweep, apart = self.under_way.places[number].sweep, self.known[number]
        left = [part for k, part in enumerate(self.parts[number]) if k not in apart]
        seconds = sum(part.seconds for part in left)
        compiling = max((part.compiling for part in left), default=0.0)
        return Group(home_of(sweep.problems[0]), [], number, seconds, compiling)

    def _tell(
        self, unit: Unit, found: Measurement | Exception, seconds: float, again: bool
    ) -> None:
        """What was found of a problem, to all sweeps that have it; those that have all are next."""
        for number, k in unit.places:
            self.known[number][k] = found
            self.under_way.part(number, k, seconds, again)
            seconds, again = 0.0, False
            if len(self.known[number]) == len(self.under_way.places[number].sweep.problems):
                self.queue.add([self._to_judge(number)])
