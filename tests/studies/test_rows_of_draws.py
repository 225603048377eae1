"""Rows of what is estimated by draws: half of each interval stands beside its estimate."""

import pytest

from harness import measure
from harness.studies import experiment, judge
from harness.studies.experiment import Experiment

CHAIN = {"name": "markov_chain", "transition": [[0.7, 0.3], [0.2, 0.8]], "length": 4}
ENGINE = {"name": "monte_carlo", "draws": 64}


def judged(sampler, problem, put, values):
    """Rows of one sweep on a short chain, and its problems."""
    found = Experiment(
        name="drawn", question="", axis="knob", put=put, values=values, targets=(CHAIN,),
        samplers=(sampler,), theorems=(), problem={**problem, "engine": ENGINE},
    )  # fmt: skip
    (sweep,) = experiment.sweeps(found)
    rows, _ = judge.judge(sweep, lambda: None)
    return rows, sweep.problems


def test_the_interval_of_a_decoder_is_that_of_its_output():
    masks = {"noise": {"name": "absorbing"}, "start": "mask"}
    masks["grid"] = {"name": "even_reveal", "steps": 4}
    rows, problems = judged({"name": "confidence"}, masks, "sampler.k", (1, 2))
    assert [row["value"] for row in rows] == [1, 2]
    for row, problem in zip(rows, problems, strict=True):
        m = measure(problem)
        assert (row["kl"], row["half_width"], row["draws"]) == (m.kl, m.floor, 64)
        assert row["chain_half_width"] == m.chain_floor
        assert "path_half_width" not in row
    assert rows[1]["half_width"] > 1e-3


@pytest.mark.slow
def test_the_interval_of_a_chain_is_not_that_of_its_output():
    steps = {"start": "exact", "grid": {"name": "even", "start": 2.0, "stop": 0.2}}
    sampler = {"name": "tau_leaping", "multiple_jumps": "wrap"}
    rows, problems = judged(sampler, steps, "grid.steps", (2, 4))
    for row, problem in zip(rows, problems, strict=True):
        m = measure(problem)
        assert "half_width" not in row
        assert (row["chain_half_width"], row["path_half_width"]) == (m.chain_floor, m.path_floor)
    assert [row["value"] for row in rows] == [2, 4]
