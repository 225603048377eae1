"""A run on a terminal: the lines of ``text`` in columns and colours."""

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from harness.show import text
from harness.show.findings import DIFFERS, SURPRISES, TITLES, ByTheorem, Finding, Report
from harness.verdicts.verdict import Status

LEAST_WIDTH = 120  # columns of a terminal below which lines are easier to read than a table
LEAST_LEFT = 30  # columns for what may be folded
COLOURS: dict[str, str] = {
    DIFFERS: "bold red",
    Status.VIOLATED: "red",
    Status.INCONSISTENT: "red",
    Status.INCONCLUSIVE: "yellow",
    Status.VACUOUS: "dim",
    Status.NOT_APPLICABLE: "dim",
    Status.HOLDS: "green",
    Status.CONSISTENT: "green",
}


def blocks(
    report: Report, everything: bool = False, width: int = LEAST_WIDTH
) -> Iterator[RenderableType]:
    """What ``text.lines`` says, block by block, for a terminal of ``width`` columns.

    Lines of ``Text`` are as long as they are: the terminal folds them, not we.
    """
    surprising = report.surprising
    differing = [found for found in surprising if found.status == DIFFERS]
    yield from map(_line, differing)  # a line of prose has no columns
    rest = surprising[len(differing) :]
    cells = [(_status(f.status), *map(Text, (f.about, f.where, f.reason))) for f in rest]
    yield from _table(SURPRISES, cells, width, wrapped=(3,)) or map(_line, rest)
    cells = [_theorem(found) for found in report.theorems]
    lines = [Text(text.of_theorem(found)) for found in report.theorems]
    yield from _table(TITLES, cells, width, wrapped=(1, 3)) or lines
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


def _theorem(found: ByTheorem) -> tuple[Text, ...]:
    counts = Text(", ").join(
        Text(f"{count} {status}", COLOURS[Status(status)]) for status, count in found.counts.items()
    )
    ends = (found.tightest.where, found.tightest.reason) if found.tightest else ("", "")
    return Text(found.theorem), counts, *map(Text, ends)


def _table(
    titles: Sequence[str], rows: Sequence[Sequence[Text]], width: int, wrapped: Sequence[int]
) -> list[RenderableType]:
    """A table whose columns ``wrapped`` may be folded, but no name.

    Nothing where there are no rows, and where too little would be left for those columns.
    """
    names = [k for k in range(len(titles)) if k not in wrapped]
    taken = sum(max([len(titles[k]), *(row[k].cell_len for row in rows)]) for k in names)
    if not rows or width < max(LEAST_WIDTH, taken + 2 * len(titles) + LEAST_LEFT * len(wrapped)):
        return []
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold", expand=False)
    for k, title in enumerate(titles):
        table.add_column(title, overflow="fold", no_wrap=k in names)
    for row in rows:
        table.add_row(*row)
    return [table]


def _line(found: Finding) -> Text:
    """A finding as one line of ``text``, its status in colour."""
    line = Text(text.of_finding(found))
    line.stylize(COLOURS[found.status], 0, len(found.status))
    return line


def _status(status: str) -> Text:
    return Text(status, COLOURS[Status(status)])
