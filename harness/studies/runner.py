"""Run experiments: measure every problem, decide every theorem, compare with the ledger."""

import math
import queue
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from harness.foundation import perturbation, processes
from harness.foundation.registry import theorems as registered
from harness.studies import ledger
from harness.studies.broken_sweeps import Place, is_of, raise_if_all, told
from harness.studies.comparison import comparison
from harness.studies.experiment import Experiment, Sweep, sweeps
from harness.studies.judge import judge, names
from harness.studies.ledger import FLOORS, TERMS, Row
from harness.studies.partial import Finished, Partial
from harness.studies.remaining import Remaining, of_sweep, ordered
from harness.verdicts.theorem import comparisons
from harness.verdicts.verdict import Status, Verdict

ROW_KEYS = ("experiment", "target", "sampler", "axis", "value")
NUMBERS = ("measured", "bound", "constant", "slope")
LEDGER_KEYS = ("experiment", "target", "sampler", "theorem")


@dataclass(frozen=True)
class Progress:
    """Where a run is: the ``experiment`` that moved, problems ``done`` of ``total``.

    ``share`` of the work, 0 to 1, is done; about ``seconds`` are left.
    """

    experiment: str
    done: int
    total: int
    share: float
    seconds: float


@dataclass(frozen=True)
class Timing:
    """Seconds that one problem took (``value`` of its sweep), or all verdicts of a sweep."""

    experiment: str
    target: str
    sampler: str
    value: float | None
    seconds: float


@dataclass
class Outcome:
    """What a run found: rows of measurements, ledger lines, and what was wrong with either.

    ``perturbed``: where errors were made on purpose.  ``broken``: the sweeps that ended with an
    error, which ``failures`` tell; they have no rows and ledger lines.  ``kept``: files of sweeps.
    """

    rows: list[Row] = field(default_factory=list)
    ledger: list[Row] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    timings: list[Timing] = field(default_factory=list)
    perturbed: set[str] = field(default_factory=set)
    broken: dict[Place, Exception] = field(default_factory=dict)
    kept: list[Path] = field(default_factory=list)


def run(
    experiments: Sequence[Experiment],
    progress: Callable[[Progress], None] = lambda now: None,
    jobs: int = 1,
    keep: Callable[[str, Outcome], None] | None = None,
    partial: Partial | None = None,
) -> Outcome:
    """Measure and judge, ``jobs`` experiments at a time.

    All problems are built, and so checked, before the first is run; ``progress`` is called then and
    after each, ``keep`` with the name and outcome of each experiment that found anything when it
    ends.  Each sweep goes to ``partial`` when it ends and is read from there if to be resumed.
    One that ends with an error is one of the outcome's failures, and the others go on; raises the
    first such error, a ValueError, TypeError or FloatingPointError, where nothing is left.
    """
    found = [sweeps(each) for each in experiments]
    parts = [[part for sweep in each for part in of_sweep(sweep)] for each in found]
    alone = jobs == 1 or len(experiments) == 1
    order = list(range(len(parts))) if alone else ordered(parts)
    remaining = Remaining(parts, order, 1 if alone else jobs)
    place = {each.name: k for k, each in enumerate(experiments)}
    done, total = 0, sum(len(sweep.values) for each in found for sweep in each)

    def tell(experiment: str) -> None:
        progress(Progress(experiment, done, total, remaining.share, remaining.seconds))

    def tick(timing: Timing) -> None:
        nonlocal done
        remaining.ended(place[timing.experiment], timing.seconds)
        done += timing.value is not None
        tell(timing.experiment)

    def ended(k: int, outcome: Outcome) -> Outcome:
        if keep and outcome.ledger:
            keep(experiments[k].name, outcome)
        return outcome

    def whole(outcomes: Sequence[Outcome]) -> Outcome:
        joined = _joined(outcomes)
        raise_if_all(joined.broken, sum(map(len, found)))
        return joined

    tell(experiments[order[0]].name)
    if alone:
        each = enumerate(experiments)
        return whole([ended(k, _run_one(one, tick, partial)) for k, one in each])
    with processes.manager() as manager, processes.pool(jobs) as pool:
        ticks = manager.Queue()
        with processes.deaf_to_interrupts():
            submitted = (pool.submit(_run_one, experiments[k], ticks.put, partial) for k in order)
            pending = dict(zip(order, submitted, strict=True))
        outcomes: dict[int, Outcome] = {}
        while len(outcomes) < len(experiments) or not ticks.empty():
            for k in [k for k, future in pending.items() if k not in outcomes and future.done()]:
                outcomes[k] = ended(k, pending[k].result())
            with suppress(queue.Empty):
                tick(ticks.get(timeout=0.2))
        return whole([outcomes[k] for k in range(len(experiments))])


