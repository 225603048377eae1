"""Sweeps that were judged before, as a store has them: by all that their rows depend on."""

import json

from harness.measurement.kept import Store
from harness.studies.experiment import Sweep
from harness.studies.judged import Finished

JUDGING = "harness.studies.judged"


class JudgedBefore:
    """What a ``store`` has of sweeps: what their searches, draws and verdicts took is not lost.

    A sweep goes by its problems and theorems, what its experiment asks, and the sources of all of
    these and of what measures and judges.
    """

    def __init__(self, store: Store) -> None:
        self.store = store

    def read(self, sweep: Sweep) -> Finished | None:
        """What ``sweep`` has found; None where that is not known."""
        text = self.store.text(self._key(sweep))
        return None if text is None else Finished.read(text)

    def keep(self, sweep: Sweep, found: Finished, seconds: float) -> None:
        """Keep what took so many seconds."""
        if key := self._key(sweep):
            self.store.keep_text(key, found.written(), seconds)

    def _key(self, sweep: Sweep) -> str:
        if not self.store.name:
            return ""  # where nothing is kept nothing has to be told apart
        experiment, theorems = sweep.experiment, sweep.experiment.chosen_theorems
        asked = [repr(each) for each in sweep.expectations()]
        told = (
            *(experiment.name, experiment.axis, experiment.output_only, experiment.question),
            *(sweep.target, sweep.sampler, [*sweep.values], asked),
            {name: repr(theorem) for name, theorem in theorems.items()},
        )
        modules = {JUDGING, *(type(theorem).__module__ for theorem in theorems.values())}
        return self.store.key(sweep.problems, sorted(modules), json.dumps(told))
