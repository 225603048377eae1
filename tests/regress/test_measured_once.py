"""What is measured of a problem that several theorems are tried on."""

import math

import pytest

from harness.regress import bank
from harness.regress.measured_once import MeasuredOnce
from harness.samplers import FrozenScore, Tweedie
from harness.verdicts.quantities import Quantities

RUNGS = ("output", "tv", "data", "chain", "path")


@pytest.mark.parametrize("sampler", [Tweedie(), FrozenScore()])
def test_the_chain_is_measured_when_it_is_asked_for_and_the_output_stays_what_it_was(sampler):
    problem = bank.problem(sampler, bank.PARITY, bank.UNEVEN)
    known, whole = MeasuredOnce(), Quantities(problem)
    found = known.on(problem)
    for name in (*RUNGS[:3], "output"):
        assert found.rung(name) == whole.rung(name)
        assert found.rung_rounding(name) == whole.rung_rounding(name)
        assert found.idle(name) == whole.idle(name)
        assert math.isnan(found.ends.chain_kl)
    for name in RUNGS[::-1]:
        assert found.rung(name) == whole.rung(name)
        assert found.ends is found.measurement
    assert known.on(problem) is found