def _run_one(
    experiment: Experiment, tick: Callable[[Timing], None], partial: Partial | None = None
) -> Outcome:
    outcome, decided, ours = Outcome(), 0, sweeps(experiment)
    clock: _Clock | None = None
    for sweep in ours:
        if clock:
            clock.gives_up()
        clock = _Clock(sweep, outcome.timings, tick)
        try:
            found = _read(sweep, clock, partial) or _judged(sweep, clock)
        except Exception as raised:  # a stranger's sampler may raise anything; the others go on
            outcome.broken[_place(sweep)] = error = told(raised, _place(sweep))
            outcome.failures.append(str(error))
            continue
        if partial and (path := partial.keep(sweep, found)):
            outcome.kept.append(path)
        outcome.rows += found.rows
        outcome.ledger += found.ledger
        decided += found.decided
    for sweep in ours:
        for compare in sweep.comparisons():
            pair = ((experiment.name, sweep.target, n) for n in (compare.lower, compare.higher))
            if any(place in outcome.broken for place in pair):
                continue
            verdict = comparison(compare, sweep.target, outcome.rows)
            outcome.ledger.append(_ledger_row(sweep, verdict))
            decided += verdict.decided
    if not decided and len(outcome.broken) < len(ours):
        outcome.failures.append(f"{experiment.name}: compared nothing")
    outcome.perturbed = set(perturbation.HITS)
    return outcome


def _read(sweep: Sweep, clock: "_Clock", partial: Partial | None) -> Finished | None:
    found = partial.read(sweep) if partial else None
    if found:
        clock.gives_up()
    return found


def _judged(sweep: Sweep, clock: "_Clock") -> Finished:
    rows, verdicts = judge(sweep, clock.problem)
    clock.verdicts()
    lines = [_ledger_row(sweep, verdict) for verdict in verdicts]
    return Finished(rows, lines, sum(verdict.decided for verdict in verdicts))


def _place(sweep: Sweep) -> Place:
    return sweep.experiment.name, sweep.target, sweep.sampler


class _Clock:
    """The timings of one sweep, as its problems end one by one."""

    def __init__(self, sweep: Sweep, timings: list[Timing], tick: Callable[[Timing], None]) -> None:
        self.sweep, self.timings, self.tick = sweep, timings, tick
        self.values, self.began, self.ended = iter(sweep.values), time.perf_counter(), False

    def problem(self) -> None:
        self._add(next(self.values))

    def gives_up(self) -> None:
        """What is left of a sweep that ended with an error, or was read, takes no time."""
        for value in () if self.ended else (*self.values, None):
            self._tick(value, 0.0)
        self.ended = True

    def verdicts(self) -> None:
        self._add(None)
        self.ended = True

    def _add(self, value: float | None) -> None:
        now = time.perf_counter()
        self.timings.append(self._tick(value, now - self.began))
        self.began = now

    def _tick(self, value: float | None, seconds: float) -> Timing:
        timing = Timing(*_place(self.sweep), value, seconds)
        self.tick(timing)
        return timing


def _joined(outcomes: Sequence[Outcome]) -> Outcome:
    return Outcome(
        rows=[row for each in outcomes for row in each.rows],
        ledger=[row for each in outcomes for row in each.ledger],
        failures=[line for each in outcomes for line in each.failures],
        timings=[timing for each in outcomes for timing in each.timings],
        perturbed={place for each in outcomes for place in each.perturbed},
        broken={place: error for each in outcomes for place, error in each.broken.items()},
        kept=[path for each in outcomes for path in each.kept],
    )


def compare(
    outcome: Outcome, results: Path, names: Sequence[str], *, whole: bool = False
) -> list[str]:
    """Lines that differ from the ledger and the rows in ``results``, in either direction.

    ``whole``: these are all experiments there are, so the ledger must know no others.
    """
    stored = ledger.read(results / "ledger.csv")
    lines = []
    if whole:
        gone = {row["experiment"] for row in stored} | {
            p.parent.name for p in results.glob("*/rows.csv")
        }
        lines += [f"{name}: in the ledger, but not run" for name in sorted(gone - set(names))]
    for name in names:
        known = [row for row in stored if row["experiment"] == name]
        expected = [row for row in known if not is_of(row, outcome.broken)]
        if not known:
            lines.append(f"{name}: not in the ledger; accept its verdicts with --update-ledger")
            continue
        found = [row for row in outcome.ledger if row["experiment"] == name]
        lines += ledger.differences(found, expected, LEDGER_KEYS)
        rows = [row for row in outcome.rows if row["experiment"] == name]
        old = ledger.read(results / name / "rows.csv")
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


def _ledger_row(sweep: Sweep, verdict: Verdict) -> Row:
    numbers = {name: getattr(verdict, name) for name in NUMBERS}
    return {
        **names(sweep),
        "axis": sweep.experiment.axis,
        "theorem": verdict.theorem,
        "trust": verdict.trust,
        "rung": verdict.rung,
        "status": str(verdict.status),
        "points": verdict.points,
        **({"unmet": verdict.reason} if verdict.status is Status.NOT_APPLICABLE else {}),
        **{k: v for k, v in numbers.items() if not math.isnan(v)},
        "reason": verdict.reason,
        FLOORS: dict(verdict.floors),
        **({TERMS: dict(verdict.terms)} if verdict.terms else {}),
    }
