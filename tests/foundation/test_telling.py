"""Nothing works in silence: what is told, when, and where it goes away."""

import io
import re
import sys
import time
from types import SimpleNamespace

import pytest
from helpers.silence import heard
from rooms import ROOT

from harness.foundation import telling
from harness.foundation.telling import Now

WRAPPED = [sys.executable, "-m", "harness.foundation.telling", "installing"]
CODE = "import time; print('begun', flush=True); time.sleep(2); print('done')"


class Terminal(io.StringIO):
    """A stream that says it is one."""

    def isatty(self):
        return True


@pytest.fixture(params=[io.StringIO, Terminal])
def stderr(request, monkeypatch):
    monkeypatch.setattr(telling, "QUIET", 0.2)
    monkeypatch.setattr(telling, "SELDOM", 0.2)
    monkeypatch.setenv("TERM", "xterm")
    stream = request.param()
    monkeypatch.setattr(telling, "sys", SimpleNamespace(stderr=stream))  # pytest has its own
    return stream


def test_what_is_done_is_told_once_nothing_was_said_for_a_while(stderr):
    with telling.telling("starting"):
        telling.tell("drawing", 0.5, 1200.0)
        assert stderr.getvalue() == ""
        time.sleep(0.7)
    said = stderr.getvalue()
    assert said.count("drawing, 50% of the work, about 1,200 s left, 0 s so far") >= 1
    assert "starting" not in said
    if stderr.isatty():
        assert "━" * 10 + "─" * 10 in said
        assert said.endswith(telling.ERASED)
    else:
        assert 2 <= len(said.splitlines()) <= 4


def test_in_a_file_a_line_comes_soon_and_then_seldom(stderr, monkeypatch):
    monkeypatch.setattr(telling, "SELDOM", 0.8)
    with telling.telling("starting"):
        time.sleep(0.6)
        early = stderr.getvalue().count(" so far")
        telling.say("a line")
        time.sleep(0.7)
    later = stderr.getvalue().count(" so far")
    assert (early, later) == (1, 2) or stderr.isatty()
    first, *_ = stderr.getvalue().split("\n")
    assert re.fullmatch(r"starting, 0 s so far \.+", first) or stderr.isatty(), first
    assert early > 1 or not stderr.isatty()


def test_what_is_said_meanwhile_has_a_line_of_its_own(stderr):
    with telling.telling("starting"):
        time.sleep(0.5)
        telling.say("a line")
        before = stderr.getvalue()
        assert telling.ERASED * stderr.isatty() + "a line\n" in before
        telling.beforehand("as long as a minute", telling.LONG)
        telling.beforehand("all", 61.2, "or less")
    assert "all: about 61 s on this machine; or less\n" in stderr.getvalue()
    assert "as long as a minute" not in stderr.getvalue()


def test_a_block_within_another_tells_of_its_own(stderr):
    with telling.telling("outer"):
        with telling.telling("inner"):
            time.sleep(0.5)
        assert "inner, " in stderr.getvalue()
        time.sleep(0.5)
    assert "outer, " in stderr.getvalue().rpartition("inner")[2]
    telling.tell("after it")  # where nothing is told of, nothing is
    time.sleep(0.4)
    assert "after it" not in stderr.getvalue()


def test_what_is_done_where_is_told_behind_it(stderr):
    with telling.telling("running"):
        with telling.also(lambda: "process 1: this"):
            time.sleep(0.5)
        assert re.search(r"running, \d s so far; process 1: this", stderr.getvalue())
        with telling.also(str):
            time.sleep(0.5)
    assert "so far; " not in stderr.getvalue().rpartition("this")[2]
    with telling.also(lambda: pytest.fail("nothing is told of")):
        time.sleep(0.2)


@pytest.mark.parametrize(
    "now", [Now("run 1 of 2, seed 3: done"), Now("a, b", 0.25), Now("a", 1.0, 1234.0), Now("", 0.0)]
)
def test_what_one_process_tells_another_reads(now):
    assert Now.read(str(now)) == now
    assert Now.read(f"{now}, 1,003 s so far\n") == now


@pytest.mark.parametrize("terminal", [False, True], ids=["piped", "terminal"])
def test_a_command_that_says_little_is_told_of(terminal):
    """As ``make install`` does with pip; it needs no package."""
    found = heard([*WRAPPED, sys.executable, "-S", "-c", CODE], terminal, cwd=ROOT)
    assert found.code == 0
    assert "installing, " in found.said
    assert [word for word in ("begun", "done") if word not in found.said] == []
    assert found.longest < 2, found
    failed = heard([*WRAPPED, sys.executable, "-c", "raise SystemExit(3)"], cwd=ROOT)
    assert failed.code == 3


def test_it_needs_nothing_that_is_to_be_installed():
    alone = heard([sys.executable, "-S", *WRAPPED[1:], sys.executable, "-S", "-c", ""], cwd=ROOT)
    assert (alone.code, alone.said) == (0, "")
