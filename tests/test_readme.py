"""README is short, its code runs, and every number of its findings is that of committed rows."""

import re

import pytest
from helpers.documents import DOCS, blocks, run
from helpers.findings import FINDINGS, HEAD, Finding
from rooms import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
GLOSSARY = (DOCS / "glossary.md").read_text(encoding="utf-8")
NUMBER = re.compile(r"(?<![\w.])\d")  # where one begins: not within float16
KNOWN = {"JAX", "API", "NAME", "CONTRIBUTING"}


def test_it_is_at_most_150_lines():
    assert len(README.splitlines()) <= 150


def test_the_table_has_the_findings_and_no_other():
    """So that every number in it is computed."""
    (table,) = re.findall(r"^## Findings$.*?^(\|.*?\|)$\n\n", README, re.M | re.S)
    assert table.splitlines() == [*HEAD, *(finding.row() for finding in FINDINGS)]


def unnamed(finding: Finding) -> list[str]:
    """Numbers that stand in the text itself, which nothing computes."""
    return NUMBER.findall(re.sub(r"`.*?`|\{[^}]*\}", "", finding.text))


@pytest.mark.parametrize("finding", FINDINGS, ids=lambda finding: finding.text[:30])
def test_every_number_of_a_finding_is_computed(finding):
    assert unnamed(finding) == []
    assert len(finding.numbers()) == finding.text.count("{") > 0
    for name in finding.experiments:
        assert list((ROOT / "experiments").glob(f"**/{name}.toml")), name


def test_a_number_that_nothing_computes_is_seen():
    assert unnamed(Finding("KL is 0.050 after {} steps, S^2 in float16", lambda: (1,), ())) == [
        "0",
        "2",
    ]


def test_its_code_runs_and_prints_what_is_shown(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = blocks(README)
    assert run(ROOT / "README.md", [each for each in found if not each.note], tmp_path) == []
    (code,) = [each.body for each in found if each.kind == "python"]
    assert len([line for line in code.splitlines() if line]) == 10
    assert len(found) == len(re.findall("^```", README, re.M)) / 2
    for block in found:
        assert not block.note or (ROOT / block.note.removeprefix("run by ")).is_file(), block


def test_what_it_points_to_is_there():
    paths = re.findall(r"\]\((?!http)([^)]+)\)", README)
    assert len(paths) > 15
    assert [path for path in paths if not (ROOT / path).is_file()] == []


WORDS = """output KL|chain KL|score calls|rung|noise|step|order|needed constant|sweeps|tightest
clamp|Potts ring|parity|repeated token|rare event|magnet|critical point|flips|full support|Euler
Tweedie|DNDM|first hitting|frozen score|factorisation|double jump|guidance|proposals|Gumbel draws|κ
law|score|trusted|stop time|trait|exact|modulo S"""


def test_its_words_are_in_the_glossary():
    """As they stand in README; in the glossary in bold or italics, or in the text of another."""
    for word in re.split(r"[|\n]", WORDS):
        assert word.lower() in README.lower(), word
        one = word.removesuffix("s") if word in ("score calls", "sweeps") else word
        one = {"trusted": "trust"}.get(word, one)
        assert one.lower() in GLOSSARY.lower(), word


def test_its_abbreviations_and_verdicts_are_in_the_glossary():
    prose = re.sub(r"```.*?```|`.*?`|\]\(.*?\)", "", README, flags=re.S)
    used = set(re.findall(r"\b[A-Z]{2,}\b", prose)) - KNOWN
    assert {"KL", "TV", "DTC", "DNDM", "INCONSISTENT"} <= used
    assert [word for word in sorted(used) if not re.search(rf"\b{word}\b", GLOSSARY)] == []
