"""What a page is made of: committed results, or the JSON file of a run."""

import hashlib
import json
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.show import text
from harness.show.findings import Report
from harness.show.words import count
from harness.studies import experiment as experiments
from harness.studies import ledger
from harness.studies.experiment import Experiment
from harness.studies.ledger import FLOORS, TERMS, Row
from harness.studies.runner import LEDGER_KEYS, ROW_KEYS, Outcome

NAMES = (*LEDGER_KEYS, *ROW_KEYS[:-1], "trust", "rung", "status", "points", "unmet", "reason")
"""Columns that hold text, whatever it looks like."""
MUST = (*LEDGER_KEYS, "status", "reason")
"""What the page cannot do without."""


@dataclass(frozen=True)
class Source:
    """A ``report`` and ``origin``: ``{what: text}`` on where its numbers come from."""

    report: Report
    origin: Mapping[str, str]


def committed(folders: Sequence[Path], known: Sequence[Experiment]) -> Source:
    """The ledgers and rows in ``folders``.

    ``known`` are experiments of which files are at hand.  Raises ValueError where a folder has no
    ledger, or two folders have the same experiment.
    """
    verdicts, rows, origin = [], [], {}
    for folder in folders:
        path = folder / "ledger.csv"
        found = _named(ledger.read(path))
        if not found:
            raise ValueError(f"no verdicts in {path}; run 'leapcheck check --update-ledger' first")
        twice = {row["experiment"] for row in found} & {row["experiment"] for row in verdicts}
        if twice:
            raise ValueError(
                f"an experiment must be in one folder, got {', '.join(sorted(twice))} in {folder} "
                "and in one before it"
            )
        verdicts += found
        for name in dict.fromkeys(row["experiment"] for row in found):
            rows += _named(ledger.read(folder / name / "rows.csv"))
        digest = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
        origin[str(path)] = f"{count(len(found), 'verdict')}, SHA-256 {digest}…"
    told = "as the ledger that is kept has it" + text.contradicted(verdicts) + "; nothing was run"
    return Source(Report(known, Outcome(rows, verdicts), [], told), origin)


def of_run(path: Path, known: Sequence[Experiment]) -> Source:
    """What ``leapcheck check --json`` wrote to ``path``.  Raises ValueError where it is not that.

    It has what committed results have not: differences from the ledger, the terms of a bound, how
    far rounding can move a number, and the machine that found it.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        verdicts = [_fresh(row) for row in content["verdicts"]]
        rows = [_fresh(row) for row in content["rows"]]
        differences, told = list(map(str, content["differences"])), str(content["told"])
        made = {str(key): str(value) for key, value in content.get("made", {}).items()}
        needed = [key for key in MUST for row in verdicts if key not in row]
    except OSError as error:
        raise ValueError(f"{path}: cannot be read: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path}: not what 'leapcheck check --json' writes: {error}") from None
    if needed:
        raise ValueError(f"{path}: every verdict must have {', '.join(dict.fromkeys(needed))}")
    outcome = Outcome(_named(rows), _named(verdicts))
    origin = {str(path): f"{count(len(verdicts), 'verdict')} of one run", **made}
    return Source(Report(known, outcome, differences, told), origin)


def only(source: Source, names: Collection[str]) -> Source:
    """The part of ``source`` that is about the experiments ``names``.

    Raises ValueError where it has no verdict of one.
    """
    report = source.report
    for name in names:
        if not any(row["experiment"] == name for row in report.ledger):
            raise ValueError(
                f"no verdicts of experiment {name!r} in {', '.join(source.origin)}; "
                f"'leapcheck check SPEC --json FILE' makes some, which --run FILE shows"
            )
    verdicts = [row for row in report.ledger if row["experiment"] in names]
    rows = [row for row in report.outcome.rows if row["experiment"] in names]
    told = report.told + f"; only {', '.join(sorted(names))} shown"
    known = [each for each in report.experiments if each.name in names]
    return Source(Report(known, Outcome(rows, verdicts), report.differences, told), source.origin)


def at_hand(paths: Sequence[Path]) -> list[Experiment]:
    """The experiments whose files can be read: what they ask is shown, and nothing rests on it."""
    found = []
    for path in paths:
        try:
            found.append(experiments.read(path))
        except ValueError:  # it is not what is shown that is wrong
            continue
    return found


def _named(rows: Sequence[Row]) -> list[Row]:
    """``rows`` with names as text: a label that looks like a number was read as one."""
    return [
        {k: f"{v:g}" if k in NAMES and isinstance(v, float) else v for k, v in row.items()}
        for row in rows
    ]


def _fresh(row: Mapping[str, Any]) -> Row:
    """A row of the JSON file as a run had it."""
    found = {k: _number(k, v) for k, v in row.items() if k not in ("floors", "terms")}
    for name, key in (("floors", FLOORS), ("terms", TERMS)):
        if name in row:
            found[key] = {k: float(v) for k, v in row[name].items()}
    return found


def _number(key: str, value: Any) -> Any:
    """JSON has no infinity: there it is text."""
    return math.inf if value == "inf" and key not in NAMES else value
