"""A run as JUnit XML, which CI systems show: a test case for every verdict.

A test case fails where the run differs from the ledger, and is skipped where the theorem does not
apply.  A verdict that contradicts a statement and is expected to do so passes: its reason is in
its output.  Comparisons with a theorem about another sampler and what experiments announce have
cases too.  What KL hides where the data rule sequences out is the output of the experiment's suite.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from xml.etree import ElementTree as xml

from harness.foundation import whole_files
from harness.show import text
from harness.show.findings import Report
from harness.studies.ledger import Row
from harness.studies.runner import LEDGER_KEYS
from harness.verdicts.verdict import Status

OF_ROWS = "rows of "  # how a difference begins that is one of numbers measured
WHOLE_RUN = "leapcheck"  # the suite of what belongs to no experiment
Place = tuple[str, ...]  # experiment, target, sampler, theorem


def write(report: Report, path: Path) -> None:
    """Write ``report`` to ``path``; its folder is made."""
    whole_files.write_xml(path, suites(report))


def suites(report: Report) -> xml.Element:
    """``<testsuites>``: a suite for each experiment, a case for each verdict.

    A difference that is of no verdict of this run has a case of its own, so that every one is a
    failure somewhere.
    """
    verdicts, rows = {_place(row): row for row in report.ledger}, report.outcome.rows
    differing = places(report.differences, list(verdicts))
    named = {place[0] for place in differing} - {each.name for each in report.experiments}
    root = xml.Element("testsuites", name=WHOLE_RUN)
    for name in [*(each.name for each in report.experiments), *sorted(named)]:
        mine = [place for place in verdicts if place[0] == name]
        mine += [place for place in differing if place[0] == name and place not in verdicts]
        suite = xml.SubElement(root, "testsuite", name=name)
        for place in mine:
            _add(suite, place, verdicts.get(place), differing.get(place, []))
        forbidden = list(text.forbidden(row for row in rows if row["experiment"] == name))
        if forbidden:
            xml.SubElement(suite, "system-out").text = "\n".join(forbidden)
        _count(suite)
    _count(root)
    return root


def places(differences: Iterable[str], known: Sequence[Place]) -> dict[Place, list[str]]:
    """The differences by what they speak of: a verdict that is ``known``, or else their own name.

    A difference begins with the names of what it speaks of, then a colon; names may have one too.
    """
    names = {" | ".join(part for part in place if part): place for place in known}
    experiments = {place[0] for place in known}
    found: dict[Place, list[str]] = {}
    for line in differences:
        told = line.removeprefix(OF_ROWS)
        cuts = [k for k in range(len(told)) if told.startswith(": ", k)]
        place = next((names[told[:k]] for k in cuts if told[:k] in names), None)
        if place is None or line != told:
            name = told[: cuts[0]] if cuts else told
            first = name.split(" | ")[0]
            kind = OF_ROWS if line != told else ""
            place = (first if first in experiments else WHOLE_RUN, "", "", kind + name)
        found.setdefault(place, []).append(line)
    return found


def _place(row: Row) -> Place:
    return tuple(str(row[key]) for key in LEDGER_KEYS)


def _add(suite: xml.Element, place: Place, row: Row | None, differences: Sequence[str]) -> None:
    experiment, target, sampler, theorem = place
    where = f"{experiment}.{target} with {sampler}" if target else experiment
    case = xml.SubElement(suite, "testcase", classname=where, name=theorem)
    if differences:
        failure = xml.SubElement(case, "failure", message=differences[0])
        failure.text = "\n".join(differences)
    elif row is not None and row["status"] == Status.NOT_APPLICABLE:
        xml.SubElement(case, "skipped", message=row["reason"])
    if row is not None:
        told = f"{row['status']} [{row['trust']}] on {row['rung']}: {row['reason']}"
        xml.SubElement(case, "system-out").text = told


def _count(element: xml.Element) -> None:
    """What the format wants to know of a suite beforehand."""
    for name, tag in (("tests", "testcase"), ("failures", "failure"), ("skipped", "skipped")):
        element.set(name, str(sum(1 for _ in element.iter(tag))))
    element.set("errors", "0")
