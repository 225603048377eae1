"""JSON, JUnit and Markdown of a run: all numbers, every difference a failure, nothing as markup."""

import json
from xml.etree import ElementTree

import pytest
from reported import DIFFERENCES, KINDS, report

from harness.show import json_file, junit_file, markdown


def test_json_has_all_numbers(tmp_path):
    path = tmp_path / "new" / "run.json"
    json_file.write(report(DIFFERENCES), path)
    found = json.loads(path.read_text(), parse_constant=pytest.fail)  # no NaN, no Infinity
    assert found["differences"] == DIFFERENCES
    assert found["summary"]["NOT_APPLICABLE"] == 4
    assert found["experiments"] == ["first", "second"]
    assert len(found["verdicts"]) == 2 * len(KINDS)
    for verdict, row in zip(found["verdicts"], report().ledger, strict=True):
        assert verdict.pop("floors") == row.pop("_floors")
        assert {k: float(v) if k == "bound" else v for k, v in verdict.items()} == row
    assert found["rows"] == [
        {"experiment": "first", "value": 32, "kl": 1.0, "chi2": "inf", "floors": {}}
    ]
    place = {"experiment": "first", "target": "ring", "sampler": "s0"}
    wanted = [{**place, "value": 32.0, "seconds": 0.5}, {**place, "seconds": 0.1}]
    assert found["timings"] == wanted


def test_json_leaves_out_what_was_not_measured(tmp_path):
    shown = report()
    shown.ledger[0]["measured"] = float("nan")
    json_file.write(shown, tmp_path / "run.json")
    first = json.loads((tmp_path / "run.json").read_text())["verdicts"][0]
    assert "measured" not in first
    assert "measured" not in first["floors"]


def cases(differences, tmp_path):
    junit_file.write(report(differences), tmp_path / "run.xml")
    root = ElementTree.parse(tmp_path / "run.xml").getroot()
    return root, {
        (suite.get("name"), case.get("classname"), case.get("name")): case
        for suite in root
        for case in suite
    }


def test_junit_has_a_case_for_every_verdict(tmp_path):
    root, found = cases([], tmp_path)
    assert len(found) == 2 * len(KINDS)
    numbers = {name: root.get(name) for name in ("tests", "failures", "skipped", "errors")}
    assert numbers == {"tests": "18", "failures": "0", "skipped": "4", "errors": "0"}
    skipped = found["first", "first.ring with s3", "none"].find("skipped")
    assert skipped is not None
    assert skipped.get("message") == "reason [3] <first>, 1 <= 2 | 3"
    # Expected by the ledger: a finding, not a failure.
    violated = found["second", "second.ring with s7", "chain"]
    assert violated.find("failure") is None
    assert violated.findtext("system-out", "").startswith("VIOLATED [D] on output: reason [7]")


def test_every_difference_is_a_failure_of_one_case(tmp_path):
    root, found = cases(DIFFERENCES, tmp_path)
    failing = {
        key: case.findtext("failure", "").splitlines()
        for key, case in found.items()
        if case.find("failure") is not None
    }
    assert failing == {
        ("first", "first.ring with s0", "chain"): DIFFERENCES[:2],
        ("first", "first", "first | ring | gone | chain"): [DIFFERENCES[2]],
        ("first", "first", "rows of first | ring | s0 | step | 32"): [DIFFERENCES[3]],
        ("second", "second", "second"): [DIFFERENCES[4]],
        ("leapcheck", "leapcheck", "third"): [DIFFERENCES[5]],
        ("leapcheck", "leapcheck", "ren_2024"): [DIFFERENCES[6]],
    }
    assert root.get("failures") == "6"
    assert sum(int(suite.get("failures", 0)) for suite in root) == 6


def test_names_with_a_colon_find_their_case():
    known = [("first", "law: two beliefs", "s", "chain"), ("first", "law", "s", "chain")]
    line = "first | law: two beliefs | s | chain: status is HOLDS: now"
    assert junit_file.places([line], known) == {known[0]: [line]}


def test_markdown_is_added_to_the_page(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("before\n")
    markdown.append(report(DIFFERENCES), page)
    markdown.append(report(), page)
    told = page.read_text()
    assert told.startswith("before\n## leapcheck\n\n**7 differences**")
    assert told.count("## leapcheck\n") == 2
    assert "**all as the ledger expects**" in told
    assert "- first \\| ring \\| s0 \\| chain: measured is 0.6" in told
    assert "4 verdicts on 1 theorem" in told


def test_mass_off_the_support_is_in_every_file(tmp_path):
    """Where the data rule sequences out, with the KL both ways; and nothing where they do not."""
    shown = report()
    place = {"experiment": "second", "target": "parity", "sampler": "s0", "axis": "step"}
    forbidden = {**place, "value": 8, "kl": 0.3, "reverse_kl": float("inf"), "off_support": 0.25}
    rounding = {**place, "sampler": "s1", "value": 8, "kl": 0.3, "reverse_kl": 0.3}
    rounding |= {"off_support": 1e-17, "_floors": {"off_support": 1e-16}}
    shown.outcome.rows.extend([forbidden, rounding])
    told = "second: parity with s0 at step 8: KL 0.3, reverse KL inf, 0.25 of the output"
    page = list(markdown.lines(shown))
    assert "### 1 sweep off the data's support" in page
    assert sum(told in line for line in page) == 1
    junit_file.write(shown, tmp_path / "run.xml")
    first, second = ElementTree.parse(tmp_path / "run.xml").getroot()
    assert first.find("system-out") is None
    assert told in second.findtext("system-out", "")
    assert "s1" not in second.findtext("system-out", "")
    assert "support" not in "".join(markdown.lines(report()))


def test_markdown_reads_no_markup_in_names():
    lines = [line for line in markdown.lines(report()) if line.startswith("| VIOLATED")]
    assert lines[0].count(" | ") == 3  # between four cells
    assert "reason \\[7\\] \\<first\\>, 1 \\<= 2 \\| 3" in lines[0]


def test_markdown_says_what_it_leaves_out():
    many = [f"first | ring | x{k} | chain: not in the ledger" for k in range(markdown.MOST + 50)]
    lines = list(markdown.lines(report(many)))
    assert sum(line.startswith("- first") for line in lines) == markdown.MOST
    assert "### 250 differences" in lines
    assert "and 50 more, which the job's log has." in lines
