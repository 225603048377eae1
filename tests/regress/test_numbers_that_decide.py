"""Sequences of numbers that are known, and what the regression suite says of them."""

import math
from dataclasses import replace

import pytest

from harness.measurement.measure import measure
from harness.regress import bank
from harness.regress.check_outcome import summary
from harness.regress.limit_checks import LimitChecks
from harness.samplers import Tweedie
from harness.verdicts.verdict import Status, Verdict


def suite(kl):
    """The checks of a sampler whose KL is a function of the step."""
    checks, problem = LimitChecks(Tweedie()), bank.theorem_problems(Tweedie())[0]
    m = replace(measure(problem), floor=0.0, chain_floor=0.0)

    def along(counts):
        return [replace(m, kl=float(kl(1 / n)), chain_kl=float(kl(1 / n))) for n in counts]

    checks.__dict__["inner"] = {}  # no term of a lower order
    checks.__dict__["series"] = {"uniform": along(bank.SERIES)}
    checks.finer = lambda name, output_only: along(bank.FINER)
    return checks


@pytest.mark.parametrize(
    ("kl", "passed", "number"),
    [
        (lambda h: h**2, True, "2.00 (uniform noise); claimed 2"),
        (lambda h: h**3, True, "3.00"),
        (lambda h: h**1.95, True, "1.95"),
        (lambda h: h**1.85, False, "1.85"),
        (lambda h: 0.0, True, "no error (uniform noise)"),
        (lambda h: h**2 * (5 if math.log2(h) % 2 else 1), False, "unresolved"),
        (lambda h: math.inf, False, "inf nats"),
        (lambda h: (h / (1 + 30 * h)) ** 2, True, "1.92"),  # fast moves saturate
        (lambda h: (h / (1 + 30 * h)) ** 1.5, False, "1.4"),
        (lambda h: h**2 + 1e-3 * h, False, "1."),
    ],
)
def test_an_order_is_one_sided(kl, passed, number):
    found = suite(kl).order("kl")
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
