"""Rows of the long bench."""

from harness.bench import reach


def test_rows_of_the_long_bench():
    """Each kind on a small space, and what its row says."""
    for kind, tokens, length in (("chain", 2, 6), ("main", 3, 3), ("counts", 2, 9)):
        found = reach.once(kind, tokens, length, "euler")
        assert found["found"] > 0
        assert found["cpu"] > 0
        assert found["memory"] > 1e8
    free, kept, slow, large = (
        reach.Row(goal, 30.0, 50.0, 2.0 * reach.GIB)
        for goal in (
            reach.Goal("chain", 2, 6),
            reach.Goal("chain", 2, 6, most=60.0, memory=4 * reach.GIB),
            reach.Goal("chain", 2, 6, most=20.0),
            reach.Goal("chain", 2, 6, memory=reach.GIB),
        )
    )
    assert str(free) == "chain at S=2, d=6, tau_leaping: 30 s (50 s of CPU), 2.00 GiB"
    assert str(kept).endswith(", wanted at most 60, 4 GiB")
    assert str(slow).endswith(", MISSED 20")
    assert str(large).endswith(", MISSED 1 GiB")
    assert [row.missed for row in (free, kept, slow, large)] == [False, False, True, True]
