"""A run as Markdown, for the summary page that a CI job may have."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from harness.foundation import whole_files
from harness.show import text
from harness.show.findings import DIFFERS, SURPRISES, TITLES, Report
from harness.show.words import count, counted
from harness.verdicts.verdict import Status

MOST = 200  # differences that are shown: a summary page has a limit
MOST_VERDICTS = 500  # of the other surprising ones


def append(report: Report, path: Path) -> None:
    """Add ``report`` to the end of ``path``, where steps before may have written."""
    whole_files.append_text(path, "\n".join(lines(report)) + "\n")


def lines(report: Report) -> Iterator[str]:
    """The page: what the run comes to, the surprising, then a row a theorem."""
    yield "## leapcheck"
    yield ""
    yield f"**{_cell(report.told)}**  "
    yield text.summary(report.ledger)
    shown = report.surprising
    differing = [found.reason for found in shown if found.status == DIFFERS]
    yield from _list("difference", [f"- {_cell(line)}" for line in differing], MOST)
    rest = [
        _row(found.status, found.about, found.where, found.reason)
        for found in shown
        if found.status != DIFFERS
    ]
    head = [_row(*SURPRISES), _row(*["---"] * 4)]
    yield from _list("verdict against a statement or undecided", rest, MOST_VERDICTS, head)
    theorems = [
        _row(
            found.theorem,
            counted(found.counts),
            found.tightest.where if found.tightest else "",
            found.tightest.reason if found.tightest else "",
        )
        for found in report.theorems
    ]
    head = [_row(*TITLES), _row(*["---"] * 4)]
    yield from _list("theorem", theorems, len(theorems), head)
    forbidden = [
        f"- {_cell(line.removeprefix(text.OFF_SUPPORT).lstrip())}"
        for line in text.forbidden(report.outcome.rows)
    ]
    yield from _list("sweep off the data's support", forbidden, MOST)
    if report.not_applicable:
        yield f"\n{Status.NOT_APPLICABLE}: {report.not_applicable}."


def _list(title: str, entries: Sequence[str], most: int, head: Sequence[str] = ()) -> Iterator[str]:
    """A list with its number and title, a noun first; nothing if it is empty.

    What is beyond ``most`` is said to be left out.
    """
    if not entries:
        return
    yield ""
    noun, *more = title.split(maxsplit=1)
    yield f"### {' '.join([count(len(entries), noun), *more])}"
    yield ""
    yield from head
    yield from entries[:most]
    if len(entries) > most:
        yield ""
        yield f"and {len(entries) - most} more, which the job's log has."


def _row(*cells: str) -> str:
    return f"| {' | '.join(map(_cell, cells))} |"


def _cell(told: str) -> str:
    """``told`` where Markdown shall read no markup in it."""
    for sign in "\\`*_<>|~[]":
        told = told.replace(sign, f"\\{sign}")
    return told.replace("\n", " ")
