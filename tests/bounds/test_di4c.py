"""di4c_2025: a rate from both sides, of the step alone."""

import dataclasses
from dataclasses import replace

import pytest

from bounds import Di4C2025
from harness import Problem, grids
from harness.noise import Absorbing, Uniform
from harness.quantities import Quantities
from harness.samplers import MaskedPlugIn, Tweedie
from harness.verdicts.checks import check_sweep
from harness.verdicts.verdict import Status
from toy_targets import PottsRing, TwoBeliefs

SAME_BIT = TwoBeliefs((1.0, 0.0), (0.0, 1.0), 2)
STEPS = (8, 16, 32, 64, 128)


def revealed(steps):
    return Problem(SAME_BIT, Absorbing(), MaskedPlugIn(), grids.even_reveal(steps), start="mask")


@pytest.mark.parametrize("steps", [1, 2, 7, 64])
def test_a_repeated_bit_is_off_by_half_over_the_steps(steps):
    assert Quantities(revealed(steps)).rung("tv")[0] * steps == pytest.approx(0.5, rel=1e-12)


@dataclasses.dataclass(frozen=True)
class Power(Di4C2025):
    power: float = 1.0
    name = "power"

    def form(self, problem, quantities):
        return problem.grid.steps**-self.power


@pytest.mark.parametrize(
    ("power", "status"),
    [(1.0, Status.CONSISTENT), (0.9, Status.INCONSISTENT), (1.1, Status.INCONSISTENT)],
)
def test_the_order_is_one_from_both_sides(power, status):
    unmasked = Problem(
        PottsRing(3, 2, 1.0), Uniform(), Tweedie(), grids.even(2.0, 0.2, 8), start="exact"
    )
    for case in (revealed(8), unmasked):
        sweep = [replace(case, grid=case.grid.with_steps(n)) for n in STEPS]
        (verdict,) = check_sweep(sweep, "step", [Power(power=power)])
        assert verdict.status is status, str(verdict)


def test_of_other_axes_it_says_nothing():
    sweep = [
        replace(revealed(8), target=TwoBeliefs((1.0, 0.0), (0.0, 1.0), d)) for d in (2, 3, 4, 5)
    ]
    (verdict,) = check_sweep(sweep, "d", [Di4C2025()])
    assert verdict.status is Status.INCONCLUSIVE
    assert "d decides no rate" in verdict.reason
