"""One of several draws is kept: its law beside every outcome of the draws, one by one."""

import itertools

import numpy as np
import pytest

from harness.regress.seen_again import SeenChecks, one_kept
from harness.samplers import SoftValueDecoding


@pytest.mark.parametrize(("k", "spread"), [(1, 1.0), (2, 1.0), (3, 1.0), (3, 20.0)])
def test_the_law_of_what_is_kept(k, spread):
    rng = np.random.default_rng(0)
    proposal, value = rng.dirichlet(np.ones(5), 3), np.exp(spread * rng.normal(size=5))
    value /= value.max()
    wanted = np.zeros_like(proposal)
    for drawn in itertools.product(range(5), repeat=k):
        likely, weights = np.prod(proposal[:, drawn], axis=1), value[list(drawn)]
        for y, weight in zip(drawn, weights, strict=True):
            wanted[:, y] += likely * weight / weights.sum()
    np.testing.assert_allclose(one_kept(proposal, value, k), wanted, atol=1e-13)


def test_a_right_one_passes():
    found = SeenChecks(SoftValueDecoding(3)).draws()
    assert found.passed, found
