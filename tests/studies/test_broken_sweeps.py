"""A sampler that fails throws nothing away; an outside experiment leaves our ledger alone."""

import sys
from dataclasses import dataclass
from typing import ClassVar

import pytest
from helpers.spoiled_experiments import GOOD
from outside.implicit_euler import ImplicitEuler

from harness import cli
from harness.claims import Claims
from harness.studies import ledger, runner


@dataclass(frozen=True)
class Fails:
    """Its step raises what no sampler of ours does."""

    claims: ClassVar[Claims] = ImplicitEuler.claims

    def step(self, score, noise, x, t, s):
        raise RuntimeError("no such luck")


FAILS = f"\n[[samplers]]\nname = '{Fails.__module__}:Fails'\n"
THEOREMS = "theorems = ['chain']\n"
COMPARE = (
    "[[compare]]\nquantity = 'kl'\nlaw = 'stopped'\nlower = 'tweedie'\n"
    f"higher = '{Fails.__module__}:Fails'\n"
)
PLACE = ("mine", "random_table(tokens=3, length=2, seed=3)", f"{Fails.__module__}:Fails")


def test_the_others_are_kept_and_the_failure_is_told(read, tmp_path):
    ticks = []
    good = read(THEOREMS + GOOD)
    mixed = read(THEOREMS + GOOD.replace("\n[[samplers]]", FAILS + "\n[[samplers]]", 1) + COMPARE)
    found = runner.run([mixed], ticks.append)
    told = f"experiment mine, {PLACE[1]} with {PLACE[2]}: RuntimeError: no such luck"
    assert found.failures == [told]
    assert list(found.broken) == [PLACE]
    assert ticks[-1].done == ticks[-1].total == 4
    alone = runner.run([good])
    assert [row["kl"] for row in found.rows] == [row["kl"] for row in alone.rows]
    assert [row["theorem"] for row in found.ledger] == ["chain"]

    # What is stored of a sweep that fails now stays, and is no second difference.
    kept = {"experiment": "mine", "target": PLACE[1], "sampler": PLACE[2]}
    alone.ledger.append({**alone.ledger[0], **kept})
    alone.rows.append({**alone.rows[0], **kept})
    runner.save(alone, tmp_path, ["mine"], update_ledger=True)
    assert runner.compare(found, tmp_path, ["mine"]) == []
    runner.save(found, tmp_path, ["mine"], update_ledger=True)
    for path in ("ledger.csv", "mine/rows.csv"):
        assert PLACE[2] in {row["sampler"] for row in ledger.read(tmp_path / path)}


def test_where_nothing_is_left_the_error_is_raised(read):
    only = read(GOOD.split("[[samplers]]")[0] + FAILS)
    with pytest.raises(ValueError, match="RuntimeError: no such luck"):
        runner.run([only])


def test_an_outside_experiment_is_never_accepted_into_our_ledger(written, monkeypatch, capsys):
    path = written(THEOREMS + GOOD)
    monkeypatch.setattr(sys, "argv", ["leapcheck", "check", str(path), "--update-ledger"])
    with pytest.raises(SystemExit) as stop:
        cli.main()
    err = capsys.readouterr().err
    assert stop.value.code == 2
    assert "its verdicts do not belong in the ledger of results/" in err
    assert "--results mine_results" in err
