"""The checks of one thing as JSON, and as JUnit XML, which CI systems show."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as xml

from harness.foundation import whole_files
from harness.regress.check_outcome import Check

OUTCOMES = {True: "passed", False: "failed", None: "not applicable"}


def write_json(thing: str, checks: Sequence[Check], report: Sequence[str], path: Path) -> None:
    """Write ``checks`` of ``thing`` to ``path``; its folder is made.

    An object with ``thing``, ``summary`` (outcome: how many), ``report`` (the lines after the
    checks) and a list ``checks`` of objects: ``name``, ``outcome``, ``number``, ``reason``, and of
    a verdict on a theorem ``verdict``, ``terms``, ``axis`` and ``problems``, specs of problems.
    """
    summary = {told: sum(check.passed is k for check in checks) for k, told in OUTCOMES.items()}
    content = {
        "thing": thing,
        "summary": summary,
        "report": list(report),
        "checks": [_as_table(check) for check in checks],
    }
    whole_files.write_json(path, _plain(content))


def write_junit(thing: str, checks: Sequence[Check], path: Path) -> None:
    """Write ``checks`` of ``thing`` to ``path``, a test case each; its folder is made.

    A check that does not apply is skipped, with its reason.
    """
    failed, skipped = (str(sum(check.passed is k for check in checks)) for k in (False, None))
    counts: Any = {"tests": str(len(checks)), "failures": failed, "skipped": skipped, "errors": "0"}
    root = xml.Element("testsuites", name="leapcheck regress", **counts)
    suite = xml.SubElement(root, "testsuite", name=thing, **counts)
    for check in checks:
        case = xml.SubElement(suite, "testcase", classname=thing, name=check.name)
        if check.passed is False:
            xml.SubElement(case, "failure", message=check.number).text = check.why
        elif check.passed is None:
            xml.SubElement(case, "skipped", message=f"{check.number} {check.why}".strip())
        xml.SubElement(case, "system-out").text = str(check)
    whole_files.write_xml(path, root)


def _as_table(check: Check) -> dict[str, Any]:
    told = {"name": check.name, "outcome": OUTCOMES[check.passed], "number": check.number}
    if check.why:
        told["reason"] = check.why
    if case := check.case:
        return told | {
            "verdict": str(case.verdict.status),
            "terms": case.verdict.terms,
            "axis": case.axis,
            "problems": [problem.spec() for problem in case.problems],
        }
    return told


def _plain(value: Any) -> Any:
    """As JSON can hold it: no infinity, which is a string."""
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value
