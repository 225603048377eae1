"""What is only run by hand goes stale in silence: a theorem added since has no row there."""

import csv

import pytest
from helpers.committed import LEDGERS
from rooms import ROOT

from harness.studies.experiment import read, sweeps


@pytest.mark.parametrize("ledger", LEDGERS, ids=["quick", "full"])
def test_every_theorem_of_every_sweep_has_its_row(ledger):
    names = ("experiment", "target", "sampler", "theorem")
    with ledger.open(encoding="utf-8", newline="") as file:
        found = {tuple(row[name] for name in names) for row in csv.DictReader(file)}
    folder = ROOT / "experiments" / ledger.parent.relative_to(ROOT / "results")
    wanted = {
        (file.stem, sweep.target, sweep.sampler, name)
        for file in folder.glob("*.toml")
        for sweep in sweeps(read(file))
        for name in sweep.experiment.chosen_theorems
    }
    assert wanted
    assert not sorted(wanted - found)[:9], f"{len(wanted - found)} are missing"
