"""A run that is under way: what is done of it is told, and put together as it comes."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from harness.foundation import perturbation
from harness.studies.broken_sweeps import raise_if_all
from harness.studies.experiment import Experiment, Sweep
from harness.studies.judged import Finished
from harness.studies.judged_before import JudgedBefore
from harness.studies.outcome import Outcome, Progress, Timing, joined, of_experiment, place_of
from harness.studies.partial import Partial
from harness.studies.remaining import Remaining


@dataclass
class Place:
    """A ``sweep`` of the experiment of number ``experiment``, whose first part is its ``first``.

    Parts are its problems and then its verdicts; ``left`` are those that are not done, ``timings``
    those that took time.  ``found`` is None until it is judged.
    """

    sweep: Sweep
    experiment: int
    first: int
    left: list[int]
    timings: list[Timing] = field(default_factory=list)
    found: Finished | Exception | None = None


class UnderWay:
    """The sweeps of a run in their order; ``told`` and ``keep`` as in ``runner.run``."""

    def __init__(
        self,
        experiments: Sequence[Experiment],
        sweeps: Sequence[Sequence[Sweep]],
        remaining: Remaining,
        told: Callable[[Progress], None],
        keep: Callable[[str, Outcome], None] | None,
        partial: Partial | None,
        before: JudgedBefore,
    ) -> None:
        self.experiments, self.remaining = experiments, remaining
        self.partial, self.before = partial, before
        self._told, self._keep = told, keep
        self.places: list[Place] = []
        for k, of_one in enumerate(sweeps):
            first = 0
            for sweep in of_one:
                parts = len(sweep.values) + 1
                self.places.append(Place(sweep, k, first, list(range(parts))))
                first += parts
        self._outcomes: dict[int, Outcome] = {}
        self.perturbed: set[str] = set()
        self._kept: dict[int, list[Path]] = {k: [] for k in range(len(experiments))}
        self._done, self._total = 0, sum(len(each.sweep.values) for each in self.places)

    def begin(self) -> None:
        """Tell that nothing is done yet, and end what was finished before."""
        self._tell(0)
        for number, place in enumerate(self.places):
            found = self.partial.read(place.sweep) if self.partial else None
            if found := found or self.before.read(place.sweep):
                self.end(number, found, again=False)

    @property
    def open(self) -> list[int]:
        """Numbers of the sweeps that are not judged."""
        return [k for k, place in enumerate(self.places) if place.found is None]

    def part(self, number: int, part: int, seconds: float, again: bool = True) -> None:
        """A part of a sweep took ``seconds``; not ``again``: it was known, and took none."""
        place = self.places[number]
        place.left.remove(part)
        value = (*place.sweep.values, None)[part]
        if again:
            place.timings.append(Timing(*place_of(place.sweep), value, seconds))
        self.remaining.ended(place.experiment, seconds, place.first + part)
        self._done += value is not None
        self._tell(place.experiment)

    def end(
        self,
        number: int,
        found: Finished | Exception,
        perturbed: Iterable[str] = perturbation.HITS,
        again: bool = True,
    ) -> None:
        """A sweep is judged, or has ended with an error.  What is left of it takes no time.

        Not ``again``: it was judged before.
        """
        place = self.places[number]
        for part in list(place.left):
            self.part(number, part, 0.0, again=False)
        self.perturbed |= set(perturbed)
        if self.partial and not isinstance(found, Exception):
            path = self.partial.keep(place.sweep, found)
            self._kept[place.experiment] += [path] if path else []
        if again and not isinstance(found, Exception):
            seconds = sum(timing.seconds for timing in place.timings)
            self.before.keep(place.sweep, found, seconds)
        place.found = found
        of_it = [each for each in self.places if each.experiment == place.experiment]
        pairs = [(each.sweep, each.found) for each in of_it if each.found is not None]
        if len(pairs) == len(of_it):
            self._end_experiment(place.experiment, of_it, pairs)

    def outcome(self) -> Outcome:
        """All that was found.  Raises the first error where every sweep has ended with one."""
        whole = joined([self._outcomes[k] for k in range(len(self.experiments))])
        whole.perturbed |= self.perturbed
        raise_if_all(whole.broken, len(self.places))
        return whole

    def _end_experiment(
        self,
        number: int,
        places: Sequence[Place],
        found: Sequence[tuple[Sweep, Finished | Exception]],
    ) -> None:
        experiment = self.experiments[number]
        outcome = of_experiment(experiment, found)
        outcome.timings = [timing for each in places for timing in each.timings]
        outcome.kept = self._kept[number]
        self._outcomes[number] = outcome
        if self._keep and outcome.ledger:
            self._keep(experiment.name, outcome)

    def _tell(self, experiment: int) -> None:
        now = self.remaining.share, self.remaining.seconds
        name = self.experiments[experiment].name
        self._told(Progress(name, self._done, self._total, *now))
