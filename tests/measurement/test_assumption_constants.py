"""The constants that theorems assume, against closed forms."""

import math

import numpy as np
import pytest

from harness import Problem, grids
from harness.measurement.assumption_constants import assumption_constants
from harness.noise import Absorbing, Uniform
from harness.samplers import Euler, MaskedPlugIn
from harness.score import Perturbed
from toy_targets import CurieWeiss, Parity, PottsRing, Product

GRID = grids.custom((2.0, 1.0, 0.4))


def constants(target, noise=Uniform(), sampler=Euler(), grid=GRID, **fields):  # noqa: B008 (frozen)
    return assumption_constants(Problem(target, noise, sampler, grid, **fields))


def test_parity_has_the_ratios_of_one_flip():
    """Noised, a sequence of d bits has probability ∝ 1 ± e^{-dt}: one flip changes the sign."""
    found, d = constants(Parity(3)), 3
    ratios = {t: (1 + math.exp(-d * t)) / (1 - math.exp(-d * t)) for t in GRID.times}
    most = ratios[0.4]
    assert pytest.approx(most, rel=1e-12) == found.M
    assert found.M_estimate == found.M
    assert pytest.approx(max(r / (1 + 1 / t) for t, r in ratios.items()), rel=1e-12) == found.C_1
    assert found.reverse_exit == pytest.approx(d * most / 2, rel=1e-12)  # each bit flips at 1/2
    assert found.forward_exit == pytest.approx(1 / 2)
    assert math.inf == found.L


def test_a_product_has_the_ratios_of_its_tokens():
    token = np.array([0.7, 0.2, 0.1])
    found = constants(Product(tuple(token), 2))
    noised = math.exp(-0.4) * token + (1 - math.exp(-0.4)) / 3
    assert pytest.approx(7) == found.L
    assert pytest.approx(noised[0] / noised[2], rel=1e-12) == found.M


def test_under_masks_a_score_is_a_conditional_over_what_is_masked():
    """At most ``e^{-t}/(1 - e^{-t})``, where the other tokens determine one of parity."""
    grid = grids.custom((2.0, 1.0, 0.4))
    found = constants(Parity(3), Absorbing(), MaskedPlugIn(), grid)
    assert pytest.approx(math.exp(-0.4) / -math.expm1(-0.4), rel=1e-12) == found.M
    assert found.forward_exit == 1.0
    # Of d masks each is left at rate 1/(1 - e^{-t}) - 1 in all, whatever the others are.
    assert found.reverse_exit == pytest.approx(3 / math.expm1(0.4), rel=1e-12)


def test_steps_are_measured_by_where_they_end():
    found = constants(Parity(2), grid=grids.custom((2.0, 1.0, 0.4)))
    assert (found.kappa_least, found.kappa_most) == (pytest.approx(1.0), pytest.approx(1.5))
    assert constants(Parity(2), grid=grids.even(1.0, 0.0, 2)).kappa_most == math.inf


def test_an_estimate_has_its_own():
    exact, wrong = (
        constants(PottsRing(2, 2, 1.0)),
        constants(PottsRing(2, 2, 1.0), score=Perturbed(1)),
    )
    assert wrong.M == exact.M
    assert wrong.M_estimate != pytest.approx(exact.M, rel=1e-3)


def test_what_is_not_known_is_left_out():
    counts = constants(CurieWeiss(6, 0.5), engine="counts")
    assert math.isnan(counts.L)
    assert [told for told, _ in counts.rows()] == ["least κ_k = h_k / min(1, s_k)", "largest κ_k"]
