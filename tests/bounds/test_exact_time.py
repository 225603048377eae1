"""exact_time and huang_2026: the integral of the score error, each step of the proof, and teeth."""

import dataclasses
import math

import jax.numpy as jnp
import numpy as np
import pytest
from referee import ladder, reference
from scipy.integrate import quad

from bounds import ExactTime, Huang2026
from harness import Problem, grids
from harness.measurement.score_error_in_time import score_error_in_time
from harness.noise import Uniform
from harness.quantities import Quantities
from harness.samplers import TruncatedUniformization
from harness.score import Perturbed
from harness.verdicts.checks import check
from harness.verdicts.verdict import Status
from toy_targets import RandomTable, Table

TABLE = RandomTable(3, 2, seed=3)
GRID = grids.geometric(2.0, 0.1, kappa=0.4)


def test_the_integral_is_the_referees():
    problem = Problem(TABLE, Uniform(), ExactTime.example().sampler, GRID, Perturbed(0.4, seed=3))
    q0 = np.exp(TABLE.log_law())
    R = np.full((3, 3), 1 / 3) - np.eye(3)
    error = np.exp(0.4 * np.random.default_rng(3).standard_normal((9, 2, 3)))

    def loss(u):
        q, x = reference.marginal(q0, R, u), reference.states(q0)
        true, seen = reference.ratios(q0, R, u), reference.ratios(q0, R, u, error)
        away = np.arange(3) != x[..., None]
        gaps = ladder.rate_gap(true, seen) / 3
        return float((q[:, None, None] * np.where(away, gaps, 0.0)).sum())

    value, floor = score_error_in_time(problem)
    assert value == pytest.approx(quad(loss, 0.1, 2.0, epsrel=1e-11)[0], rel=1e-9)
    assert floor < 1e-10


def test_a_score_of_your_own_is_asked_at_every_time():
    """No bound on it is known, and none is needed where it is scaled down."""

    def doubled(t, x):
        return jnp.full((*x.shape, 3), 2.0)

    problem = dataclasses.replace(Huang2026.example(), target=TABLE, score=doubled)
    quantities = Quantities(problem)
    (verdict,) = check(problem, [Huang2026()], quantities)
    assert verdict.status in (Status.HOLDS, Status.VACUOUS), str(verdict)
    assert quantities.score_error_in_time > 0.1


def test_the_score_error_at_grid_times_is_not_it():
    @dataclasses.dataclass(frozen=True)
    class AtGridTimes(ExactTime):
        name = "at_grid_times"

        def terms(self, problem, quantities):
            return {"start": quantities.start_kl, "score": quantities.score_error}

    @dataclasses.dataclass(frozen=True)
    class Share(ExactTime):
        share: float = 0.999
        name = "share"

        def terms(self, problem, quantities):
            return {k: self.share * part for k, part in super().terms(problem, quantities).items()}

    found = check(ExactTime.example(), [ExactTime(), AtGridTimes(), Share(), Share(1.001)])
    assert [v.status for v in found] == [Status.HOLDS, *[Status.VIOLATED] * 3]


@pytest.mark.parametrize("seed", range(20))
def test_scaling_down_to_more_than_the_truth_costs_less(seed):
    """The step of the proof, on random rates."""
    rng = np.random.default_rng(seed)
    true, told = rng.exponential(size=5), rng.exponential(size=5) * rng.uniform(1, 5)
    if told.sum() <= true.sum():
        return
    shares = np.linspace(true.sum() / told.sum(), 1, 50)
    costs = [ladder.rate_gap(true, share * told).sum() for share in shares]
    assert (np.diff(costs) >= -1e-12).all()


def test_it_holds_where_estimates_are_far_too_fast():
    problem = dataclasses.replace(Huang2026.example(), target=TABLE, score=Perturbed(2.0, seed=1))
    (verdict,) = check(problem, [Huang2026()])
    assert verdict.status in (Status.HOLDS, Status.VACUOUS), str(verdict)
    assert verdict.measured < 0.999 * verdict.bound  # it is scaled down


def test_without_its_condition_it_is_false():
    @dataclasses.dataclass(frozen=True)
    class Unconditional(Huang2026):
        name = "unconditional"

        def assumptions(self, problem):
            kept = super().assumptions(problem)
            return {name: met for name, met in kept.items() if "scaled" not in name[:30]} | {}

    bit = Table(np.array([1.0, 0.0]))
    grid = grids.even(2.0, 0.4, 4)
    problem = Problem(bit, Uniform(), TruncatedUniformization(0.25), grid, start="exact")
    told, false = check(problem, [Huang2026(), Unconditional()])
    assert told.status is Status.NOT_APPLICABLE
    assert "true rates not scaled down" in told.reason
    assert false.status is Status.VIOLATED
    assert false.bound < 1e-20
    assert Quantities(problem).measurement.kl == pytest.approx(0.17733, abs=1e-5)
    assert math.isfinite(false.measured)
