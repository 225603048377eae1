"""Times a run of all experiments, for ``test_remaining``: seconds of CPU in one process.

``python tests/studies/record_run.py`` rewrites ``recorded_run.csv`` beside it, in some twelve
minutes of CPU: without a cache on disk of what JAX compiles.
"""

import csv
import time
from collections import defaultdict
from pathlib import Path
from types import SimpleNamespace

from harness.foundation import compilation
from harness.studies import experiment, one_by_one, runner

HERE = Path(__file__).parent


def main() -> None:
    """Run, and write a row a sweep: the seconds of its problems, and of its verdicts."""
    compilation.quickly()
    one_by_one.time = SimpleNamespace(perf_counter=time.process_time)  # other work does not count
    files = sorted((HERE.parents[1] / "experiments").glob("*.toml"))
    outcome = runner.run([experiment.read(path) for path in files])
    sweeps = defaultdict(list)
    for each in outcome.timings:
        sweeps[each.experiment, each.target, each.sampler].append(each)
    with (HERE / "recorded_run.csv").open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("experiment", "target", "sampler", "problems", "verdicts"))
        for place, parts in sweeps.items():
            problems = " ".join(f"{p.seconds:.3f}" for p in parts if p.value is not None)
            verdicts = sum(p.seconds for p in parts if p.value is None)
            writer.writerow((*place, problems, f"{verdicts:.3f}"))


if __name__ == "__main__":
    main()
