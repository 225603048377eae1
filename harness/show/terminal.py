"""A run on a terminal: the lines of ``text`` in columns and colours."""

from collections.abc import Iterator

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from harness.show import text
from harness.show.findings import DIFFERS, Report
from harness.verdicts.verdict import Status

COLOURS = {
    DIFFERS: "bold red",
    Status.VIOLATED: "red",
    Status.INCONSISTENT: "red",
    Status.INCONCLUSIVE: "yellow",
    Status.VACUOUS: "dim",
    Status.NOT_APPLICABLE: "dim",
    Status.HOLDS: "green",
    Status.CONSISTENT: "green",
}


def blocks(report: Report, everything: bool = False) -> Iterator[RenderableType]:
    """What ``text.lines`` says, block by block."""
    surprising = report.surprising
    differing = [found for found in surprising if found.status == DIFFERS]
    for found in differing:  # a line of prose has no columns
        yield Text.assemble((f"{DIFFERS}  ", COLOURS[DIFFERS]), found.reason)
    rest = surprising[len(differing) :]
    if rest:
        table = _table("verdict", "theorem", "where", "why")
        for found in rest:
            told = found.about, found.where, found.reason
            table.add_row(_status(found.status), *map(Text, told))
        yield table
    yield _theorems(report)
    if everything:
        for experiment in report.experiments:
            yield Text("\n".join(text.of_experiment(experiment, report.ledger)))
    forbidden = list(text.forbidden(report.outcome.rows, everything))
    if forbidden:
        yield Text("\n".join(forbidden))
    if report.not_applicable and not everything:
        told = f"{Status.NOT_APPLICABLE}  {report.not_applicable}; {text.SEE_ALL}"
        yield Text(told, COLOURS[Status.NOT_APPLICABLE])
    yield Text(text.summary(report.ledger))
    yield Text(report.told, COLOURS[DIFFERS] if report.differences else "bold green")


def _theorems(report: Report) -> Table:
    table = _table("theorem", "sweeps", "tightest in", "where")
    for found in report.theorems:
        counts = Text(", ").join(
            Text(f"{count} {status}", COLOURS[Status(status)])
            for status, count in found.counts.items()
        )
        ends = (found.tightest.where, found.tightest.reason) if found.tightest else ("", "")
        table.add_row(Text(found.theorem), counts, *map(Text, ends))
    return table


def _table(*columns: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold", expand=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _status(status: str) -> Text:
    return Text(status, COLOURS[Status(status)])
