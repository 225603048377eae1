"""An experiment that is run because something is to be shown of it, with progress on stderr."""

from harness.foundation import telling
from harness.show import progress
from harness.studies import runner
from harness.studies.experiment import Experiment


def run(experiment: Experiment) -> runner.Outcome:
    """What running ``experiment`` in this process finds."""
    with telling.telling(f"running {experiment.name}"):
        return runner.run([experiment], progress.of_run([experiment.name]))
