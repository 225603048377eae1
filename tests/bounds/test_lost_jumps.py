"""lost_jumps: the limit of KL over its form is 1, and no form of another order will do."""

import dataclasses
import itertools
import math
from dataclasses import replace

import numpy as np
import pytest

from bounds import LostJumps
from bounds.lost_jumps import lost_pairs
from harness import Problem, grids
from harness.noise import Uniform
from harness.quantities import Quantities
from harness.samplers import TauLeaping
from harness.verdicts.checks import check_sweep
from harness.verdicts.verdict import Status
from toy_targets import Product, Table

TOKEN = (0.6, 0.3, 0.1)


def problem(target, steps, **rest):
    grid = grids.even(1.0, 0.2, steps)
    return Problem(target, Uniform(), TauLeaping("lose"), grid, start="exact", **rest)


def test_the_rate_is_that_of_pairs_that_leave():
    """Two tokens with laws of their own."""
    first, second = np.array([0.6, 0.3, 0.1]), np.array([0.2, 0.2, 0.6])
    case = problem(Table(np.outer(first, second)), 4)
    for t in (0.2, 1.0):
        expected = 0.0
        for token in (first, second):
            m = math.exp(-t) * token + (1 - math.exp(-t)) / 3
            for a, b, c in itertools.product(range(3), repeat=3):
                if a not in (b, c) and not 0 <= b + c - a < 3:
                    expected += m[a] / 2 * (m[b] / m[a] / 3) * (m[c] / m[a] / 3)
        assert lost_pairs(case, t) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("token", [TOKEN, (0.7, 0.3), (0.4, 0.3, 0.2, 0.1)])
def test_the_quotient_tends_to_one(token):
    off = []
    for steps in (64, 128, 256):
        case = problem(Product(token, 1), steps)
        kl = Quantities(case).measurement.kl
        off.append(abs(kl / LostJumps().form(case, Quantities(case)) - 1))
    assert off[-1] < 0.01
    assert off[-1] < 0.6 * off[0]


def test_the_quotient_is_the_same_for_any_number_of_tokens():
    quotients = []
    for d in (1, 6):
        case = problem(Product((0.7, 0.3), d), 4, engine="counts")
        quantities = Quantities(case, output_only=True)
        quotients.append(quantities.measurement.kl / LostJumps().form(case, quantities))
    assert quotients == pytest.approx([quotients[0]] * 2, rel=1e-10)


@dataclasses.dataclass(frozen=True)
class Power(LostJumps):
    power: float = 1.0
    name = "power"

    def form(self, problem, quantities):
        return problem.space.length * problem.grid.steps**-self.power


@pytest.mark.parametrize(
    ("power", "status"), [(1.0, Status.CONSISTENT), (0.8, Status.INCONSISTENT)]
)
def test_a_kl_that_is_said_to_fall_slower_is_found_below(power, status):
    case = problem(Product(TOKEN, 1), 16)
    sweep = [replace(case, grid=case.grid.with_steps(n)) for n in (32, 64, 128, 256, 512)]
    (verdict,) = check_sweep(sweep, "step", [Power(power=power)])
    assert verdict.status is status, str(verdict)
