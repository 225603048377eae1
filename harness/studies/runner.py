"""Run experiments: measure every problem, decide every theorem, compare with the ledger."""

import math
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from harness.foundation import workers
from harness.foundation.cluster import Cluster
from harness.foundation.registry import load
from harness.foundation.registry import theorems as registered
from harness.measurement.kept import Nothing, Store
from harness.measurement.work_queue import Queue
from harness.problem.sources import own_files
from harness.studies import ledger, one_by_one
from harness.studies.broken_sweeps import is_of
from harness.studies.experiment import Experiment, Sweep, sweeps
from harness.studies.judged_before import JudgedBefore
from harness.studies.outcome import Outcome as Outcome
from harness.studies.outcome import Progress as Progress
from harness.studies.outcome import Timing as Timing
from harness.studies.partial import Partial
from harness.studies.remaining import Remaining, of_sweep
from harness.studies.spread import Sweeps
from harness.studies.under_way import UnderWay
from harness.verdicts.theorem import comparisons
from harness.verdicts.verdict import Status

WORTH = 20.0  # seconds of one experiment from which on several processes, which take 3 s to start
ROW_KEYS = ("experiment", "target", "sampler", "axis", "value")
LEDGER_KEYS = ("experiment", "target", "sampler", "theorem")


def run(
    experiments: Sequence[Experiment],
    progress: Callable[[Progress], None] = lambda now: None,
    jobs: int = 1,
    keep: Callable[[str, Outcome], None] | None = None,
    partial: Partial | None = None,
    store: Store | None = None,
    client: Any = None,
) -> Outcome:
    """Measure and judge, with ``jobs`` processes where there is work for them.

    All problems are built, and so checked, before the first is run; ``progress`` is called then and
    after each, ``keep`` with the name and outcome of each experiment that found anything when it
    ends.  Each sweep goes to ``partial`` when it ends and is read from there if to be resumed; each
    measurement goes to ``store``, and each sweep that was judged: what that has is not done again.
    The workers of a Dask ``client`` do it in place of processes; modules of one's own are sent to
    them.  A sweep that ends with an error is one of the outcome's failures, and the others go on;
    raises the first such error, a ValueError, TypeError or FloatingPointError, where nothing is
    left.
    """
    found = [sweeps(each) for each in experiments]
    with ExitStack() as begun:
        several = None
        if client is None and jobs > 1 and len(experiments) > 1:
            several = begun.enter_context(workers.of_this_machine(jobs))
            for worker in several.there():  # they import while this process estimates
                several.submit(worker, load)
        parts = [[of_sweep(sweep) for sweep in each] for each in found]
        flat = [[part for of_one in each for part in of_one] for each in parts]
        cluster = None if client is None else Cluster(client, _own_files(found))
        jobs = cluster.number if cluster else jobs
        remaining = Remaining(flat, jobs)
        if several is None and cluster is None and jobs > 1:
            if remaining.seconds < WORTH:
                remaining = Remaining(flat, 1)
            else:
                several = begun.enter_context(workers.of_this_machine(jobs))
        kept = store or Nothing()
        before = JudgedBefore(kept)
        under_way = UnderWay(experiments, found, remaining, progress, keep, partial, before)
        under_way.begin()
        of_places = dict(enumerate(of_one for each in parts for of_one in each))
        given = under_way, of_places, kept
        if cluster:
            Sweeps(*given, cluster, Queue(math.inf, cluster.limits)).run()
        elif several:
            Sweeps(*given, several, Queue()).run()
        elif store:
            Sweeps(*given, workers.Here(), Queue(in_order=True)).run()
        else:
            one_by_one.run(under_way)
        return under_way.outcome()


def _own_files(found: Sequence[Sequence[Sweep]]) -> list[Path]:
    """Modules of one's own that problems and theorems are made by."""
    of_all = [sweep for each in found for sweep in each]
    theorems = {type(t).__module__ for s in of_all for t in s.experiment.chosen_theorems.values()}
    return own_files((problem for sweep in of_all for problem in sweep.problems), theorems)


def compare(
    outcome: Outcome, results: Path, names: Sequence[str], *, whole: bool = False
) -> list[str]:
    """Lines that differ from the ledger and the rows in ``results``, in either direction.

    ``whole``: these are all experiments there are, so the ledger must know no others.
    """
    stored = ledger.read(results / "ledger.csv")
    lines = []
    if whole:
        gone = {row["experiment"] for row in stored}
        gone |= {path.parent.name for path in results.glob("*/rows.csv")}
        lines += [f"{name}: in the ledger, but not run" for name in sorted(gone - set(names))]
    for name in names:
        known = [row for row in stored if row["experiment"] == name]
        expected = [row for row in known if not is_of(row, outcome.broken)]
        found = [row for row in outcome.ledger if row["experiment"] == name]
        old = ledger.read(results / name / "rows.csv")
        if not known and (found or not old):  # what asks for no verdict is known by its rows
            lines.append(f"{name}: not in the ledger; accept its verdicts with --update-ledger")
            continue
        lines += ledger.differences(found, expected, LEDGER_KEYS)
        rows = [row for row in outcome.rows if row["experiment"] == name]
        old = [row for row in old if not is_of(row, outcome.broken)]
        lines += [f"rows of {line}" for line in ledger.differences(rows, old, ROW_KEYS)]
    return lines


def undecided_theorems(outcome: Outcome) -> list[str]:
    """A line for each registered theorem that no row finds to hold: it would be checked nowhere.

    A comparison is nobody's theorem: it need not hold, and stands for none that it resembles.
    """
    good = Status.HOLDS, Status.CONSISTENT
    shown = {row["theorem"] for row in outcome.ledger if row["status"] in good}
    missing = sorted(set(registered) - shown - comparisons())
    return [f"{name}: no experiment finds it to hold" for name in missing]


def save(outcome: Outcome, results: Path, names: Sequence[str], *, update_ledger: bool) -> None:
    """Write rows, keeping the stored digits of what agrees; the ledger only when told to.

    What is stored of a sweep that ended with an error stays.
    """
    for name in names:
        path = results / name / "rows.csv"
        old = ledger.read(path)
        rows = [row for row in outcome.rows if row["experiment"] == name]
        kept = [row for row in old if is_of(row, outcome.broken)]
        ledger.write(path, ledger.merged(rows, old, ROW_KEYS) + kept, ROW_KEYS)
    if update_ledger:
        path = results / "ledger.csv"
        old = ledger.read(path)
        kept = [row for row in old if row["experiment"] not in names or is_of(row, outcome.broken)]
        fresh = ledger.merged(outcome.ledger, old, LEDGER_KEYS)
        ledger.write(path, kept + fresh, LEDGER_KEYS)
