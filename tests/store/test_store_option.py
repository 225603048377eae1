"""``--store`` of ``check`` and ``plan``: a file, or without one that beside the results."""

from pathlib import Path

import pytest

from harness.commands.stored import NAME, beside_results
from harness.studies import shelf

SWEEP = """
question = "Is what was measured found?"
axis = "step"
put = "grid.steps"
values = [2, 4]
theorems = ["chain"]
problem = { start = "exact", grid = { name = "even", start = 2.0, stop = 0.5 } }
targets = [{ label = "ring", name = "potts_ring", tokens = 2, length = 2, coupling = 1.0 }]
samplers = [{ name = "tweedie" }]
"""


@pytest.fixture
def command(command, monkeypatch, tmp_path):
    """The same in a folder of its own, which has one experiment."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "experiments").mkdir()
    (tmp_path / "experiments/mine.toml").write_text(SWEEP)
    return command


@pytest.mark.parametrize(
    ("given", "used"),
    [
        (("mine", "--store"), f"results/{NAME}"),
        (("--store", "mine"), f"results/{NAME}"),
        (("--store", "experiments/mine.toml"), f"results/{NAME}"),
        (("--store", "--jobs", "1", "mine"), f"results/{NAME}"),
        (("mine", "--store", "kept"), "kept"),
        (("--store=kept", "mine"), "kept"),
        (("mine", "--store", "mine.sqlite"), "mine.sqlite"),
    ],
)
def test_the_file_that_is_meant(command, given, used):
    before = set(Path().rglob("*"))
    code, out, _ = command("plan", *given)
    assert (code, "2 problems, 0 in the store" in out) == (0, True)
    assert set(Path().rglob("*")) == before, "a plan makes no store"
    code, _, err = command("check", "--results", "found", "--update-ledger", *given)
    assert (code, f"{used}: 0 measurements found, 2 kept" in err) == (0, True)
    assert {
        str(each)
        for each in Path().rglob("*")
        if each.is_file() and each.read_bytes()[:6] == b"SQLite"
    } == {used}
    assert "2 problems, 2 in the store" in command("plan", *given)[1]
    shown = () if used.endswith(NAME) else (used,)
    assert command("store", "show", *shown)[1].startswith(f"{used}: 2 measurements, ")


def test_without_the_option_there_is_no_store(command):
    assert command("check", "mine", "--jobs", "1", "--update-ledger")[0] == 0
    assert not (Path("results") / NAME).exists()


def test_a_mistyped_experiment_is_no_file(command):
    code, _, err = command("plan", "--store", "mines")
    assert (code, "is the experiment mine meant" in err) == (2, True)
    assert command("plan", "--store=mines", "mine")[0] == 0


def test_no_argument_is_needed(command):
    assert (command("plan")[0], "2 problems" in command("plan")[1]) == (0, True)
    assert command("check")[0] == 1, "the ledger does not have it yet"


def test_nothing_is_put_beside_what_is_installed(monkeypatch, tmp_path):
    """In a folder without experiments those of the package are run, and kept here."""
    monkeypatch.chdir(tmp_path)
    assert shelf.current() == shelf.installed()
    assert beside_results() == Path("results") / NAME
