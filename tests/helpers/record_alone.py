"""Times experiments one by one, for ``test_plan``: CPU seconds of a process that compiles all.

``python tests/helpers/record_alone.py`` rewrites ``tests/studies/recorded_alone.csv``, in some
twenty minutes of CPU, with the seconds of the matrix product that plans know the machine by; with
the name of an experiment it prints both of that alone.
"""

import csv
import os
import subprocess
import sys
import time
from pathlib import Path

from harness.foundation import compilation

TESTS = Path(__file__).parents[1]
EXPERIMENTS = TESTS.parent / "experiments"
OTHERS = ("JAX_COMPILATION_CACHE_DIR", compilation.VARIABLE)  # set for tests


def seconds(name: str) -> float:
    """Of measuring and judging the experiment, in this process."""
    compilation.quickly()
    from harness.studies import experiment, runner

    chosen = experiment.read(EXPERIMENTS / f"{name}.toml")
    experiment.sweeps(chosen)
    began = time.process_time()
    runner.run([chosen])
    return time.process_time() - began


def in_a_process(name: str) -> tuple[float, float]:
    """The same in a process of its own, with no cache on disk and as leapcheck has XLA compile.

    And a matrix product.
    """
    environment = {k: v for k, v in os.environ.items() if k not in OTHERS}
    environment["OPENBLAS_NUM_THREADS"] = "1"
    command = [sys.executable, __file__, name]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    taken, product = map(float, done.stdout.split())
    return taken, product


def main() -> None:
    """Write the seconds of all."""
    with (TESTS / "studies/recorded_alone.csv").open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("experiment", "seconds", "product"))
        names = [*EXPERIMENTS.glob("*.toml"), *EXPERIMENTS.glob("full/*.toml")]
        for name in (str(path.relative_to(EXPERIMENTS))[:-5] for path in sorted(names)):
            writer.writerow((name, *(f"{each:.3g}" for each in in_a_process(name))))
            file.flush()


if __name__ == "__main__":
    if len(sys.argv) > 1:
        from harness.problem.cost import product_seconds

        print(seconds(sys.argv[1]), product_seconds())
    else:
        main()
