"""The sharp constants of the frozen score."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.linalg import expm

from bounds import Zhang2024SharpChain, Zhang2024SharpPath
from bounds.zhang_2024_sharp import speeds
from harness import Problem, check, check_sweep, grids
from harness.noise import RateMatrix, Uniform
from harness.samplers import FrozenScore, TauLeaping
from harness.score import Perturbed
from harness.verdicts.verdict import Status
from toy_targets import ClassTable, RandomTable, Table, Zipf

SKEW = RateMatrix([[-1.5, 1.0, 0.5], [0.25, -0.75, 0.5], [2.0, 1.0, -3.0]])
STEPS = (64, 128, 256, 512)
THEOREMS = [Zhang2024SharpPath(), Zhang2024SharpChain()]


def sweep(tokens, length, noise):
    target = RandomTable(tokens=tokens, length=length, seed=3)
    made = [grids.even(1.5, 0.3, steps) for steps in STEPS]
    return [Problem(target, noise, FrozenScore(), grid, start="exact") for grid in made]


SWEEPS = {"uniform": sweep(2, 3, Uniform()), "no symmetry": sweep(3, 2, SKEW)}


@pytest.mark.parametrize("name", ["uniform", pytest.param("no symmetry", marks=pytest.mark.slow)])
def test_the_constants_tend_to_one(name):
    """To 1 % at the finest step, and without their first-order term to 0.01 %."""
    found = [[v.constant for v in check(problem, THEOREMS)] for problem in SWEEPS[name]]
    coarse, fine = np.array(found[-2:])
    assert fine == pytest.approx([1, 1], rel=0.01)
    assert 2 * fine - coarse == pytest.approx([1, 1], rel=1e-4)


def test_they_hold_from_both_sides():
    for verdict in check_sweep(SWEEPS["uniform"], "step", THEOREMS):
        assert verdict.status is Status.CONSISTENT, str(verdict)


def test_the_speed_is_that_of_dense_rates():
    """``C_t`` from generators on all pairs of states, by differences of ``expm``."""
    problem, t, off = SWEEPS["no symmetry"][0], 0.7, 1e-4
    own, token = np.asarray(SKEW.rows, float), np.eye(3)
    forward = np.kron(own, token) + np.kron(token, own)
    data = np.asarray(problem.data_law).reshape(-1)

    def reverse(u):
        q = data @ expm(u * forward)
        return forward.T * q[None, :] / q[:, None] * (1 - np.eye(9))  # from x to y

    slope = (reverse(t + off) - reverse(t - off)) / (2 * off)
    law, now = data @ expm(t * forward), reverse(t)
    each = np.divide(slope**2, now, out=np.zeros_like(now), where=now > 0).sum(axis=1)
    assert speeds(problem, [t]) == [pytest.approx(law @ each, rel=1e-7)]


def test_the_speed_of_classes_is_that_of_their_tokens():
    sizes, law = (1, 3), np.array([[0.3, 0.1], [0.1, 0.5]])
    own = np.repeat(np.arange(2), sizes)
    share = law / np.outer(sizes, sizes)
    grid = grids.even(2.0, 0.25, 4)
    found, wanted = (
        speeds(Problem(target, Uniform(), FrozenScore(), grid, start="exact"), [1.0, 0.3])
        for target in (ClassTable(sizes, law), Table(share[np.ix_(own, own)]))
    )
    assert found == pytest.approx(wanted, rel=1e-12)


@pytest.mark.parametrize(
    ("change", "missing"),
    [
        ({"sampler": TauLeaping()}, "frozen"),
        ({"score": Perturbed(0.1)}, "exact score"),
        ({"start": "noise"}, "a start at q_T"),
        ({"target": Zipf(64, 4, 2)}, "sequences of at most 4,096 states"),  # of classes
    ],
)
def test_what_it_asks_for(change, missing):
    for verdict in check(replace(SWEEPS["uniform"][0], **change), THEOREMS):
        assert verdict.status is Status.NOT_APPLICABLE
        assert missing in verdict.reason
