"""The page: one HTML file with its style, its scripts and its data inside."""

import base64
import hashlib
from importlib.resources import files
from pathlib import Path
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined

from harness.foundation import whole_files
from harness.show import text
from harness.show.explanation import TRUSTS
from harness.show.findings import (
    DIFFERS,
    SURPRISING,
    announced,
    compared_only,
    finding,
    of_theorems,
    statuses,
)
from harness.show.provenance import here
from harness.show.report import statements, tables
from harness.show.report.source import Source
from harness.studies.ledger import Row

SCRIPTS = ("curves.js", "verdicts.js", "details.js", "precision.js", "start.js")
HERE = "harness.show.report"


def write(source: Source, path: Path) -> None:
    """Write the page of ``source`` to ``path``; its folder is made."""
    whole_files.write_text(path, html(source))


def html(source: Source) -> str:
    """The page.  All that comes from files is escaped, and no script but its own can run."""
    report, told = source.report, statements.of_report(source.report)
    assumptions = {each.name: each.assumptions for each in told}
    meanings = {str(status): meaning for status, meaning in statements.MEANINGS.items()}
    script = "\n".join(_file(name) for name in SCRIPTS)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    loader = PackageLoader(HERE, package_path="")
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False, "separators": (",", ":")}
    return environment.get_template("page.html").render(
        style=_file("page.css"),
        script=script,
        digest=digest,
        data=tables.of_report(report) | {"meanings": meanings, "assumptions": assumptions},
        report=report,
        counts=statuses(of_theorems(report.ledger)),
        announced=statuses(announced(report.ledger)),
        compared=compared_only(report.ledger),
        differs=DIFFERS,
        surprising={
            str(status): [_line(row) for row in report.ledger if row["status"] == status]
            for status in SURPRISING
        },
        off_support=[
            line.removeprefix(text.OFF_SUPPORT).strip()
            for line in text.forbidden(report.outcome.rows)
        ],
        statements=told,
        meanings=meanings,
        trusts=TRUSTS,
        address=address,
        origin=source.origin,
        made=here(),
    )


def address(**filters: str) -> str:
    """The part of the page's address that filters its verdicts so."""
    return f"#verdicts?{urlencode(filters)}"


def _line(row: Row) -> dict[str, str]:
    """A verdict in the list of what is surprising, with the address that opens it."""
    place = {key: row[key] for key in ("experiment", "target", "sampler", "theorem")}
    return {**row, "where": finding(row).where, "address": address(**place, open="1")}


def _file(name: str) -> str:
    return (files(HERE) / name).read_text(encoding="utf-8")
