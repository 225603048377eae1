"""Where a token lands after Poisson numbers of jumps, beside sums over both; beyond floats, NaN."""

import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import poisson

from harness.foundation.precision import float64
from harness.numerics.compound_poisson import displaced


def landed(up: float, down: float, dtype: type = np.float64) -> list[float]:
    """Below, on each of three tokens, and above, from the one in the middle; jumps are by 1."""
    with float64():
        sizes = (jnp.array([[[mean, 0.0]]], dtype) for mean in (up, down))
        inside, below, above = displaced(jnp.array([[1]]), *sizes)
        return [*below.ravel(), *inside.ravel(), *above.ravel()]


@pytest.mark.parametrize(("up", "down"), [(0.3, 2.0), (40.0, 35.0), (690.0, 699.0), (0.0, 650.0)])
def test_jumps_by_one_are_the_difference_of_two_poisson_numbers(up, down):
    many = np.arange(2000)
    p, q = poisson.pmf(many, up), poisson.pmf(many, down)
    law = np.convolve(p, q[::-1])  # of up - down from -1999 on
    middle = many[-1]
    expected = [law[: middle - 1].sum(), *law[middle - 1 : middle + 2], law[middle + 2 :].sum()]
    np.testing.assert_allclose(landed(up, down), expected, rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize(("up", "down"), [(709.0, 3.0), (3.0, 1e12), (np.inf, 0.0)])
def test_what_no_float_holds_is_not_a_number(up, down):
    assert np.isnan(landed(up, down)).all()


def test_few_digits_hold_fewer_jumps():
    np.testing.assert_allclose(landed(80.0, 87.0, np.float32), landed(80.0, 87.0), rtol=1e-4)
    assert np.isnan(landed(3.0, 88.0, np.float32)).all()
