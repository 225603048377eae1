"""``leapcheck explain THEOREM --on SPEC``."""

import tomllib
from functools import partial

import pytest

from harness import check
from harness.studies import points
from harness.studies.experiment import Experiment
from harness.verdicts import chosen

EXPERIMENT = """
question = "What does it ask for?"
axis = "d"
put = "target.length"
values = [2, 3]
problem = { grid = { name = "geometric", start = 2.0, stop = 0.5, kappa = 0.1 } }
targets = [{ label = "parity", name = "parity" }]
samplers = [{ name = "tweedie" }, { name = "frozen_score" }]
"""


@pytest.fixture
def explained(command, monkeypatch, tmp_path):
    """``leapcheck explain`` on an experiment in a folder of its own, with the options given."""
    (tmp_path / "asked.toml").write_text(EXPERIMENT)
    monkeypatch.chdir(tmp_path)
    return partial(command, "explain", "--on", "asked.toml")


def problem(sampler, length):
    spec = Experiment(name="asked", **tomllib.loads(EXPERIMENT))
    (found,) = points.chosen(spec, samplers=[sampler], at=length)
    return found.problems[0]


def test_terms_are_those_of_the_problem(explained):
    code, out, _ = explained("explicit_dtc", "--sampler", "tweedie", "--at", "2")
    assert code == 0
    assert "on tweedie on parity, target.length = 2" in out
    assert "  met  uniform noise" in out
    (verdict,) = check(problem("tweedie", 2), chosen.named(["explicit_dtc"]).values())
    for name, value in verdict.terms.items():
        assert f"  term  {name} = {value:.6g} nats" in out
    assert f"{verdict.status} on chain: {verdict.reason}" in out


def test_what_is_not_met_is_said_and_constants_are_shown(explained):
    code, out, _ = explained("total_correlation", "--sampler", "frozen_score", "--along")
    assert code == 0
    assert "NOT MET  independent tokens" in out
    assert "term" not in out
    (row,) = (line for line in out.splitlines() if line.startswith("L, largest ratio"))
    assert row.split()[-2:] == ["inf", "inf"]
    assert next(x for x in out.splitlines() if x.startswith("constants, along d")).split()[-2:] == [
        "2",
        "3",
    ]


def test_a_rate_has_a_form(explained):
    code, out, _ = explained("dmitriev_2026b", "--sampler", "tweedie", "--at", "3")
    (verdict,) = check(problem("tweedie", 3), chosen.named(["dmitriev_2026b"]).values())
    assert code == 0
    assert f"  form  {verdict.bound:.6g} nats" in out


def test_a_name_that_is_none_is_told(explained):
    code, _, err = explained("explicit_dct")
    assert code == 2
    assert "did you mean 'explicit_dtc'" in err
