"""The blocks of code on a page of ``docs/``, and how they are run.

``python`` blocks of a page are run in order, with the same names; those with a title, and all other
blocks with one, are files.  Lines of ``sh`` blocks are run one after the other, ``leapcheck`` in
this process, in a folder that has the files.  Each line of a ``text`` block, up to ``...``, is in
what the block before it printed.  A comment above a block says what else becomes of it:
``<!-- slow -->``, or ``<!-- run by FILE -->`` for what another test runs.
"""

import contextlib
import io
import re
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

from rooms import ROOT

from harness import cli

DOCS = ROOT / "docs"
ELSEWHERE = {"from-a-drawing-sampler-to-a-law.md": "tests/regress/test_from_draws_to_a_law.py"}
PAGES = sorted(path.name for path in DOCS.glob("*.md") if path.name not in ELSEWHERE)
BLOCK = re.compile(
    r'^(?:<!-- (?P<note>[^>]+) -->\n)?^```(?P<kind>\w*)(?: title="(?P<title>[^"]+)")?\n'
    r"(?P<body>.*?)^```$",
    re.M | re.S,
)


@dataclass(frozen=True)
class Block:
    """A block of code: its kind, what it says, the file that it is, and where it begins."""

    kind: str
    body: str
    title: str
    note: str
    line: int


def blocks(text: str) -> list[Block]:
    """Those of a page, in order."""
    return [
        Block(
            m["kind"],
            m["body"],
            m["title"] or "",
            m["note"] or "",
            text[: m.start("body")].count("\n"),
        )
        for m in BLOCK.finditer(text)
    ]


def run(page: Path, found: list[Block], folder: Path) -> list[str]:
    """Run blocks in ``folder``; what of their ``text`` blocks was not printed."""
    names, printed, missing = {"__name__": "page"}, "", []
    for block in found:
        if block.title:
            (folder / block.title).write_text(block.body, encoding="utf-8")
        elif block.kind == "python":
            code = compile("\n" * block.line + block.body, str(page), "exec")
            printed = _printed(lambda code=code: exec(code, names))
        elif block.kind == "sh":
            printed = "".join(
                _printed(lambda line=line: _command(line)) for line in _lines(block.body)
            )
        elif block.kind == "text":
            missing += [line for line in _lines(block.body) if _shown(line) not in printed]
    return missing


def _shown(line: str) -> str:
    return line.partition("...")[0].rstrip()


def _lines(body: str) -> list[str]:
    return [line for line in body.replace("\\\n", "").splitlines() if line.strip()]


def _command(line: str) -> None:
    """One call of ``leapcheck``, which must end well, or as a comment at its end says."""
    command, _, comment = line.partition("  # exit code ")
    words = shlex.split(command, comments=True)
    assert words[0] == "leapcheck", f"{line}: only leapcheck is run here"
    arguments, sys.argv = sys.argv, words
    try:
        cli.main()
        code = 0
    except SystemExit as stop:
        code = stop.code or 0
    finally:
        sys.argv = arguments
    assert code == int(comment or 0), f"{line}: exit code {code}"


def _printed(work) -> str:
    """What ``work()`` prints."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        work()
    return out.getvalue()


def section(page: str, heading: str) -> str:
    """What stands under a heading of the second level, of a page of ``docs/``."""
    text = (DOCS / page).read_text(encoding="utf-8")
    (found,) = re.findall(rf"^## `?{re.escape(heading)}`?\n(.*?)(?=^## |\Z)", text, re.M | re.S)
    return found


def cells(text: str) -> list[list[str]]:
    """Rows of the tables in a text whose first cell is code."""
    rows = re.findall(r"^\| (`.+) \|$", text, re.M)
    return [[cell.strip() for cell in row.split(" | ")] for row in rows]
