"""No command is silent for long, piped or on a terminal, however long its work takes.

Piped, it says a line every 30 s, and adds dots to it meanwhile.
"""

import os
import sys

import pytest
from helpers.silence import heard

from harness.foundation import telling

ASLEEP, ALLOWED = 9.0, 8.0  # seconds: a busy machine may be late, and silence would be seen
SLOW = f'''
"""A target whose law, and a sampler whose step, takes its time."""

import time
from dataclasses import dataclass

import numpy as np

from harness.samplers import Tweedie
from harness.space import Sequences

SLEPT = [{ASLEEP}]


@dataclass(frozen=True)
class Bits:
    length: int = 2

    @property
    def space(self):
        return Sequences(2, self.length)

    def log_law(self):
        time.sleep(SLEPT.pop() if SLEPT else 0.0)  # once is enough
        return np.log(np.full((2,) * self.length, 0.5**self.length))


class Sleeper:
    claims = Tweedie().claims

    def step(self, score, noise, x, t, s):
        time.sleep({ASLEEP})
        return Tweedie().step(score, noise, x, t, s)
'''
MINE = """
question = "Is it told?"
axis = "step"
put = "grid.steps"
values = [2, 4]
problem = { start = "exact", grid = { name = "even", start = 2.0, stop = 0.5 } }
targets = [{ label = "bits", name = "slow:Bits" }]
samplers = [{ name = "tweedie" }]
theorems = ["chain"]
"""


@pytest.fixture
def said(tmp_path, monkeypatch):
    """What is heard of ``leapcheck *arguments`` in a folder with both."""
    (tmp_path / "slow.py").write_text(SLOW)
    (tmp_path / "mine.toml").write_text(MINE)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), *sys.path]))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("TERM", "xterm")

    def run(*arguments, terminal=False):
        program = [sys.executable, "-m", "harness.cli", *arguments]
        return heard(program, terminal, cwd=tmp_path)

    return run


@pytest.mark.parametrize(
    "terminal",
    [False, pytest.param(True, marks=pytest.mark.slow)],
    ids=["piped", "terminal"],
)
def test_a_check_tells_where_it_is(said, terminal):
    found = said("check", "mine.toml", "--results", "kept", terminal=terminal)
    said_of = " s so far", ", about 1 s le"  # what is left, if that is known
    told = sum(any(each in line for each in said_of) for line in found.said.splitlines())
    assert found.longest < ALLOWED, found
    if not terminal:
        assert 1 <= told <= 1 + found.seconds / telling.SELDOM, found.said
    assert found.seconds > ASLEEP
    assert told
    assert "1 difference from what is expected" in found.said  # it is new


@pytest.mark.slow
def test_regress_tells_which_check_it_is(said):
    found = said("regress", "slow:Sleeper", "--only", "contract", terminal=True)
    assert found.longest < ALLOWED, found
    assert "check 1 of 1: keeps the contract, 0% of the work, " in found.said


@pytest.mark.slow
@pytest.mark.parametrize("command", ["check-rounding", "check-kernels"])
def test_which_of_several_runs_it_is_is_told(said, command):
    said("check", "mine.toml", "--results", "kept", "--update-ledger")
    found = said(command, "mine.toml", "--results", "kept", terminal=True)
    assert found.longest < ALLOWED, found
    assert "run 1 of " in found.said
    assert "mine: problem " in found.said
    assert "run 4 of " in found.said


def test_two_seconds_are_not_passed_on_an_idle_machine():
    assert telling.QUIET + 0.1 < 2  # one look at the clock later at the most
