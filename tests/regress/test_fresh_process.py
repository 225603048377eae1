"""A process that has done nothing else, beside one that has."""

from dataclasses import dataclass

import pytest
from outside import first_seen
from outside.first_seen import FirstSeen
from outside.implicit_euler import ImplicitEuler

from harness.claims import Claims
from harness.regress import run
from harness.regress.fresh_process import FreshChecks
from harness.samplers import Euler


def fresh(sampler):
    return run(*next(FreshChecks(sampler).all()))


def test_a_sampler_from_outside_says_the_same_there():
    check = fresh(ImplicitEuler())
    assert check.passed is True, str(check)
    assert "S=3, d=3" in check.reason


def test_what_is_kept_of_the_first_call_is_seen(monkeypatch):
    monkeypatch.setattr(first_seen, "FIRST", {"S": 3})  # what was asked for first here
    check = fresh(FirstSeen())
    assert check.passed is False
    assert float(check.number.split()[2]) > 1e-4


@dataclass(frozen=True)
class Broken:
    """Cannot do without what the tests have imported."""

    def __reduce__(self):
        return __import__, ("no_such_module",)


@pytest.mark.parametrize("what", ["local", "broken"])
def test_what_cannot_be_sent_is_told(what):
    @dataclass(frozen=True)
    class Local:
        claims: Claims = Euler().claims

    check = fresh(Local() if what == "local" else Broken())
    assert (check.passed, check.number) == (None, "it cannot be sent to another process")
    assert ("Local" if what == "local" else "no_such_module") in check.reason
