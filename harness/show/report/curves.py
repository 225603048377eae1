"""Which columns of a sweep's rows a verdict speaks of: what its curve shows."""

from collections.abc import Collection
from typing import Any

from harness.studies.comparison import BELOW
from harness.studies.judge import ORDER
from harness.studies.ledger import Row

COLUMNS = {
    "output": "kl",
    "chain": "chain_kl",
    "path": "path_kl",
    "average": "chain_kl",
    "tv": "tv",
    "differential": "kl",
    "stopping": "stopping_tv",
    "data": "data_tv",
    "steps to KL": "N",
}
"""``{rung: column}``; the rung *start*, the noise's own KL, is among no row's numbers."""
X = {"step": "h", "S": "S", "d": "d"}  # other axes: the value itself

Curve = dict[str, Any]


def of(verdict: Row, columns: Collection[str]) -> Curve:
    """``x``, ``y`` and ``against``: columns of ``columns``, those of the sweep's rows.

    ``y`` or ``against`` is missing where no column has it.  ``how`` is what ``against`` is:
    ``bound``; ``form``, to be drawn with the smallest constant that the data allow; ``steps`` that
    a theorem promises; ``order``, a power of ``x``; ``other``, a sampler to be drawn as well.
    """
    theorem, axis = verdict["theorem"], verdict.get("axis", "")
    x = X.get(axis, "value")
    if theorem.startswith(ORDER):
        quantity = theorem.removeprefix(ORDER)
        return {"x": x, "y": quantity, "how": "order", "against": verdict.get("bound", 0.0)}
    if BELOW in theorem:
        quantity, _, other = theorem.partition(BELOW)
        return {"x": "score_calls", "y": quantity, "how": "other", "against": other}
    found = {"x": x} | _compared(f"{theorem}[{verdict.get('trust', '')}]", columns)
    column = COLUMNS.get(verdict.get("rung", ""))
    return {**found, "y": column} if column in columns else found


def _compared(name: str, columns: Collection[str]) -> Curve:
    """The column of a theorem, whose head it is, and what it holds."""
    for kind, how in (("bound ", "bound"), ("form ", "form"), ("N ", "steps")):
        for column in columns:
            if column == kind + name or column.startswith(f"{kind}{name} ("):
                return {"against": column, "how": how}
    return {}
