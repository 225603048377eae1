"""A sequence whose limit and powers are known."""

import numpy as np
import pytest

from harness.regress.extrapolation import falls_by_the_root, romberg

H = 1 / np.array([16.0, 32.0, 64.0, 128.0, 256.0])


def test_each_extrapolation_is_exact_where_its_powers_are_all():
    powers = 3 + 2 * H**2 - H**3 + 7 * H**4
    assert romberg(powers.tolist(), 2)[-1] == pytest.approx([3, 3], rel=1e-12)


@pytest.mark.parametrize(
    ("limit", "root", "found"),
    [(0.0, 1.0, True), (1e-3, 0.0, False), (-1.0, 0.0, False), (0.0, 0.0, False)],
)
def test_a_root_is_told_from_a_limit(limit, root, found):
    h = 1e-3 * 2.0 ** -np.arange(4)
    assert falls_by_the_root(limit + root * h**0.5 + 3 * h - 2 * h**2) is found
