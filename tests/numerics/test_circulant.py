"""Poisson sums modulo ``S``: every entry to its last digits, however small."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from harness.foundation.precision import float64
from harness.numerics import circulant


def found(means):
    with float64():
        return np.asarray(jax.jit(circulant.poisson_sums)(jnp.asarray(means)))


def by_number_of_jumps(means):
    """``Σ_k Poisson(k) π^{*k}``, one jump after the other, in extended precision."""
    c = np.array(means, np.longdouble)
    c[0] = 0
    one = np.array([[c[(k - j) % len(c)] for j in range(len(c))] for k in range(len(c))])
    term = np.exp(-c.sum()) * (np.arange(len(c)) == 0)
    law = term
    for k in range(1, int(c.sum() + 20 * c.sum() ** 0.5) + 80):
        term = one @ term / k
        law = law + term
    return law


@pytest.mark.parametrize("scale", [1e-9, 1e-2, 1.0, 30.0, 400.0])
@pytest.mark.parametrize("size", [2, 3, 8, 9, 24])  # 8 is written out, 9 is not
def test_every_entry_keeps_its_digits(size, scale):
    means = np.random.default_rng(size).exponential(size=(2, 3, size)) ** 2 * scale / size
    law = found(means)
    assert law.shape == means.shape
    for place in np.ndindex(2, 3):
        np.testing.assert_allclose(law[place], by_number_of_jumps(means[place]), rtol=2e-14)


def test_the_far_side_of_the_ring_keeps_its_digits():
    """One way only, so that 23 jumps are needed: 4e-69, where a Fourier transform has a floor."""
    means = np.zeros((1, 24))
    means[:, 1] = 0.01
    want = [math.exp(-0.01) * 0.01**k / math.factorial(k) for k in range(24)]
    np.testing.assert_allclose(found(means)[0], want, rtol=1e-14)
    by_fourier = np.fft.ifft(np.exp(np.fft.fft(means) - 0.01)).real
    assert abs(by_fourier[0, 23]) > 1e9 * want[23]


def test_what_comes_to_nothing_and_what_does_not_end():
    means = np.array([[5.0, 0.0, 0.0], [0.0, 1e7, 2e7]])  # no jump; a great many
    np.testing.assert_allclose(found(means), [[1, 0, 0], [1 / 3] * 3], rtol=1e-12)


def test_displacements_and_tokens():
    x = np.array([[2, 0]])
    table = np.array([[[0.0, 10.0, 20.0], [0.0, 10.0, 20.0]]])
    by_jump = np.asarray(circulant.by_displacement(x, table))
    np.testing.assert_array_equal(by_jump, [[[20, 0, 10], [0, 10, 20]]])
    np.testing.assert_array_equal(np.asarray(circulant.by_token(x, by_jump)), table)
    moves = np.asarray(circulant.between(by_jump))[0, 0]
    assert [moves[2, 0], moves[0, 1], moves[1, 0]] == [0, 0, 10]  # by 1, by 1, by 2
