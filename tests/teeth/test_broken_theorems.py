"""Theorems broken in one place: what ``leapcheck regress`` must see, and what it cannot."""

from collections.abc import Iterable
from typing import Any

import pytest

from harness.foundation.registry import load, theorems
from harness.regress.check_outcome import Check
from harness.regress.measured_once import MeasuredOnce
from harness.regress.suite import run
from harness.regress.theorem_checks import TheoremChecks

from .broken_theorems import every

load()
KNOWN = MeasuredOnce()


def broken(name: str, what: str):
    (theorem,) = (each.theorem for each in every(theorems[name]) if each.what == what)
    return theorem


def decided(theorem, check: str) -> Check:
    return run(check, dict(TheoremChecks(theorem, known=KNOWN).all())[check])


WRAP = "tau_leaping(multiple_jumps=wrap)"

KILLED: Iterable[Any] = (
    # Constants: where the bank comes near to equality.
    ("start_uniform", "term start x 0.9", "stands with tweedie"),
    pytest.param(
        *("explicit_dtc", "term start x 0.9", "stands with tweedie"),
        marks=pytest.mark.slow,  # 6 s
    ),
    # Steps that are told to be shorter than they are.
    pytest.param(
        *("explicit_dtc", "without 'true step lengths'", "stands with tweedie"),
        marks=pytest.mark.slow,  # 9 s
    ),
    # Of any sampler, with an example for masks alone: not true under other noise.
    ("start_absorbing", "without 'absorbing noise'", "stands with tweedie"),
    ("explicit_dtc", "term factorisation x 0.5", "stands with tweedie"),
    ("early_stopping", "term stopping x 0.9", "stands with tweedie"),
    ("total_correlation", "term factorisation x 0.9", "stands with tweedie"),
    ("explicit_dtc_masked", "term others x 0.9", "stands with masked_plug_in"),
    ("explicit_dtc_masked", "term first step x 0.9", "stands with masked_plug_in"),
    pytest.param(
        *("first_hitting", "term score x 0.9", "stands with first_hitting"),
        marks=pytest.mark.slow,  # 20 s
    ),
    pytest.param(
        *("explicit_path", "term start x 0.9", f"stands with {WRAP}"),
        marks=pytest.mark.slow,  # 9 s
    ),
    ("explicit_path", "term score x 0.9", f"stands with {WRAP}"),
    ("explicit_path_identity", "term path x 0.9", f"stands with {WRAP}"),
    # Powers of what a form holds.
    pytest.param(
        *("explicit_dtc", "term factorisation with 0.5 less of 1/κ", "stands with tweedie"),
        marks=pytest.mark.slow,  # 6 s
    ),
    ("liang_2025", "term start with 0.5 less of S", "stands with tweedie along S and T from noise"),
    # What a theorem needs and does not say.
    ("start_uniform", "without 'uniform noise'", "stands with tweedie"),
    pytest.param(
        *("total_correlation", "without 'exact token marginals'", "stands with euler"),
        marks=pytest.mark.slow,  # 7 s
    ),
    pytest.param(
        *("total_correlation", "without 'exact score'", "stands with tweedie"),
        marks=pytest.mark.slow,  # 7 s
    ),
    pytest.param(
        *("explicit_path", "without 'noise by shifts modulo S'", f"stands with {WRAP}"),
        marks=pytest.mark.slow,  # 10 s
    ),
)


@pytest.mark.parametrize(("name", "what", "check"), KILLED)
def test_a_theorem_that_is_broken_is_killed(name, what, check):
    assert decided(theorems[name](), check).passed is not False  # None where it does not apply
    found = decided(broken(name, what), check)
    assert found.passed is False
    assert not found.raised
    assert found.case is not None
    assert "target " in found.why
