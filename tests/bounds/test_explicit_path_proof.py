"""Each step of the proof of ``explicit_path`` and its identity, by routes of their own."""

import itertools
import math

import numpy as np
import pytest
from paths_by_hand import Fall, uniform_rates, walk_rates
from scipy.integrate import quad
from scipy.linalg import expm

from harness import Problem, grids
from harness.measurement import fall_to_uniform
from harness.noise import Circulant, CyclicWalk, Uniform
from harness.quantities import Quantities
from harness.samplers import TauLeaping
from toy_targets import RandomTable, Table, TwoBeliefs

ONE_WAY = np.array([0.0, 0.7, 0.3])
RATES = {"uniform": uniform_rates(3), "walk": walk_rates(3), "one way": ONE_WAY}
EVERY = pytest.mark.parametrize("rates", RATES.values(), ids=RATES)
LAW = np.random.default_rng(4).dirichlet(np.full(9, 0.4)).reshape(3, 3)
STATES = list(itertools.product(range(3), repeat=2))


def shifted(x, i, c):
    y = list(x)
    y[i] = (y[i] + c) % 3
    return tuple(y)


def dense(rates):
    """``[9, 9]`` generator of two tokens."""
    one = np.array([[rates[(b - a) % 3] for b in range(3)] for a in range(3)])
    one -= np.diag(one.sum(1))
    return np.kron(one, np.eye(3)) + np.kron(np.eye(3), one)


@EVERY
def test_shifts_take_the_score_away(rates):
    """(2): means under ``q_u`` of what a score weighs; the cross term is the same at all ``u``."""
    generator, t = dense(rates), 0.8
    guess = np.random.default_rng(1).lognormal(0.0, 1.0, (9, 2, 3))  # a wrong score at t
    where = {x: k for k, x in enumerate(STATES)}
    law_t = LAW.reshape(-1) @ expm(t * generator)
    wanted = sum(
        rates[-c] * law_t[k] * math.log(guess[where[shifted(x, i, -c)], i, c])
        for k, x in enumerate(STATES)
        for i in range(2)
        for c in (1, 2)
    )
    for u in (0.1, 0.5, 0.8):
        law = LAW.reshape(-1) @ expm(u * generator)
        joint = law[:, None] * expm((t - u) * generator)
        ratio = np.array(
            [
                [[law[where[shifted(x, i, c)]] / law[k] for c in range(3)] for i in range(2)]
                for k, x in enumerate(STATES)
            ]
        )
        cross = sum(
            rates[-c] * ratio[k, i, c] * joint[k, m] * math.log(guess[m, i, c])
            for k in range(9)
            for m in range(9)
            for i in range(2)
            for c in (1, 2)
        )
        assert cross == pytest.approx(wanted, rel=1e-12)
        own = np.einsum("k,kic,c->", law, ratio * np.log(ratio), rates[[0, 2, 1]])
        assert own == pytest.approx(Fall(LAW, rates, 2).fall(u), rel=1e-12)
        np.testing.assert_allclose(np.einsum("k,kic->ic", law, ratio), 1.0, rtol=1e-13)


def test_under_noise_with_places_of_its_own_the_cross_term_moves():
    """What fails elsewhere: the pair of shifted states is no shift of the pair."""
    skew = np.array([[-1.5, 1, 0.5], [0.25, -0.75, 0.5], [2, 1, -3]])
    q0, guess = np.array([0.7, 0.2, 0.1]), np.array([[1, 2.0, 3.0]] * 3)
    found = []
    for u in (0.1, 0.5):
        law = q0 @ expm(u * skew)
        joint = law[:, None] * expm((0.8 - u) * skew)
        found.append(
            sum(
                skew[(x + c) % 3, x] * law[(x + c) % 3] / law[x] * joint[x, y] * guess[y, c]
                for x in range(3)
                for y in range(3)
                for c in (1, 2)
            )
        )
    assert abs(found[0] - found[1]) > 0.01


@EVERY
def test_the_fall_is_the_derivative_and_falls(rates):
    """(3) of the identity, and (1) of the bound."""
    fall = Fall(LAW, rates, 2)
    found, _ = quad(fall.fall, 0.1, 0.9, epsabs=1e-13, epsrel=1e-12)
    assert found == pytest.approx(fall.kl(0.1) - fall.kl(0.9), rel=1e-11)
    times = np.linspace(0.05, 4.0, 60)
    falls = np.array([fall.fall(t) for t in times])
    assert (np.diff(falls) < 0).all()
    if rates is RATES["uniform"]:
        for a in (0.01, 0.3, 2.0):
            assert all(fall.fall(t + a) <= math.exp(-a) * fall.fall(t) for t in times)


