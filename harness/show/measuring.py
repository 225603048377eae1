"""An experiment that is run because something is to be shown of it, with progress on stderr."""

from rich.console import Console

from harness.show import progress
from harness.studies import runner
from harness.studies.experiment import Experiment


def run(experiment: Experiment) -> runner.Outcome:
    """What running ``experiment`` in this process finds."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    with progress.shown(console, [experiment.name]) as tick:
        return runner.run([experiment], tick)
