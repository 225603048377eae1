"""A small run by hand: a row of each status, and differences of each kind."""

from harness.show.findings import Report
from harness.studies.experiment import Experiment
from harness.studies.runner import Outcome, Timing

KINDS = [  # theorem, trust, status, what else the row has
    ("chain", "D", "HOLDS", {"measured": 0.5, "bound": 1.0}),
    ("chain", "D", "HOLDS", {"measured": 0.9, "bound": 1.0}),
    ("rate", "O", "CONSISTENT", {"slope": -1.0, "constant": 2.0}),
    ("none", "T", "NOT_APPLICABLE", {}),
    ("rate", "O", "INCONCLUSIVE", {"slope": 0.2}),
    ("explicit", "D", "VACUOUS", {"measured": 2.0, "bound": float("inf")}),
    ("rate", "O", "INCONSISTENT", {"slope": 0.4}),
    ("chain", "D", "VIOLATED", {"measured": 2.0, "bound": 1.0}),
    ("none", "T", "NOT_APPLICABLE", {}),
]
DIFFERENCES = [
    "first | ring | s0 | chain: measured is 0.6, the ledger has 0.5",
    "first | ring | s0 | chain: status is HOLDS, the ledger has VIOLATED",
    "first | ring | gone | chain: in the ledger, but not computed",
    "rows of first | ring | s0 | step | 32: kl is 1, the ledger has 2",
    "second: not in the ledger; accept its verdicts with --update-ledger",
    "third: in the ledger, but not run",
    "ren_2024: no experiment finds it to hold",
]


def experiment(name):
    return Experiment(
        name=name,
        question=f"What of {name}?",
        axis="step",
        values=(1, 2),
        put="grid.steps",
        problem={},
        targets=({"label": "ring: [bold]", "name": "t"},),
        samplers=({"name": "s"},),
    )


def report(differences=()):
    """Two experiments with all ``KINDS`` each; the reason of a row names its place in the list."""
    ledger = [
        {
            "experiment": name,
            "target": "ring",
            "sampler": f"s{k}",
            "axis": "step",
            "theorem": theorem,
            "trust": trust,
            "rung": "output",
            "status": status,
            "reason": f"reason [{k}] <{name}>, 1 <= 2 | 3",
            **more,
            "_floors": {key: 1e-9 for key in more},
        }
        for name in ("first", "second")
        for k, (theorem, trust, status, more) in enumerate(KINDS)
    ]
    rows = [
        {"experiment": "first", "value": 32, "kl": 1.0, "chi2": float("inf"), "score_calls": ""}
    ]
    timings = [Timing("first", "ring", "s0", 32.0, 0.5), Timing("first", "ring", "s0", None, 0.1)]
    outcome = Outcome(rows, ledger, [], timings)
    told = f"{len(differences)} differences" if differences else "all as the ledger expects"
    chosen = [experiment("first"), experiment("second")]
    return Report(chosen, outcome, list(differences), told)
