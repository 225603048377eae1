# pyright: reportArgumentType=false, reportGeneralTypeIssues=false, reportCallIssue=false
# (the stubs of pandas do not know that columns are strings)
"""Tables of verdicts, orders, needed constants, and of work against precision."""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from harness.foundation.digits import written
from harness.show import findings
from harness.show.paper import captions
from harness.show.paper.captions import sentences
from harness.show.paper.formats import PrintedTable
from harness.show.paper.input_rows import Source
from harness.show.paper.names import KL, QUANTITIES, Names
from harness.show.words import listed
from harness.studies.comparison import BELOW
from harness.studies.judge import ORDER
from harness.studies.ledger import Row
from harness.verdicts.verdict import Status

DIGITS = 3
TRUSTS = "[T] read in full, [O] order only, [D] proved here, [N] nobody's theorem"
GROWTHS = {
    "step": "1/h",
    "delta": "1/δ",
    "score_error": "1/ε",
    "epsilon": "1/ε",
}
"""The direction in which a constant must not grow, where it is not that of the axis."""


def verdicts(source: Source, names: Names, quantity: str) -> PrintedTable:
    """Every verdict that says something: status, what was measured, and the bound or constant."""
    rows = [row for row in source.verdicts if row["status"] != Status.NOT_APPLICABLE]
    rows = [row for row in rows if not findings.is_order(row)]  # they have a table of their own
    told = sentences(
        [
            "verdicts on sweeps, measured and bound where the theorem is nearest to fail, "
            "in nats or total variation",
            "an inequality HOLDS, is VIOLATED, or is VACUOUS where doing nothing gives no more; "
            "a rate is CONSISTENT where the constant that it needs, measured / form, does not grow "
            "along the axis",
            TRUSTS,
            *_how(source),
        ]
    )
    titles = ["target", "sampler", "theorem", "verdict", "measured", "bound", "constant", "growth"]
    return PrintedTable(
        "verdicts",
        told,
        _titles(source, titles),
        [
            [
                *_case(source, row, names),
                _theorem(row, names),
                row["status"],
                _number(row.get("measured")),
                "" if "constant" in row else _number(row.get("bound")),
                _number(row.get("constant")),
                _number(row.get("slope")),
            ]
            for row in rows
        ],
    )


def orders(source: Source, names: Names, quantity: str) -> PrintedTable:
    """Orders that experiments announce, and the slope that was found last."""
    rows = [row for row in source.verdicts if findings.is_order(row)]
    told = sentences(
        [
            "local order along the axis of the sweep: d log quantity / d log axis between the last "
            "two points, of KLs in nats",
            *_how(source),
        ]
    )
    titles = ["target", "sampler", "quantity", "along", "order", "expected", "verdict"]
    return PrintedTable(
        "orders",
        told,
        _titles(source, titles),
        [
            [
                *_case(source, row, names),
                _quantity(row["theorem"].removeprefix(ORDER)),
                "h" if row["axis"] == "step" else row["axis"],
                _number(row.get("slope")),
                _number(row.get("bound")),
                row["status"],
            ]
            for row in rows
        ],
    )


def constants(source: Source, names: Names, quantity: str) -> PrintedTable:
    """The largest constant that a sweep needs of each rate, and its growth."""
    rows = [row for row in source.verdicts if "constant" in row]
    told = sentences(
        [
            "the largest constant, measured / form, that each sweep needs of a rate, and the "
            "largest of its last three slopes along the axis in the direction in which it must "
            "not grow",
            TRUSTS,
            *_how(source),
        ]
    )
    titles = ["target", "sampler", "theorem", "along", "constant", "growth", "verdict"]
    return PrintedTable(
        "constants",
        told,
        _titles(source, titles),
        [
            [
                *_case(source, row, names),
                _theorem(row, names),
                GROWTHS.get(row["axis"], row["axis"]),
                _number(row["constant"]),
                _number(row.get("slope")),
                row["status"],
            ]
            for row in rows
        ],
    )


