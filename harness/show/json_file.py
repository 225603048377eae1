"""A run as JSON: every verdict and every row with all its numbers, for other programs to read."""

import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

from harness.foundation import whole_files
from harness.show.findings import Report, announced, compared_only, of_theorems, statuses
from harness.show.provenance import here
from harness.studies.ledger import FLOORS, TERMS, UNSTORED, Row
from harness.studies.other_machines import libraries


def write(report: Report, path: Path) -> None:
    """Write ``report`` to ``path``; its folder is made.

    An object with ``summary`` (status: how many verdicts on theorems), ``announced`` (the same of
    what experiments announce), ``compared`` (how many comparisons with a theorem about another
    sampler were decided), ``differences`` (lines), ``told``, and lists of objects.  ``verdicts``
    and ``rows`` have the columns of the ledger and of the rows as keys, with all digits; ``floors``
    says how far rounding can move a number, ``terms`` the parts of a bound where an inequality was
    decided.  ``made`` has the date, the machine and versions.  ``timings`` has the seconds of each
    problem and, without a ``value``, of the verdicts of a sweep.  ``perturbed`` are the places
    where rounding errors were made on purpose, ``libraries`` what numerical libraries say of their
    kernels.  JSON has no infinity: it is the string ``"inf"``.  What was not measured is left out.
    """
    content = {
        "experiments": [each.name for each in report.experiments],
        "summary": statuses(of_theorems(report.ledger)),
        "announced": statuses(announced(report.ledger)),
        "compared": compared_only(report.ledger),
        "told": report.told,
        "made": here(),
        "differences": list(report.differences),
        "verdicts": [_plain(row) for row in report.ledger],
        "rows": [_plain(row) for row in report.outcome.rows],
        "perturbed": sorted(report.outcome.perturbed),
        "libraries": libraries(),
        "timings": [_without_nothing(asdict(each)) for each in report.outcome.timings],
    }
    whole_files.write_json(path, content)


def _plain(row: Row) -> Row:
    found = _without_nothing({key: _value(row[key]) for key in row if key not in UNSTORED})
    floors = {key: _value(value) for key, value in row.get(FLOORS, {}).items() if key in found}
    terms = {key: _value(value) for key, value in row.get(TERMS, {}).items()}
    more = {"terms": _without_nothing(terms)} if terms else {}
    return {**found, "floors": _without_nothing(floors), **more}


def _without_nothing(table: Row) -> Row:
    return {key: value for key, value in table.items() if value is not None}


def _value(value: Any) -> Any:
    """A cell as JSON can hold it; None for what was not measured."""
    if isinstance(value, str) or value is None:
        return value or None
    if isinstance(value, bool | int):
        return value
    number = float(value)
    if math.isnan(number):
        return None
    return number if math.isfinite(number) else str(number)
