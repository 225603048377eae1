"""Compositions in order, and convolutions that keep their tails."""

import math
from fractions import Fraction

import numpy as np
import pytest
from helpers.counts_in_fractions import pushed

from harness.numerics import compositions, convolution


@pytest.mark.parametrize(("values", "total"), [(2, 7), (3, 6), (4, 5), (5, 4), (6, 1)])
def test_compositions_are_numbered_in_order(values, total):
    found = compositions.states(values, total)
    assert len(found) == compositions.size(values, total) == len({*map(tuple, found.tolist())})
    assert (found.sum(1) == total).all()
    assert (found >= 0).all()
    assert (compositions.index(found) == np.arange(len(found))).all()
    orders = [math.factorial(total) // math.prod(map(math.factorial, n)) for n in found.tolist()]
    np.testing.assert_allclose(np.exp(compositions.log_multiplicity(found)), orders, rtol=1e-13)


@pytest.mark.parametrize(
    ("values", "total"), [(2, 1), (2, 9), (3, 1), (3, 6), (4, 4), (5, 3), (6, 2)]
)
def test_the_convolution_keeps_its_tails(values, total):
    rng = np.random.default_rng(0)
    states = compositions.size(values, total)
    law = rng.dirichlet(np.full(states, 0.1))
    kernel = rng.dirichlet(np.full(values, 0.2), (states, values)) ** 2  # it loses mass
    kernel[..., -1] *= 10.0 ** (-40 / total)  # all tokens at the last value: 1e-40
    exact = pushed(law, kernel, total)
    found = convolution.push(law, kernel, total)
    for mine, wanted in zip(found.tolist(), exact, strict=True):
        assert abs(Fraction(mine) - wanted) <= wanted * Fraction(1, 10**13)
    assert min(exact) < 1e-30


def test_a_kernel_for_all_states_is_one_for_each():
    rng = np.random.default_rng(1)
    law, kernel = rng.dirichlet(np.ones(28)), rng.dirichlet(np.ones(3), 3)
    each = np.broadcast_to(kernel, (28, 3, 3))
    np.testing.assert_array_equal(convolution.push(law, kernel, 6), convolution.push(law, each, 6))
