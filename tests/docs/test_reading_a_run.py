"""What the page shows of a run is what ``check`` prints."""

import re

from helpers.committed import RESULTS
from helpers.documents import DOCS
from rooms import ROOT

from harness.commands import exit_codes
from harness.foundation import registry
from harness.show import text
from harness.show.findings import Report
from harness.studies import ledger
from harness.studies.runner import Outcome

PAGE = (DOCS / "reading-a-run.md").read_text(encoding="utf-8")


def test_what_is_printed_is_what_check_prints():
    """Every line of the example, from the committed verdicts and rows of all quick experiments."""
    registry.load()
    verdicts = ledger.read(RESULTS / "ledger.csv")
    measured = [row for path in sorted(RESULTS.glob("*/rows.csv")) for row in ledger.read(path)]
    told = "all as the ledger expects" + text.contradicted(verdicts)
    lines = list(text.lines(Report([], Outcome(measured, verdicts), [], told)))
    (shown,) = re.findall(r"```text\n(.+?)\n```", PAGE, re.S)
    wanted = [line for line in shown.splitlines() if line != "..."]
    assert len(wanted) >= 8
    assert [line for line in wanted if line not in lines] == []


def test_every_exit_code_is_told():
    told = {int(code) for code in re.findall(r"^\| (\d+) \|", PAGE, re.M)}
    known = exit_codes.DIFFERS, exit_codes.BAD_INPUT, exit_codes.FAILED, exit_codes.INTERRUPTED
    assert told == {0, *known}


def test_what_make_is_asked_for_is_there():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for page in ("README.md", "CONTRIBUTING.md"):
        asked = re.findall(r"(?:^|`)make ([\w-]+)", (ROOT / page).read_text(encoding="utf-8"), re.M)
        assert len(asked) > 4
        assert [target for target in asked if f"\n{target}:" not in makefile] == []