def work(source: Source, names: Names, quantity: str) -> PrintedTable:
    """A quantity by the expected number of score calls, a line for each sampler.

    Numbers of calls that one sweep alone has make no columns: of a sweep with nothing else the
    last is told.  Raises ValueError where either was not measured.
    """
    if quantity not in source.rows or "score_calls" not in source.rows:
        raise ValueError(f"work needs {quantity} and score calls, which these rows have not")
    rows = source.rows[source.rows["score_calls"].notna() & source.rows[quantity].notna()]
    rows = rows.assign(score_calls=[_rounded(each) for each in rows["score_calls"]])
    sweeps = list(rows.groupby(["experiment", "target", "sampler"], sort=False))
    sweeps = [(key, dict(zip(g["score_calls"], g[quantity], strict=True))) for key, g in sweeps]
    common = Counter(calls for _, values in sweeps for calls in values)
    calls = sorted(each for each, number in common.items() if number > 1 or len(sweeps) == 1)
    others = any(not set(values) & set(calls) for _, values in sweeps)
    found = []
    for key, values in sweeps:
        row = dict(zip(("experiment", "target", "sampler"), key, strict=True))
        cells = [_number(values.get(each)) for each in calls]
        last = "" if set(values) & set(calls) else f"{_number([*values.values()][-1])} at "
        cells += [last + (f"{[*values][-1]:g}" if last else "")] if others else []
        found.append([*_case(source, row, names), *cells])
    unit = ", nats" if QUANTITIES[quantity].unit == KL else ""
    told = [f"{QUANTITIES[quantity].label}{unit}, by the expected number of score calls a sequence"]
    told += [captions.MEANS[quantity]] if quantity in captions.MEANS else []
    titles = ["target", "sampler", *(f"{each:g}" for each in calls)]
    titles += ["other calls"] if others else []
    return PrintedTable("work", sentences(told + _how(source)), _titles(source, titles), found)


KINDS: Mapping[str, Callable[[Source, Names, str], PrintedTable]] = {
    "verdicts": verdicts,
    "orders": orders,
    "constants": constants,
    "work": work,
}


def of(kind: str, source: Source, names: Names, quantity: str) -> PrintedTable:
    """The table called ``kind``.  Raises ValueError where it would be empty."""
    found = KINDS[kind](source, names, quantity)
    if not found.rows:
        raise ValueError(f"a table of {kind} must have rows, and there are none in {source.told}")
    return found


def _how(source: Source) -> list[str]:
    """What was measured, at what sizes; where the experiments are several they are named."""
    found = list(source.rows["experiment"].unique())
    return [captions.how(source.rows), f"from the sweeps of {listed(found)}"]


def _titles(source: Source, titles: Sequence[str]) -> list[str]:
    return [*(["experiment"] if _several(source) else []), *titles]


def _case(source: Source, row: Mapping[str, Any], names: Names) -> list[str]:
    """Experiment, where there are several, target and sampler."""
    place = names.target(str(row["target"])), names.sampler(str(row["sampler"]))
    return [*([str(row["experiment"])] if _several(source) else []), *place]


def _several(source: Source) -> bool:
    return len(set(source.rows["experiment"])) > 1


def _theorem(row: Row, names: Names) -> str:
    """A theorem in print with its label; what an experiment announces in its own words."""
    told = row["theorem"]
    if findings.is_order(row):
        return f"{ORDER}{_quantity(told.removeprefix(ORDER))}"
    if BELOW in told:
        quantity, other = told.split(BELOW)
        return f"{_quantity(quantity)}{BELOW}{names.sampler(other)}"
    return f"{names.theorem(told)} [{row['trust']}]"


def _quantity(name: str) -> str:
    return QUANTITIES[name].label if name in QUANTITIES else name


def _number(value: Any) -> str:
    """A number to three digits; nothing for what was not measured."""
    if value is None or value == "" or math.isnan(float(value)):
        return ""
    return written(float(value), 0.0, DIGITS)


def _rounded(calls: float) -> float:
    """Expected numbers of calls that are the same to three digits share a column."""
    return float(f"{calls:.3g}")
