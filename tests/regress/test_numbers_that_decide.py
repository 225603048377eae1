"""Sequences of numbers that are known, and what the regression suite says of them."""

from dataclasses import replace

import numpy as np
import pytest

from harness.measurement.measure import measure
from harness.regress import bank
from harness.regress.check_outcome import summary
from harness.regress.limit_checks import LimitChecks
from harness.samplers import Tweedie
from harness.verdicts.verdict import Status, Verdict


def suite(**series):
    """The checks of a sampler whose KL along ``bank.SERIES`` is given."""
    checks, problem = LimitChecks(Tweedie()), bank.theorem_problems(Tweedie())[0]
    m = replace(measure(problem), floor=0.0, chain_floor=0.0)
    checks.__dict__["_of_inner"] = {}  # no term of a lower order
    checks.__dict__["series"] = {
        name: [replace(m, kl=float(kl), chain_kl=float(kl)) for kl in kls]
        for name, kls in series.items()
    }
    return checks


H = 1 / np.array(bank.SERIES)


@pytest.mark.parametrize(
    ("kl", "passed", "number"),
    [
        (H**2, True, "2.00 (uniform noise); claimed 2"),
        (H**3, True, "3.00"),
        (H**1.95, True, "1.95"),
        (H**1.85, False, "1.85"),
        (0 * H, True, "no error (uniform noise)"),
        (H**2 * np.array([1, 5, 1, 5, 1]), False, "unresolved"),
        (H**0 * np.inf, False, "inf nats"),
    ],
)
def test_an_order_is_one_sided(kl, passed, number):
    found = suite(uniform=kl).order("kl")
    assert found.passed is passed
    assert number in found.number


def test_a_summary_of_verdicts_hides_no_failure():
    def verdict(status, reason=""):
        return Verdict("theorem", status, "chain", "D", reason)

    holds, none = verdict(Status.HOLDS, "1 <= 2"), verdict(Status.NOT_APPLICABLE, "not met: luck")
    assert summary([holds])[:3] == (True, "HOLDS, 1 <= 2", "")
    assert summary([holds, none])[:2] == (True, "HOLDS, 1 <= 2 (at 1 HOLDS, 1 NOT_APPLICABLE)")
    found = summary([holds, verdict(Status.VIOLATED, "3 > 2"), none])
    assert found[:2] == (False, "VIOLATED")
    assert found.reason.startswith("3 > 2 (at 1 HOLDS, ")
    assert summary([none, none])[:3] == (None, "not met: luck", "")
    assert summary([verdict(Status.VACUOUS, "9 >= 1")])[:3] == (None, "VACUOUS, 9 >= 1", "")
