"""An error of 1e-6 in the largest entry of one law is noticed: at the point a line stands for."""

import dataclasses

import numpy as np
import pytest

from harness.engines.draws import long_sequences
from harness.measurement import measure as measuring
from harness.studies import ledger, runner

ERROR = 1e-6
GRID = 'grid = { name = "geometric", start = 2.0, stop = 0.2 }'
KINDS = {
    "sequences": f"""
        axis = "step"
        put = "grid.steps"
        values = [4, 6, 9, 13]
        problem = {{ start = "exact", {GRID} }}
        targets = [{{ name = "random_table", tokens = 3, length = 2, seed = 1 }}]
        samplers = [{{ name = "tweedie" }}, {{ name = "tau_leaping" }}, {{ name = "euler" }}]
        expect = [{{ quantity = "kl", order = 1.4, tolerance = 1.0 }}]
        compare = [
            {{ quantity = "kl", law = "stopped", lower = "tweedie", higher = "tau_leaping" }},
        ]
        """,
    "counts": f"""
        axis = "d"
        put = "target.length"
        values = [4, 6, 9, 13]
        problem = {{ start = "exact", engine = "counts", {GRID[:-2]}, steps = 6 }} }}
        targets = [{{ name = "curie_weiss", coupling = 1.0 }}]
        samplers = [{{ name = "tau_leaping" }}]
        """,
    "classes": f"""
        axis = "S"
        put = "target.vocabulary"
        values = [16, 64, 256, 1024]
        problem = {{ start = "exact", {GRID[:-2]}, steps = 6 }} }}
        targets = [{{ name = "zipf", length = 2, classes = 3 }}]
        samplers = [{{ name = "tau_leaping" }}]
        """,
    "masked": """
        axis = "step"
        put = "grid.steps"
        values = [4, 6, 9, 13]
        problem = { noise.name = "absorbing", start = "mask", grid.name = "even_reveal" }
        targets = [{ name = "random_table", tokens = 2, length = 3, seed = 1 }]
        samplers = [{ name = "masked_plug_in" }]
        """,
    "steps to a KL": f"""
        axis = "epsilon"
        values = [0.04, 0.02, 0.01]
        theorems = ["zhang_2024_full_support"]
        problem = {{ start = "exact", {GRID[:-2]}, steps = 4 }} }}
        targets = [{{ name = "random_table", tokens = 2, length = 3, seed = 1 }}]
        samplers = [{{ name = "frozen_score" }}]
        """,
    "draws": f"""
        axis = "step"
        put = "grid.steps"
        values = [4, 6]
        problem = {{ start = "exact", engine = {{ name = "monte_carlo", draws = 64 }}, {GRID} }}
        targets = [{{ name = "pairs", tokens = 3, pairs = 2 }}]
        samplers = [{{ name = "tau_leaping" }}]
        """,
}


def planted(law):
    """``law`` with the error in its largest entry."""
    law = np.array(law)
    law.reshape(-1)[law.argmax()] *= 1 + ERROR
    return law


def differing(chosen, results, names=("planted",)):
    return runner.compare(runner.run([chosen]), results, list(names))


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


@pytest.fixture
def accepted(kind, read, tmp_path):
    """The experiment, with its outcome as the ledger in a folder."""
    chosen = read('question = "Is an error seen?"\n' + KINDS[kind], "planted")
    outcome = runner.run([chosen])
    runner.save(outcome, tmp_path, ["planted"], update_ledger=True)
    assert runner.compare(outcome, tmp_path, ["planted"]) == []
    return chosen, outcome, tmp_path


def point_of(outcome, line):
    """The swept value of the row that a verdict stands for: the one with its measured number."""
    rung = {"output": "kl", "chain": "chain_kl", "path": "path_kl"}.get(line["rung"], line["rung"])
    rows = [r for r in outcome.rows if r["sampler"] == line["sampler"]]
    return next((r["value"] for r in rows if r.get(rung) == line["measured"]), None)


def test_it_is_noticed(kind, accepted, monkeypatch):
    chosen, outcome, results = accepted
    of_ends, law_of = measuring.of_ends, long_sequences.step_law_at
    where = {}

    def with_error(problem, run):
        if run is not None and problem in where["problems"]:
            run = dataclasses.replace(run, law=planted(run.law))
        return of_ends(problem, run)

    def drawn_with_error(problem, *given):
        law = law_of(problem, *given)
        return dataclasses.replace(law, p=planted(law.p)) if problem in where["problems"] else law

    monkeypatch.setattr(measuring, "of_ends", with_error)
    monkeypatch.setattr("harness.measurement.by_draws.chain_kl.step_law_at", drawn_with_error)
    tried = 0
    for sweep in runner.sweeps(chosen):
        lines = [r for r in outcome.ledger if r["sampler"] == sweep.sampler and "measured" in r]
        for line in lines:
            if kind == "steps to a KL":
                where["problems"] = _All()
            else:
                value = point_of(outcome, line)
                if value is None or line["rung"] not in ("output", "kl", "chain", "data"):
                    continue
                where["problems"] = [sweep.problems[sweep.values.index(value)]]
            found = differing(chosen, results)
            of_rows = [each for each in found if each.startswith("rows of planted")]
            if kind == "steps to a KL":
                assert any("constant" in each for each in found), found
            else:
                assert of_rows, (line, found)
            if line["rung"] in ("output", "kl") and kind != "steps to a KL":
                named = (
                    f"planted | {line['target']} | {line['sampler']} | {line['theorem']}: measured"
                )
                assert any(each.startswith(named) for each in found), (named, found)
            tried += 1
    assert tried


class _All:
    def __contains__(self, problem):
        return True


def test_a_number_below_its_floor_is_not_written(tmp_path):
    path, keys = tmp_path / "rows.csv", ("name",)
    rows = [
        {"name": "noise", "kl": 3e-29, ledger.FLOORS: {"kl": 4e-29}},
        {"name": "some digits", "kl": 1.23456789e-20, ledger.FLOORS: {"kl": 2.5e-23}},
        {"name": "one digit", "kl": 9.6e-29, ledger.FLOORS: {"kl": 1.5e-29}},
        {"name": "all digits", "kl": 0.123456789, ledger.FLOORS: {"kl": 1e-20}},
    ]
    ledger.write(path, rows, keys)
    assert path.read_text().splitlines() == [
        "name,kl",
        "all digits,0.12345679",
        "noise,0",
        "one digit,1e-28",
        "some digits,1.23e-20",
    ]
    again = [{**row, "kl": row["kl"] + 0.9 * row[ledger.FLOORS]["kl"]} for row in rows]
    assert ledger.differences(again, ledger.read(path), keys) == []
    assert ledger.differences(rows, ledger.read(path), keys) == []
    off = [{**row, "kl": row["kl"] + 9 * row[ledger.FLOORS]["kl"]} for row in rows[:3]]
    assert len(ledger.differences([*off, rows[3]], ledger.read(path), keys)) == 3


def test_columns_keep_their_places(tmp_path):
    """Else one experiment that is accepted anew would turn the whole file over."""
    path, keys = tmp_path / "rows.csv", ("name",)
    ledger.write(path, [{"name": "a", "kl": 1.0, "tv": 2.0}], keys)
    ledger.write(path, [{"name": "a", "tv": 2.0, "kl": 1.0}, {"name": "b", "new": 3.0}], keys)
    assert path.read_text().splitlines()[0] == "name,kl,tv,new"
