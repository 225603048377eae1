"""Theorem 2 of dmitriev_2026a: each step of its proof, and tries to break it."""

import dataclasses
import math

import by_hand
import numpy as np
import pytest

from bounds import Dmitriev2026aLower
from harness import Problem, grids
from harness.noise import Uniform
from harness.quantities import Quantities
from harness.samplers import TauLeaping
from harness.score import Exact, Perturbed
from harness.verdicts.checks import check
from harness.verdicts.verdict import Status
from toy_targets import Table


def problem(law, grid, score=None, start="exact"):
    score = score or Exact()
    return Problem(Table(law), Uniform(), TauLeaping("wrap"), grid, score, start)


def to_uniform(q_0, t):
    law = by_hand.noised(q_0, t)
    return law.size and math.log(law.size) - by_hand.entropy(law)


def fall(q_0, t):
    """``φ(t)`` as divergences from shifted copies."""
    law = by_hand.noised(q_0, t)
    shifted = [np.roll(law, c, i) for i in range(law.ndim) for c in range(1, law.shape[0])]
    return sum(by_hand.kl(law, other) for other in shifted) / law.shape[0]


@by_hand.EACH_CASE
def test_each_step_of_the_proof(tokens, d, concentration, seed):
    q_0 = by_hand.random_law(tokens, d, concentration, seed)
    for t in (0.05, 0.3, 1.0):
        slope = (to_uniform(q_0, t - 1e-5) - to_uniform(q_0, t + 1e-5)) / 2e-5
        assert slope == pytest.approx(fall(q_0, t), rel=1e-6)
        assert fall(q_0, t) >= to_uniform(q_0, t)
        for a in (0.01, 0.5):
            assert fall(q_0, t + a) <= math.exp(-a) * fall(q_0, t)


@pytest.mark.parametrize("seed", range(6))
def test_random_problems_do_not_break_it(seed):
    rng = np.random.default_rng(seed)
    tokens, d = [(2, 3), (3, 2), (5, 2)][seed % 3]
    law = rng.dirichlet(np.full(tokens**d, 10.0 ** rng.uniform(-2, 1))).reshape((tokens,) * d)
    times = np.sort(rng.uniform(0.01, 2.0, 9))[::-1]
    score = [None, Perturbed(0.5)][seed % 2]
    case = problem(law, grids.custom(tuple(times)), score, ["exact", "noise"][seed % 2])
    (verdict,) = check(case, [Dmitriev2026aLower()])
    vacuous = times[-2] > 1 and verdict.bound == 0
    assert verdict.status is (Status.VACUOUS if vacuous else Status.HOLDS), str(verdict)


def test_a_share_of_it_is_needed_on_few_tokens():
    """A point mass in one step from 1: more than 30 % of the path KL at S = 8."""
    law = np.eye(8)[0]
    for s, share in ((0.4, 0.263), (0.9, 0.314)):
        case = problem(law, grids.custom((1.0, s)))
        quantities = Quantities(case)
        steps = Dmitriev2026aLower().terms(case, quantities)["steps"]
        assert steps / quantities.measurement.path_kl == pytest.approx(share, abs=1e-3)


def test_no_larger_constant_would_do():
    """A point mass: as ``S`` grows, ``KL(q_t‖U) = e^{-t} log S`` but for a constant."""
    log_tokens, t, s = 1e5, 1.0, 0.9

    def to_uniform_of_many(u):
        kept = math.exp(-u)
        return kept * (log_tokens - u) + (1 - kept) * math.log(1 - kept)

    def fall_of_many(u):
        kept = math.exp(-u)  # minus the derivative
        return kept * (log_tokens - u) + kept + kept * (-math.log(1 - kept) - 1)

    step = to_uniform_of_many(s) - to_uniform_of_many(t) - (t - s) * fall_of_many(t)
    bound = to_uniform_of_many(1.0) * (math.expm1(t - s) - (t - s))
    assert 0.999 < bound / step < 1


def test_so_many_steps_are_needed_as_the_theorem_says():
    """``N >= γ d log S (1/2 - δ)²/(2C)`` for an excess of ``C``, on even grids from 1."""
    law = np.zeros((2, 2, 2))
    law[0, 0, 0] = 1.0
    for steps in (4, 8, 16, 32):
        case = problem(law, grids.even(1.0, 0.1, steps))
        excess = Quantities(case).measurement.path_kl
        assert steps >= to_uniform(law, 1.0) * 0.4**2 / (2 * excess)


def test_a_leap_to_the_first_target_only_is_another_sampler():
    case = dataclasses.replace(Dmitriev2026aLower.example(), sampler=TauLeaping())
    (verdict,) = check(case, [Dmitriev2026aLower()])
    assert verdict.status is Status.NOT_APPLICABLE
