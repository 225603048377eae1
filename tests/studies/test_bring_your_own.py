"""Parts and theorems of one's own in an experiment, from the file to the figure."""

import re

import numpy as np
import pytest
from outside.geometric_dtc import GeometricDTC
from outside.own_parts import Biased, Scaled, Slow, quadratic

from harness.foundation.registry import load, targets, theorems
from harness.grids import from_spec
from harness.problem import Problem
from harness.score import ScoreFunction
from harness.show import plots
from harness.studies import experiment, runner
from harness.verdicts import chosen
from toy_targets import Table

MINE = "outside.geometric_dtc:GeometricDTC"
WHOLE = """
question = "Does all of it come from outside?"
axis = "step"
put = "grid.steps"
values = [2, 4, 8, 16]
theorems = ["{theorem}", "chain"]
samplers = [{{ name = "outside.implicit_euler:ImplicitEuler" }}, {{ name = "tweedie" }}]
targets = [{{ label = "mine", name = "outside.own_parts:Biased", agreement = 0.5 }}]

[problem]
start = "exact"
noise = {{ name = "{noise}" }}
score = {{ name = "{score}" }}
grid = {{ name = "outside.own_parts:quadratic", start = 1.0 }}
"""
SLOW = "outside.own_parts:Slow"


def test_every_part_may_come_from_outside(read):
    text = WHOLE.format(theorem=MINE, noise=SLOW, score="outside.own_parts:Scaled")
    first, *_ = experiment.sweeps(read(text))
    problem = first.problems[1]
    assert (problem.target, problem.noise) == (Biased(agreement=0.5), Slow())
    assert problem.score == ScoreFunction(Scaled())
    assert problem.grid.times == quadratic(4).times
    assert Problem.from_spec(problem.spec()) == problem
    assert problem.grid.with_steps(8) == first.problems[2].grid


def test_a_theorem_from_outside_goes_all_the_way(read, tmp_path):
    """Rows, ledger, figures and summary call it what the experiment does."""
    own = read(WHOLE.format(theorem=MINE, noise="uniform", score="exact"))
    outcome = runner.run([own])
    verdicts = {row["theorem"]: row["status"] for row in outcome.ledger if "tw" in row["sampler"]}
    assert verdicts == {MINE: "HOLDS", "chain": "HOLDS"}
    assert all(f"bound {MINE}[D]" in row for row in outcome.rows if row["sampler"] == "tweedie")
    runner.save(outcome, tmp_path, ["mine"], update_ledger=True)
    assert runner.compare(outcome, tmp_path, ["mine"]) == []
    written = plots.draw_all(tmp_path, tmp_path / "figures")
    drawn = next(path for path in written if path.name == "mine-mine.svg").read_text()
    assert MINE in drawn


def test_along_epsilon_too(read):
    text = WHOLE.format(theorem=MINE, noise="uniform", score="exact")
    text = text.replace('"step"', '"epsilon"').replace("[2, 4, 8, 16]", "[1e-2, 1e-3]")
    text = text.replace('{ name = "outside.implicit_euler:ImplicitEuler" }, ', "")
    text = text.replace("start = 1.0", "start = 1.0, steps = 1")
    outcome = runner.run([read(text)])
    assert {row["theorem"] for row in outcome.ledger} == {MINE, "chain"}
    assert all(f"N {MINE}[D]" in row for row in outcome.rows)


def test_which_theorems():
    load()
    assert list(chosen.named(None)) == sorted(theorems)
    assert chosen.named([]) == {}
    assert list(chosen.named(["chain", MINE])) == ["chain", MINE]
    assert list(chosen.named([f"+{MINE}"])) == [*sorted(theorems), MINE]
    assert isinstance(chosen.called(MINE), GeometricDTC)
    for names, told in (
        (["chain", f"+{MINE}"], "got both: chain, +outside"),
        (["+chain"], "theorem 'chain' is asked for twice: it is all already"),
        ([MINE, MINE], f"asked for twice: it is as '{MINE}' already"),
        (["chian"], "no theorem named 'chian'; did you mean 'chain'?"),
        (["no_module:Mine"], "no theorem at 'no_module:Mine': cannot import 'no_module'"),
    ):
        with pytest.raises(ValueError, match=re.escape(told)):
            chosen.named(names)


def test_no_theorem_is_none_and_a_missing_key_all(read):
    text = WHOLE.format(theorem=MINE, noise="uniform", score="exact")
    line = f'theorems = ["{MINE}", "chain"]'
    assert read(text.replace(line, "theorems = []")).chosen_theorems == {}
    assert list(read(text.replace(line, "")).chosen_theorems) == sorted(theorems)


def test_what_asks_for_no_verdict_is_known_by_its_rows(read, tmp_path):
    text = WHOLE.format(theorem=MINE, noise="uniform", score="exact")
    own = read(text.replace(f'theorems = ["{MINE}", "chain"]', "theorems = []"))
    outcome = runner.run([own])
    assert (outcome.ledger, outcome.failures) == ([], [])
    (told,) = runner.compare(outcome, tmp_path, ["mine"])
    assert "not in the ledger" in told
    runner.save(outcome, tmp_path, ["mine"], update_ledger=True)
    assert runner.compare(outcome, tmp_path, ["mine"]) == []
    outcome.rows[0]["kl"] *= 1.01
    (told,) = runner.compare(outcome, tmp_path, ["mine"])
    assert told.startswith("rows of mine")


