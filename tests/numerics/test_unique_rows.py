"""Rows that are the same, beside numpy's own search in order."""

import numpy as np
import pytest

from harness.numerics import unique_rows as module
from harness.numerics.unique_rows import unique_rows


@pytest.mark.parametrize("kind", [float, np.int64, np.int32, bool])
@pytest.mark.parametrize("shape", [(0, 3), (1, 1), (500, 4), (300, 1)])
def test_kinds_are_those_of_numpy(kind, shape):
    table = np.random.default_rng(1).integers(3, size=shape).astype(kind)
    first, which = unique_rows(table)
    assert np.array_equal(table[first][which], table)
    assert len(first) == len(np.unique(table, axis=0))


def test_rows_that_share_a_number_are_told_apart(monkeypatch):
    """With equal weights the order in a row does not count."""

    class Equal:
        def integers(self, _, size, dtype):
            return np.zeros(size, dtype)

    monkeypatch.setattr(module.np.random, "default_rng", lambda _: Equal())
    table = np.array([[1, 2], [2, 1], [1, 2]])
    first, which = unique_rows(table)
    assert np.array_equal(table[first][which], table)
    assert len(first) == 2
