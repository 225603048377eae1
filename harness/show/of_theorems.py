# pyright: reportArgumentType=false, reportGeneralTypeIssues=false, reportReturnType=false
# pyright: reportAssignmentType=false
# (the stubs of pandas do not know that columns are strings)
"""What figures and tables must know of a theorem whose column stands in rows."""

from functools import cache

import pandas as pd

from harness.foundation.registry import load, theorems
from harness.verdicts.quantities import Quantities

RUNG_COLUMNS = {
    "output": "kl",
    "average": "chain_kl",
    "chain": "chain_kl",
    "path": "path_kl",
    "tv": "tv",
    "data": "data_tv",
    "stopping": "stopping_tv",
}
"""``{rung: the column that has it}``, of those that rows have."""


@cache
def bounded(column: str) -> str:
    """The rung that a theorem bounds, by its column ``name[trust]``.

    ``output`` of one that is not at hand, and empty where it bounds what was measured with it.
    """
    load()
    name = column.split("[")[0]
    if name not in theorems:
        return "output"
    theorem = theorems[name]()
    if theorem.bounds_on in Quantities.LADDER and not theorem.promises_kl():
        return ""
    return theorem.bounds_on


def rung_column(column: str, group: pd.DataFrame) -> str:
    """The column of what a theorem bounds, as far as it was measured: else that of the output."""
    found = RUNG_COLUMNS.get(bounded(column), "kl")
    return found if found in group and group[found].notna().all() else "kl"


def constants(column: str, group: pd.DataFrame) -> pd.Series:
    """The constant that the data need, measured / form, in each row of ``group``."""
    measured = rung_column(column, group)
    if measured not in group:
        return group[f"form {column}"] * float("nan")
    return group[measured] / group[f"form {column}"]
