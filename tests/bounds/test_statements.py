"""What a statement says of its sources: whose each part is."""

import pytest

from harness.foundation import registry

registry.load()


@pytest.mark.parametrize("name", ["zhang_2024_early_stopping", "zhang_2024_full_support"])
def test_what_is_second_hand_is_kept_apart_from_what_is_quoted_differently(name):
    """The order h² is not from arXiv 2505.21892, which has another."""
    statement = registry.theorems[name].statement
    parts = statement.partition("[")[2].rstrip("]").split("; ")
    owners = dict(part.split(": ", 1) for part in parts)
    assert owners["second-hand"] == "h²"
    (other,) = [told for owner, told in owners.items() if "2505.21892" in owner]
    assert [owner for owner in owners if "2505" in owner] == [
        "quoted differently in 2505.21892, Table 1"
    ]
    assert "d^{4/3} ε^{-4/3} steps for TV <= ε" in other
    assert other.endswith("does not fit h²")