def test_a_slower_noise_does_not_forget_like_the_uniform_one():
    """``φ(t + a) <= e^{-a} φ(t)``, and with it the second display, is uniform noise's own."""
    point = np.zeros(8)
    point[0] = 1.0
    walk, same = Fall(point, walk_rates(8), 1), Fall(point, uniform_rates(8), 1)
    assert walk.kl(6.0) > math.exp(-6.0) * math.log(8) > same.kl(6.0)
    assert walk.fall(3.0) > math.exp(-1.0) * walk.fall(2.0)


@EVERY
@pytest.mark.parametrize("concentration", [0.05, 0.5, 5.0])
def test_steps_sums_and_the_bound_of_any_grid(rates, concentration):
    """(2), (3) and (4), on a hundred random laws at once and grids of all kinds."""
    rng = np.random.default_rng(7)
    laws = rng.dirichlet(np.full(9, concentration), 100).reshape(100, 3, 3)
    fall, uniform = Fall(laws, rates, 2), rates is RATES["uniform"]
    for grid in (
        grids.geometric(4.0, 0.02, 0.3),
        grids.geometric(0.9, 0.3, 1.5),
        grids.even(3.0, 0.1, 5),
        grids.custom((2.5, 2.4, 0.7, 0.65, 0.05)),
        grids.custom((8.0, 2.0)),
    ):
        total, steps = 0.0, 0.0
        for t, s in grid.intervals():
            h, cost, far, near = t - s, fall.step(t, s), fall.fall(t), fall.fall(s)
            rounding = 1e-13 * (1 + near)
            assert (cost <= h * (near - far) + rounding).all()
            assert (cost >= (math.expm1(h) - h if uniform else 0) * far - rounding).all()
            total, steps = total + cost, steps + h * (near - far)
        of_ends = fall.kl(1e-9) - fall.kl(1.0)
        assert (steps <= grid.kappa * of_ends + 1e-9).all()
        largest = fall.fall(grid.stop)
        assert (steps <= grid.max_step * largest + 1e-13).all()
        if uniform:
            assert (largest <= 2 * math.log1p(3 / math.expm1(grid.stop))).all()


def test_the_smallest_ratio_of_any_law():
    """(4): a point mass comes near ``1 + S/(e^δ - 1)``, and nothing passes it."""
    for stop in (0.01, 0.5, 3.0):
        kernel = np.eye(5) * math.exp(-stop) - math.expm1(-stop) / 5
        assert kernel.max() / kernel.min() == pytest.approx(1 + 5 / math.expm1(stop))


@pytest.mark.parametrize(
    ("noise", "rates"),
    [
        (Uniform(), RATES["uniform"]),
        (CyclicWalk(), RATES["walk"]),
        (Circulant(ONE_WAY), ONE_WAY),
    ],
    ids=RATES,
)
def test_the_fall_is_computed_right(noise, rates):
    """On sequences and on counts, with its slope."""
    beliefs = TwoBeliefs((0.7, 0.2, 0.1), (0.1, 0.3, 0.6), length=3, weight=0.8)
    for target, engine in ((Table(LAW), "auto"), (beliefs, "enumerated"), (beliefs, "counts")):
        grid = grids.even(1.0, 0.1, 1)
        problem = Problem(target, noise, TauLeaping("wrap"), grid, engine=engine)
        fall = Fall(np.exp(target.log_law()), rates, target.space.length)
        for t in (0.1, 0.7):
            kl = Quantities(problem).uniform_kl(t)
            falls, fall_floor = fall_to_uniform.fall_with_floor(problem, t)
            assert abs(kl - fall.kl(t)) < 1e-13
            assert falls == pytest.approx(fall.fall(t), rel=1e-12)
            assert 1e-16 < fall_floor < 1e-13
            slope = fall_to_uniform.slope(problem, t)
            near = (fall.fall(t + 1e-4) - fall.fall(t - 1e-4)) / 2e-4
            assert slope == pytest.approx(near, rel=1e-5)


def test_large_spaces_go_block_by_block(monkeypatch):
    from harness.process import space

    def falls():
        problem = Problem(RandomTable(3, 4, seed=1), Uniform(), TauLeaping("wrap"), grid)
        return fall_to_uniform.fall(problem, 0.3), fall_to_uniform.slope(problem, 0.3)

    grid = grids.even(1.0, 0.1, 1)
    whole = falls()
    monkeypatch.setattr(space, "TABLE_ENTRIES", 3 * 4 * 27)
    assert falls() == pytest.approx(whole, rel=1e-13)
