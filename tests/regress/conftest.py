"""What the suites of things that are wrong on purpose run on."""

import pytest

from harness.regress import bank


@pytest.fixture
def small_bank(monkeypatch):
    """One problem of odd length shows all mistakes here; more take longer to compile."""

    def one(sampler):
        return [bank.problem(sampler, bank.ONE_WAY, bank.UNEVEN)]

    monkeypatch.setattr(bank, "step_problems", one)
