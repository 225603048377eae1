"""Two runs from empty folders on two machines: files that differ in no more than a last digit.

The other machine is played by rounding errors made on purpose, in a process of its own.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness.foundation.perturbation import VARIABLE
from harness.studies import ledger

pytestmark = pytest.mark.slow  # 15 s
ROOT = Path(__file__).parents[2]
EXPERIMENTS = {
    # Rungs that are 0 but for rounding, and a start that is noise up to 1e-28.
    "reveals": """
question = "What is exact?"
axis = "step"
put = "grid.steps"
values = [4, 8]
theorems = ["chain", "first_hitting", "li_cai_2025"]
targets = [{ label = "table", name = "random_table", tokens = 2, length = 3, seed = 1 }]
samplers = [{ name = "first_hitting" }, { name = "dndm" }]
problem = { noise = { name = "absorbing" }, start = "mask", grid = { name = "even_reveal" } }
""",
    "stopping": """
question = "What does stopping cost?"
axis = "step"
put = "grid.steps"
values = [16, 32, 64, 128]
theorems = ["chain", "start_uniform", "early_stopping", "explicit_dtc", "dmitriev_2026a"]
problem = { grid = { name = "even", start = 16.0, stop = 0.1 } }
targets = [{ name = "parity", length = 3 }]
samplers = [{ name = "tweedie" }, { name = "tau_leaping", multiple_jumps = "wrap" }]

[[expect]]
quantity = "chain_kl"
order = 1
""",
}


def run(folder, machine, results):
    """``leapcheck check --update-ledger`` of both on a machine: what it printed."""
    specs = []
    for name, text in EXPERIMENTS.items():
        specs.append(folder / f"{name}.toml")
        specs[-1].write_text(text)
    asked = ["check", *map(str, specs), "--results", str(results), "--update-ledger", "--jobs", "1"]
    asked += ["--json", str(results / "run.json")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    environment.pop(VARIABLE, None)
    done = subprocess.run(
        [sys.executable, "-m", "harness.cli", *asked],
        cwd=ROOT,
        env=environment | ({VARIABLE: str(machine)} if machine else {}),
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def files(results):
    return {path.relative_to(results): path.read_text() for path in results.rglob("*.csv")}


@pytest.fixture(scope="module")
def machines(tmp_path_factory):
    """Files of two machines, what both printed, files with the second over the first, and JSON."""
    folder = tmp_path_factory.mktemp("machines")
    told = [run(folder, k, folder / f"results {k}") for k in (0, 2)]
    found = [files(folder / f"results {k}") for k in (0, 2)]
    full = [json.loads((folder / f"results {k}" / "run.json").read_text()) for k in (0, 2)]
    run(folder, 2, folder / "results 0")
    return found, told, files(folder / "results 0"), full


@pytest.mark.slow
def test_files_differ_in_no_more_than_a_last_digit(machines):
    (here, there), *_ = machines
    assert here.keys() == there.keys()
    assert len(here) == 3
    for path, text in here.items():
        lines, others = text.splitlines(), there[path].splitlines()
        assert lines[0] == others[0]
        for line, other in zip(lines, others, strict=True):
            assert ledger.alike(line, other), (path, line, other)


def test_another_machine_rewrites_no_line(machines):
    (here, _), _, after, _ = machines
    assert after == here


def test_what_is_printed_differs_in_no_more_than_a_last_digit(machines):
    _, (here, there), *_ = machines
    lines, others = here.splitlines(), there.splitlines()
    assert [(a, b) for a, b in zip(lines, others, strict=True) if not ledger.alike(a, b)] == []


def test_there_is_something_below_rounding(machines):
    """Else the tests above would say nothing of it."""
    (here, _), _, _, (plain, other) = machines
    assert other["perturbed"]
    assert not plain["perturbed"]
    pairs = zip(plain["verdicts"], other["verdicts"], strict=True)
    moved = [a for a, b in pairs if a["status"] == "HOLDS" and a["measured"] != b["measured"]]
    assert {row["theorem"] for row in moved} >= {"chain", "start_uniform", "first_hitting"}
    lines = [line for line in here[Path("ledger.csv")].splitlines() if "start_uniform" in line]
    assert lines
    assert all("0 <= " in line and "of the bound" not in line for line in lines)


def test_a_line_of_numbers_that_differ_is_noticed():
    assert not ledger.alike("a,8.0657e-29,0.5", "a,0,0.5")
    assert not ledger.alike("a,0.123456", "a,0.123458")
