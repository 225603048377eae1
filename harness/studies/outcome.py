"""What a run finds and how far it is; and an experiment whose sweeps are all done."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from harness.studies.broken_sweeps import Place, told
from harness.studies.comparison import comparison
from harness.studies.experiment import Experiment, Sweep
from harness.studies.judged import Finished, ledger_row
from harness.studies.ledger import Row


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


def joined(outcomes: Sequence[Outcome]) -> Outcome:
    return Outcome(
        rows=[row for each in outcomes for row in each.rows],
        ledger=[row for each in outcomes for row in each.ledger],
        failures=[line for each in outcomes for line in each.failures],
        timings=[timing for each in outcomes for timing in each.timings],
        perturbed={place for each in outcomes for place in each.perturbed},
        broken={place: error for each in outcomes for place, error in each.broken.items()},
        kept=[path for each in outcomes for path in each.kept],
    )


def place_of(sweep: Sweep) -> Place:
    """What a sweep is called."""
    return sweep.experiment.name, sweep.target, sweep.sampler


def of_experiment(
    experiment: Experiment, found: Sequence[tuple[Sweep, Finished | Exception]]
) -> Outcome:
    """What all sweeps of an ``experiment`` have found, an error for one that ended with it."""
    outcome, decided = Outcome(), 0
    for sweep, each in found:
        if isinstance(each, Exception):
            place = place_of(sweep)
            outcome.broken[place] = error = told(each, place)
            outcome.failures.append(str(error))
            continue
        outcome.rows += each.rows
        outcome.ledger += each.ledger
        decided += each.decided
    decided += sum(_compared(experiment, found, outcome))
    asked = experiment.chosen_theorems or experiment.expect or experiment.compare
    if asked and not decided and len(outcome.broken) < len(found):
        outcome.failures.append(f"{experiment.name}: compared nothing")
    return outcome


def _compared(
    experiment: Experiment, found: Sequence[tuple[Sweep, object]], outcome: Outcome
) -> list[bool]:
    """Adds the verdicts of the experiment's comparisons: whether each is decided."""
    decided = []
    for sweep, _ in found:
        for compare in sweep.comparisons():
            pair = ((experiment.name, sweep.target, n) for n in (compare.lower, compare.higher))
            if any(place in outcome.broken for place in pair):
                continue
            verdict = comparison(compare, sweep.target, outcome.rows)
            outcome.ledger.append(ledger_row(sweep, verdict))
            decided.append(verdict.decided)
    return decided
