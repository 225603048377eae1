"""Theorems that are equalities under absorbing noise."""

import math

import pytest
from helpers.masked_problems import WHOLE

from bounds import TotalCorrelation
from harness import Problem, grids
from harness.noise import Absorbing
from harness.samplers import MaskedPlugIn
from harness.verdicts.checks import check
from harness.verdicts.verdict import Status
from toy_targets import Parity


@pytest.mark.parametrize("start", ["noise", "exact", "mask"])
def test_total_correlation_is_an_equality_for_the_plug_in(start):
    grid = grids.even_reveal(6) if start == "mask" else WHOLE
    problem = Problem(Parity(4), Absorbing(), MaskedPlugIn(), grid, start=start)
    (verdict,) = check(problem, [TotalCorrelation()])
    assert verdict.status in (Status.HOLDS, Status.VACUOUS)
    assert verdict.measured == pytest.approx(verdict.bound, rel=1e-12)


@pytest.mark.parametrize("stop", [1e-9, 0.01, 0.5, 3.0])
def test_early_stopping_is_an_equality(stop):
    """``1 - e^{-dδ}``: a sequence with a mask is no data."""
    problem = Problem(Parity(4), Absorbing(), MaskedPlugIn(), grids.custom((4.0, stop)))
    (verdict,) = [v for v in check(problem) if v.theorem == "early_stopping"]
    assert verdict.status is Status.HOLDS
    assert verdict.bound == pytest.approx(-math.expm1(-4 * stop), rel=1e-12)
    assert verdict.measured == pytest.approx(verdict.bound, abs=1e-14)
