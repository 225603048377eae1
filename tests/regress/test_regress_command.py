"""``leapcheck regress``: which checks, which files, and the problems behind failures."""

import json
import tomllib
from functools import partial
from xml.etree import ElementTree as xml

import pytest
from outside.geometric_dtc import ReadOffOneRun, SecondOrder

from harness.foundation import registry
from harness.regress import Suite, bank, cases
from harness.regress.check_outcome import Found
from harness.samplers import Tweedie
from harness.studies import experiment
from harness.verdicts.checks import check, check_sweep


@pytest.fixture
def command(command):
    """``leapcheck regress *arguments``: the exit code, stdout and stderr."""
    return partial(command, "regress")


@pytest.fixture
def three(monkeypatch):
    """Three checks in the place of those of a sampler."""
    found = {
        "law": lambda: Found(True, "fine"),
        "order": lambda: Found(False, "0.3", "1 claimed"),
        "order of the chain": lambda: Found(None, "no <claim> & none"),
    }
    monkeypatch.setattr("harness.regress.suite.SamplerChecks.all", lambda _: found.items())
    monkeypatch.setattr("harness.regress.suite.standing.lines", lambda _: ["where it stands"])


@pytest.mark.usefixtures("three")
def test_only_some_are_run(command):
    code, out, _ = command("tweedie", "--only", "law")
    assert (code, out.splitlines()) == (
        0,
        ["PASS  law: fine", "1 passed, 0 failed, 0 not applicable"],
    )
    code, out, _ = command("tweedie", "--only", "order", "--only", "law", "--fail-fast")
    assert code == 1
    assert out.splitlines()[-1] == "1 passed, 1 failed, 0 not applicable; 1 not tried"
    code, out, err = command("tweedie", "--only", "ordre")
    assert (code, out) == (2, "")
    assert "no check named 'ordre'; did you mean 'order'?" in err


@pytest.mark.usefixtures("three")
def test_files_say_what_was_found(command, tmp_path):
    paths = tmp_path / "made" / "found.json", tmp_path / "found.xml"
    assert command("tweedie", "--json", paths[0], "--junit", paths[1])[0] == 1
    told = json.loads(paths[0].read_text())
    assert told["summary"] == {"passed": 1, "failed": 1, "not applicable": 1}
    assert told["report"] == ["where it stands"]
    assert told["checks"][1] == {
        "name": "order",
        "outcome": "failed",
        "number": "0.3",
        "reason": "1 claimed",
    }
    root = xml.parse(paths[1]).getroot()
    assert (root.get("tests"), root.get("failures"), root.get("skipped")) == ("3", "1", "1")
    assert [case.get("name") for case in root.iter("testcase")] == list(
        ("law", "order", "order of the chain")
    )
    code, out, err = command("tweedie", "--json", tmp_path)
    assert (code, out) == (2, "")
    assert "is a folder, not a file to write to" in err


def test_a_theorem_s_failure_names_its_problem_and_is_saved(command, tmp_path):
    path, name = tmp_path / "failing.toml", "outside.geometric_dtc:ReadOffOneRun"
    found = tmp_path / "found.json"
    code, out, _ = command(name, "--only", "tweedie", "--save", path, "--json", found)
    assert code == 1
    failure = next(line for line in out.splitlines() if line.startswith("FAIL"))
    for part in ("target ", "noise uniform", "sampler tweedie", "grid ", "start exact", "terms "):
        assert part in failure
    worst, loosest = (line for line in out.splitlines() if line.startswith(("most", "loos")))
    assert worst.startswith("most violated: ")
    assert loosest.startswith("loosest: ")
    told = tomllib.loads(path.read_text())
    assert told["theorems"] == [name]
    verdict = next(c for c in json.loads(found.read_text())["checks"] if c["outcome"] == "failed")
    assert verdict["verdict"] == "VIOLATED"
    assert verdict["problems"][0]["target"] == told["targets"][0]


def test_the_growth_of_a_constant_is_a_table():
    suite = Suite(SecondOrder())
    failed = suite.decide("stands with tweedie along step")
    assert "with grid.kappa = 0.2, 0.1, 0.05, 0.025, 0.0125" in failed.why
    title, head, row, tightest, loosest = suite.report()
    assert title.startswith("growth of the needed constant")
    assert head.split()[:4] == ["with", "along", "from", "to"]
    assert row.split()[:4] == ["tweedie", "1/h", "5", "80"]
    assert row.split()[-2:] == ["+1.029", "INCONSISTENT"]
    assert tightest.startswith("tightest: needs a constant of 29.93: target potts_ring")
    assert loosest.startswith("loosest: needs a constant of ")


def saved(case, tmp_path):
    """The problems of the experiment that ``case`` is written as."""
    path = tmp_path / "failing.toml"
    cases.save(case, path)
    (sweep,) = experiment.sweeps(experiment.read(path))
    return sweep


@pytest.mark.parametrize("name", bank.SWEEPS)
def test_every_sweep_is_saved_as_an_experiment_of_the_same_problems(name, tmp_path):
    problems = bank.sweeps(Tweedie(), SecondOrder.example().noise)[name]
    theorem = registry.theorems["dmitriev_2026b"]()
    (verdict,) = check(problems[0], [theorem])
    found = saved(cases.Case(theorem, verdict, bank.SWEEPS[name], problems), tmp_path)
    assert list(found.problems) == problems
    assert found.experiment.axis == bank.SWEEPS[name]


def test_a_problem_that_is_saved_runs_to_the_same_verdict(tmp_path):
    theorem = registry.theorems["chain"]()
    for problem in bank.theorem_problems(Tweedie())[:7:3]:
        (verdict,) = check(problem, [theorem])
        found = saved(cases.Case(theorem, verdict, problems=[problem]), tmp_path)
        assert list(found.problems) == [problem]
        (again,) = check_sweep(found.problems, found.experiment.axis, [theorem])
        assert (again.status, again.measured) == (verdict.status, verdict.measured)


def test_the_theorem_that_is_wrong_is_wrong_where_it_is_said_to_be():
    failed = Suite(ReadOffOneRun()).decide("applies to its example")
    assert failed.passed is False
    assert failed.case is not None
    assert failed.case.problems == [ReadOffOneRun.example()]
    assert "terms start 0, steps " in failed.why
