"""Rows of a sweep that nobody ran: as many samplers, targets and theorems as are asked for."""

import numpy as np

from harness.show.paper import input_rows
from harness.show.paper.names import SAMPLERS, THEOREMS

STEPS = (16, 32, 64, 128, 256)
LONG = [*SAMPLERS, *(f"a sampler of my own, variant number {k}" for k in range(10))]
KNOWN = ("chain", "start_uniform", "start_absorbing", "early_stopping", "early_stopping_output")
PLANTED = [name for name in THEOREMS if name not in KNOWN]
PLANTED += [f"a_theorem_of_somebody_else_{k}" for k in range(25)]


def planted(samplers=3, theorems=2, targets=1):
    """A table of rows, all different, bounds and forms in turn."""
    rows = []
    for t in range(targets):
        for s in range(samplers):
            for n in STEPS:
                h = 3.75 / n
                row = {"experiment": "planted", "target": f"target {t}", "sampler": LONG[s]}
                row |= {"axis": "step", "value": n, "S": 3, "d": 3, "N": n, "T": 4.0, "delta": 0.25}
                row |= {"h": h, "score_calls": n * (1 + s % 2), "engine": "enumerated"}
                row |= {"kl": 10.0 ** (-t) * 2.0**-s * h**2, "chain_kl": 2.0**-s * h, "tv": h}
                for k in range(theorems):
                    kind = ("form", "bound")[k % 2]
                    row[f"{kind} {PLANTED[k]}[{'TOD'[k % 3]}]"] = (1 + k) * h ** (1 + k % 2)
                rows.append(row)
    return input_rows.table(rows)


def one(**changes):
    """``planted(1, 0)`` with columns set to arrays."""
    return planted(1, 0).assign(**{k: np.asarray(v, dtype=float) for k, v in changes.items()})
