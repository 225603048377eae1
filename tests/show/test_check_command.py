"""``leapcheck check``: stdout is the same for any number of jobs, progress is on stderr."""

import json
import sys
from xml.etree import ElementTree

import pytest

from harness import cli
from harness.foundation import telling

EXPERIMENT = """
question = "Is this one checked?"
axis = "step"
put = "grid.steps"
values = [8, 16, 32]
theorems = ["chain", "absorb_2025", "dmitriev_2026b"]
problem = {{ start = "exact", grid = {{ name = "even", start = 2.0, stop = 0.25 }} }}
targets = [{{ label = "ring", name = "potts_ring", tokens = 2, length = {length}, coupling = 1.0 }}]
samplers = [{{ name = "tweedie" }}]
"""


@pytest.fixture
def command(monkeypatch, capsys, tmp_path):
    """``leapcheck check`` of two experiments with the options given: code, stdout and stderr."""
    for name, length in (("short", 2), ("long", 3)):
        (tmp_path / f"{name}.toml").write_text(EXPERIMENT.format(length=length))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))

    def run(*options):
        monkeypatch.setattr(
            sys, "argv", ["leapcheck", "check", "long.toml", "short.toml", *options]
        )
        with pytest.raises(SystemExit) as stop:
            cli.main()
        return stop.value.code or 0, *capsys.readouterr()

    return run


def test_the_same_text_for_any_number_of_jobs(command, monkeypatch, tmp_path):
    code, out, _ = command("--jobs", "1", "--update-ledger")
    assert code == 0, out
    assert out.splitlines()[-1] == "the ledger is updated"
    told = []
    monkeypatch.setattr(telling, "tell", lambda *now: told.append(now))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "page.md"))
    files = "--json", "run.json", "--junit", "run.xml"
    alone, together = command("--jobs", "1", *files), command("--jobs", "2", *files)
    assert alone[:2] == together[:2]
    code, out, _ = alone
    assert code == 0
    assert out.splitlines()[-1] == "all as the ledger expects"
    assert out.count("NOT_APPLICABLE") == 2  # one line, and the counts
    assert "left" not in out
    assert [each[0] for each in told[:3]] == [
        "leapcheck check",
        "building the problems of 2 experiments",
        "[1/2] long: problem 0 of 6",
    ]
    assert ("[2/2] short: problem 6 of 6", 1.0, 0.0) in told
    assert told[-1][0].endswith("problem 6 of 6")
    found = json.loads((tmp_path / "run.json").read_text())
    assert len(found["verdicts"]) == 6
    assert len(found["timings"]) == 6 + 2
    assert ElementTree.parse(tmp_path / "run.xml").getroot().get("tests") == "6"
    assert (tmp_path / "page.md").read_text().count("## leapcheck") == 2


def test_all_shows_what_does_not_apply(command):
    _, out, _ = command("--jobs", "1", "--update-ledger", "--all")
    assert "long: Is this one checked?" in out
    assert "  NOT_APPLICABLE absorb_2025 [O] to 1 sweep; not met: absorbing noise" in out


def test_a_difference_is_first_and_fails(command, tmp_path):
    command("--jobs", "1", "--update-ledger")
    ledger = tmp_path / "results" / "ledger.csv"
    ledger.write_text(ledger.read_text().replace("HOLDS", "VIOLATED", 1))
    code, out, _ = command("--jobs", "1", "--junit", "run.xml")
    first, *_, last = out.splitlines()
    assert code == 1
    assert first.startswith("DIFFERS        long | ring | tweedie | chain: ")
    assert last == "1 difference from what is expected; results is unchanged"
    failures = ElementTree.parse(tmp_path / "run.xml").getroot().iter("failure")
    lines = [line for each in failures for line in (each.text or "").splitlines()]
    assert lines == [line[15:] for line in out.splitlines() if line.startswith("DIFFERS")]
