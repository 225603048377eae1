"""A sweep that was judged, as rows and lines of the ledger."""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass

from harness.foundation.registry import plain
from harness.measurement.result import Measurement
from harness.studies.experiment import Sweep
from harness.studies.judge import judge, names
from harness.studies.ledger import FLOORS, TERMS, Row
from harness.verdicts.verdict import Status, Verdict

NUMBERS = ("measured", "bound", "constant", "slope")


@dataclass(frozen=True)
class Finished:
    """What a sweep found: rows, ledger lines, and how many of its verdicts are ``decided``."""

    rows: list[Row]
    ledger: list[Row]
    decided: int

    def written(self) -> str:
        """As JSON, in which nan and inf stand as Python's ``json`` writes them."""
        return json.dumps(asdict(self), default=plain, separators=(",", ":"))

    @classmethod
    def read(cls, text: str) -> "Finished":
        """What was ``written``.  Raises ValueError or TypeError for what is none."""
        return cls(**json.loads(text))


def judged(
    sweep: Sweep,
    tick: Callable[[], None],
    known: Mapping[int, Measurement | Exception] | None = None,
) -> Finished:
    """``judge`` of a sweep, of whose problems those are ``known`` that were measured before."""
    rows, verdicts = judge(sweep, tick, known)
    lines = [ledger_row(sweep, verdict) for verdict in verdicts]
    return Finished(rows, lines, sum(verdict.decided for verdict in verdicts))


def ledger_row(sweep: Sweep, verdict: Verdict) -> Row:
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
