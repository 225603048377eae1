"""A sequence whose limit and powers are known."""

import numpy as np
import pytest

from harness.regress.extrapolation import romberg

H = 1 / np.array([16.0, 32.0, 64.0, 128.0, 256.0])


def test_each_extrapolation_is_exact_where_its_powers_are_all():
    powers = 3 + 2 * H**2 - H**3 + 7 * H**4
    assert romberg(powers.tolist(), 2)[-1] == pytest.approx([3, 3], rel=1e-12)
