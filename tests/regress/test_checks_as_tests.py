"""Checks as tests of pytest: by a decorator, and by an option of its plugin."""

import subprocess
import sys

import pytest
from rooms import ROOT

from harness.foundation import registry
from harness.regress import as_tests

registry.load()  # before pytester, which forgets what is imported inside of it
assert as_tests
pytest_plugins = "pytester"
QUICK = "contract or accounts or (theorem and explicit_dtc_masked)"
MINE = """
    from dataclasses import dataclass
    from harness.claims import Claims
    from harness.step import Tokens
    from outside.implicit_euler import ImplicitEuler

    @dataclass(frozen=True)
    class Lossy:
        claims = ImplicitEuler.claims

        def step(self, score, noise, x, t, s):
            return Tokens(ImplicitEuler().step(score, noise, x, t, s).p * 0.9)
"""


@pytest.fixture
def run(pytester, monkeypatch):
    """pytest in a folder of its own, with a sampler that loses a tenth of all mass unsaid."""
    monkeypatch.syspath_prepend(pytester.path)
    monkeypatch.delitem(sys.modules, "mine", raising=False)  # that of another test
    pytester.makepyfile(mine=MINE, test_other="def test_other(): pass")
    return lambda *arguments: pytester.runpytest_inprocess(
        "-p", "no:cacheprovider", "-p", "leapcheck_pytest", *arguments
    )


def test_each_check_is_a_test_and_its_reason_the_message(run, pytester):
    pytester.makepyfile(
        test_mine="""
        from mine import Lossy
        from harness.regress import parametrize_with_checks

        @parametrize_with_checks([Lossy()])
        def test_mine(thing, check):
            check(thing)
        """
    )
    found = run("-k", QUICK, "-rs", "test_mine.py")
    found.assert_outcomes(
        passed=1, failed=1, skipped=1, deselected=found.parseoutcomes()["deselected"]
    )
    found.stdout.fnmatch_lines(["*FAIL  accounts for all probability: *must sum to 1*"])
    found.stdout.fnmatch_lines(["*test_mine?Lossy-accounts for all probability?*"])
    found.stdout.fnmatch_lines(["*not met: exact token marginals*"])


def test_the_option_runs_the_checks_alone_or_with_paths(run):
    alone = run("--leapcheck", "mine:Lossy", "-k", QUICK + " or test_other")
    assert {k: alone.parseoutcomes()[k] for k in ("passed", "failed", "skipped")} == dict(
        passed=1, failed=1, skipped=1
    )
    alone.stdout.fnmatch_lines(["FAILED mine:Lossy::accounts for all probability*"])
    both = run("--leapcheck", "mine:Lossy", "-k", "contract or test_other", "test_other.py")
    assert both.parseoutcomes()["passed"] == 2


def test_a_name_that_is_none_is_one_line(run):
    found = run("--leapcheck", "tweedi")
    assert found.ret == pytest.ExitCode.USAGE_ERROR
    found.stderr.fnmatch_lines(["ERROR: --leapcheck tweedi: no sampler or theorem named 'tweedi'*"])


def test_the_plugin_imports_nothing_of_leapcheck():
    """Other people's test runs pay for nothing."""
    told = (
        "import sys, leapcheck_pytest; print([m for m in sys.modules if m[:4] in ('harn', 'jax')])"
    )
    found = subprocess.run(
        [sys.executable, "-c", told], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "[]"