def test_all_faults_of_a_class_are_said_at_once(read):
    path = "outside.own_parts:NotFinished"
    text = WHOLE.format(theorem=path, noise="uniform", score="exact")
    with pytest.raises(ValueError, match="is no theorem") as caught:
        read(text)
    for fault in (
        f"'{path}' is no theorem: it must subclass harness.theorem.Inequality or harness.theorem.R",
        "it does not say its name, statement, bounds_on, source, trust",
    ):
        assert fault in str(caught.value)
    text = WHOLE.format(theorem=MINE, noise="uniform", score="exact")
    own = read(text.replace("outside.implicit_euler:ImplicitEuler", path))
    with pytest.raises(ValueError, match="is no sampler") as caught:
        experiment.sweeps(own)
    for fault in (
        "it must be a frozen dataclass",
        "step must take (self, score, noise, x, t, s), got (self, x, t)",
        "it has no claims",
    ):
        assert fault in str(caught.value)
    for kind, faults in (("target", "it has no space; it has no log_law"), ("noise", "rate_mat")):
        table = {"target": targets, "noise": None}[kind]
        if table is not None:
            with pytest.raises(ValueError, match=faults):
                table.find(path)


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ({"name": "outside.own_parts:quadratic", "step": 3}, "no field of grid 'outside.own_parts"),
        ({"name": "outside.own_parts:quadratic"}, "grid 'outside.own_parts:quadratic' needs steps"),
        ({"name": "math:pi"}, "a grid is made by a function, and 'math:pi' is 3.14"),
        (
            {"name": "fractions:Fraction", "numerator": 4},
            "what 'fractions:Fraction' makes must be a Grid, got Fraction(4, 1)",
        ),
    ],
)
def test_grids_from_outside_that_are_none(spec, told):
    with pytest.raises((ValueError, TypeError), match=re.escape(told)):
        from_spec(spec)


DATA = """
question = "My data?"
axis = "step"
put = "grid.steps"
values = [2, 4]
theorems = ["chain"]
targets = [{ name = "table", path = "data/mine.csv" }]
samplers = [{ name = "tweedie" }]
problem = { start = "exact", grid = { name = "even", start = 1.0, stop = 0.1 } }
"""
SAMPLES = np.array([[0, 1], [1, 0], [1, 1], [2, 1]])


@pytest.fixture
def data(tmp_path):
    (tmp_path / "data").mkdir()
    np.savetxt(tmp_path / "data" / "mine.csv", SAMPLES, fmt="%d", delimiter=",")
    np.save(tmp_path / "data" / "mine.npy", SAMPLES)


def test_data_are_found_from_the_file_on(read, data, tmp_path, monkeypatch):
    """Wherever one stands; what is in the results names no folder of the machine."""
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    for suffix in ("csv", "npy"):
        (sweep,) = experiment.sweeps(read(DATA.replace("csv", suffix)))
        assert sweep.target == f"table(path=data/mine.{suffix})"
        assert sweep.problems[0].target == Table.from_samples(SAMPLES)
    inner = '{ name = "tilted", base = { name = "table", path = "data/mine.csv", tokens = 4 }'
    inner += f", reward = {np.zeros((4, 4)).tolist()} }}"
    text = DATA.replace('{ name = "table", path = "data/mine.csv" }', inner)
    assert experiment.sweeps(read(text))[0].problems[0].space.tokens == 4


def test_in_processes_of_their_own_all_is_found_again(read, data):
    """Data, theorem and score of an experiment that another process has read."""
    text = DATA.replace('["chain"]', f'["chain", "{MINE}"]')
    both = [read(text, name) for name in ("one", "two")]
    outcome = runner.run(both, jobs=2)
    assert len(outcome.ledger) == 4
    assert {row["theorem"] for row in outcome.ledger} == {"chain", MINE}


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ("a,b\n0,1\n", "line 1: 'a', 'b' is a header"),
        ("0,1\n1,\n", "line 2: the token in column 2 is missing, got ''"),
        ("0,1\n3,1\n", "token 2 never appears, though 3 does"),
        (None, "no file of samples at"),
    ],
)
def test_what_is_wrong_with_data_is_said_before_the_run(read, tmp_path, rows, told):
    (tmp_path / "data").mkdir()
    if rows is not None:
        (tmp_path / "data" / "mine.csv").write_text(rows)
    with pytest.raises((ValueError, FileNotFoundError), match=re.escape(told)) as caught:
        experiment.sweeps(read(DATA))
    assert "mine.csv" in str(caught.value)


def test_the_fields_of_data(read, data):
    for given, told in (
        ('path = "data/mine.csv", token = 3', "no field of target 'table' named 'token'; did you"),
        ("pth = 3", "no field of target 'table' named 'pth'; did you mean 'path'?"),
    ):
        text = DATA.replace('path = "data/mine.csv"', given)
        with pytest.raises(ValueError, match=re.escape(told)):
            experiment.sweeps(read(text))


def test_an_experiment_is_given_its_folder_by_its_file(written):
    for key in ("name", "folder"):
        path = written(f'{key} = "x"\n{DATA}')
        with pytest.raises(ValueError, match=f"is named by its file; remove '{key}'"):
            experiment.read(path)
