"""Numbers of the committed rows and verdicts, by name, for what documents say of them."""

import math
from collections import Counter
from functools import cache
from typing import Any

from rooms import ROOT

from harness.studies import ledger

RESULTS = ROOT / "results"
LEDGERS = [RESULTS / "ledger.csv", RESULTS / "full" / "ledger.csv"]


@cache
def rows(experiment: str) -> list[dict[str, Any]]:
    """Those of one experiment, quick or full."""
    (path,) = RESULTS.glob(f"**/{experiment}/rows.csv")
    return ledger.read(path)


def curve(experiment: str, target: str, sampler: str, name: str) -> dict[float, float]:
    """``{value of the axis: number}`` of one sweep; no other row has its labels."""
    found = [r for r in rows(experiment) if (r["target"], r["sampler"]) == (target, sampler)]
    assert found, f"no row of {experiment}: {target} with {sampler}"
    return {row["value"]: row[name] for row in found}


def number(experiment: str, target: str, sampler: str, name: str, value: float) -> float:
    """One number of the rows."""
    return curve(experiment, target, sampler, name)[value]


def ratio(experiment: str, target: str, samplers: tuple[str, str], value: float) -> float:
    """The output KL of the first sampler over that of the second."""
    first, second = (number(experiment, target, each, "kl", value) for each in samplers)
    return first / second


def order(experiment: str, target: str, sampler: str, name: str) -> float:
    """The slope in log–log along the axis between the two largest values; along steps, in ``h``."""
    found = sorted(curve(experiment, target, sampler, name).items())
    (a, at_a), (b, at_b) = found[-2:]
    slope = math.log(at_b / at_a) / math.log(b / a)
    return -slope if rows(experiment)[0]["axis"] == "step" else slope


@cache
def verdicts() -> list[dict[str, Any]]:
    """Every line of both ledgers."""
    return [row for path in LEDGERS for row in ledger.read(path)]


def counts(theorem: str, *axes: str) -> Counter[str]:
    """How many of a theorem's sweeps, along these axes or all, have which status."""
    mine = [row for row in verdicts() if row["theorem"] == theorem]
    return Counter(row["status"] for row in mine if not axes or row["axis"] in axes)


def verdict(experiment: str, target: str, sampler: str, theorem: str) -> dict[str, Any]:
    """One line of the ledgers."""
    wanted = experiment, target, sampler, theorem
    (found,) = [
        row
        for row in verdicts()
        if (row["experiment"], row["target"], row["sampler"], row["theorem"]) == wanted
    ]
    return found
