"""Verdicts from estimates: only where the interval decides."""

import dataclasses
from typing import ClassVar

import pytest
from helpers.long_problems import GRID, drawn

from bounds import Chain, Dmitriev2026b, ExplicitDTC, Liang2025
from harness import MonteCarlo, Problem, check, check_sweep, grids, measure
from harness.foundation.registry import theorems
from harness.noise import Uniform
from harness.samplers import Euler, FrozenScore, TauLeaping, Tweedie
from harness.verdicts.slopes import Trend, local_slopes, trend
from harness.verdicts.verdict import Status
from toy_targets import FewFlips, Pairs


@dataclasses.dataclass(frozen=True)
class Scaled(ExplicitDTC):
    """A copy whose right side is ``scale`` times the chain KL itself, plus ``shift``."""

    scale: float = 1.0
    shift: float = 0.0
    name: ClassVar[str] = "scaled"

    def terms(self, problem, quantities):
        return {"scaled": self.scale * quantities.measurement.chain_kl + self.shift}


@dataclasses.dataclass(frozen=True)
class Constant(Scaled):
    """A right side that is no estimate: ``shift``."""

    def terms(self, problem, quantities):
        return {"constant": self.shift}


@dataclasses.dataclass(frozen=True)
class OnOutput(Constant):
    """The same, of the output KL."""

    bounds_on: ClassVar[str] = "output"


def test_verdicts_are_decided_by_the_interval():
    problem = drawn(Problem(FewFlips(8), Uniform(), Tweedie(), GRID), 4096)
    m = measure(problem)
    low, high = m.chain_kl - m.chain_floor, m.chain_kl + m.chain_floor

    def status(theorem) -> Status:
        return check(problem, [theorem])[0].status

    assert status(Constant(shift=high + 0.3 * m.chain_floor)) is Status.HOLDS
    assert status(Constant(shift=m.chain_kl)) is Status.INCONCLUSIVE
    assert status(Constant(shift=low + 0.3 * m.chain_floor)) is Status.INCONCLUSIVE
    assert status(Constant(shift=low - 0.3 * m.chain_floor)) is Status.VIOLATED
    assert status(Constant(shift=10.0)) is Status.VACUOUS
    # Both sides from the same paths: their difference is known far better than either.
    assert status(Scaled(scale=1 + 1e-6)) is Status.HOLDS
    assert status(Scaled(scale=0.5)) is Status.VIOLATED
    # The output KL is below the chain KL, so that only a chain that obeys says something.
    assert status(OnOutput(shift=high + 0.3 * m.chain_floor)) is Status.HOLDS
    assert status(OnOutput(shift=low / 2)) is Status.INCONCLUSIVE
    assert status(Chain()) is Status.INCONCLUSIVE


@pytest.mark.slow
def test_verdicts_of_estimates_are_those_of_exact_numbers():
    """Where they decide; and every theorem can be asked."""
    grid = grids.geometric(3.0, 0.3, kappa=0.15)
    for sampler in (Tweedie(), TauLeaping(), Euler(), FrozenScore()):
        problem = Problem(FewFlips(6), Uniform(), sampler, grid)
        decided = [verdict for verdict in check(drawn(problem, 8192)) if verdict.decided]
        names = [verdict.theorem for verdict in decided]
        assert "start_uniform" in names
        for found, wanted in zip(
            decided, check(problem, [theorems[n]() for n in names]), strict=True
        ):
            assert found.status is wanted.status, (found, wanted)


@pytest.mark.slow
def test_rates_along_a_sweep_of_estimates():
    grid = grids.geometric(2.0, 0.2, kappa=0.6)
    problems = [
        Problem(Pairs(2, n), Uniform(), Tweedie(), grid, start="exact", engine=MonteCarlo(4096))
        for n in (2, 4, 8, 16)
    ]
    constant, liang = check_sweep(problems, "d", [Dmitriev2026b(), Liang2025()])
    # Pairs are independent: chain KL and DTC both grow like d, so the constant does not.
    assert constant.status in (Status.CONSISTENT, Status.INCONCLUSIVE)
    assert abs(constant.slope) < 0.2
    assert "±" in constant.reason
    assert liang.status is Status.CONSISTENT  # d² against d
    assert liang.rung == "chain"


def test_slopes_of_estimates_count_with_their_errors():
    x, floors = [1.0, 2.0, 4.0, 8.0], [0.01] * 4
    flat = local_slopes(x, [1.0] * 4, floors, floor_share=1.0)
    assert trend(flat)[0] is Trend.BOUNDED
    assert trend(flat, estimated=True)[0] is Trend.BOUNDED
    wide = local_slopes(x, [1.0] * 4, [0.03] * 4, floor_share=1.0)
    assert trend(wide, estimated=True)[0] is Trend.OPEN
    grows = [1.0, 1.2, 1.44, 1.728]
    assert trend(local_slopes(x, grows, [0.002] * 4, 1.0), estimated=True)[0] is Trend.GROWS
    # 0.4 ± 0.09 in the last three may well be on its way down: not decided.
    blurred = local_slopes(x, [1.0, 1.32, 1.74, 2.3], [0.03, 0.04, 0.05, 0.07], 1.0)
    assert trend(blurred)[0] is Trend.GROWS
    assert trend(blurred, estimated=True)[0] is Trend.OPEN
