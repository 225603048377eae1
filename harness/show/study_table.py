# pyright: reportIncompatibleVariableOverride=false, reportArgumentType=false
# pyright: reportReturnType=false
# (the stubs of pandas know plot as an accessor, and where() as any; those of matplotlib no style)
"""The table of a work–precision study: a DataFrame that draws itself, and compares."""

import math
from typing import Any

import matplotlib as mpl
import pandas as pd
from matplotlib.figure import Figure

from harness.foundation.validation import choice
from harness.show.figure_style import STYLE
from harness.show.figures import calls_figure
from harness.studies.comparison import comparison
from harness.studies.curve import HALF_WIDTHS
from harness.studies.experiment import Compare
from harness.studies.ledger import FLOORS, Row
from harness.studies.same_law import HINT, TO_DATA
from harness.verdicts.verdict import Verdict

UNITS = {
    "kl": "output KL, nats",
    "tv": "output TV",
    "data_tv": "TV to the data",
    "chain_kl": "chain KL, nats",
    "path_kl": "path KL, nats",
    "entropy_fall": "fall of entropy, nats",
}
NEEDED = ("target", "sampler", "grid", "law", "score_calls", "uncertainty", "error")


class Study(pd.DataFrame):
    """What ``harness.study`` returns; rows that are chosen from it are a ``Study`` too.

    ``attrs["quantity"]`` is what orders and figures are of.
    """

    @property
    def _constructor(self) -> type["Study"]:
        return Study

    @property
    def runs(self) -> pd.Series:
        """What each row's sampler is called: with its kind of grid, where it has several."""
        kinds = self.groupby("sampler")["grid"].transform("nunique")
        return self["sampler"].where(kinds == 1, self["sampler"] + ", " + self["grid"])

    def plot(self, title: str = "work and precision") -> Figure:
        """The quantity against expected score calls, a panel for each target.

        Raises ValueError where columns are gone that this needs, or no row is left.
        """
        quantity = self._quantity()
        if self.empty:
            raise ValueError("a study of no runs has nothing to draw")
        rows = pd.DataFrame(self.assign(sampler=self.runs))
        laws = ", ".join(dict.fromkeys(rows["law"]))
        unit = UNITS.get(quantity, f"{quantity}, nats")
        unit += "" if quantity in TO_DATA else f", to {laws}"
        with mpl.rc_context(STYLE):
            return calls_figure(rows, title, quantity, unit)

    def at_equal_calls(self, lower: str, higher: str) -> dict[str, Verdict]:
        """Whether ``lower`` is below ``higher`` at equal score calls: a verdict by target.

        Both are named as ``runs`` names them.  Values between two runs are interpolated in log–log
        within the common range of calls; a verdict has the factor and its range.  Raises
        ValueError for a name that is not there.
        """
        quantity, runs = self._quantity(), self.runs
        for name in (lower, higher):
            choice("sampler of this study", name, set(runs))
        wanted = Compare(quantity=quantity, lower=lower, higher=higher)
        table = self.assign(sampler=runs)
        rows = [_row(row, quantity) for row in table.to_dict("records") if not row["error"]]
        found = {}
        for target in dict.fromkeys(row["target"] for row in rows):
            pair = [r for r in rows if r["target"] == target and r["sampler"] in (lower, higher)]
            if len(laws := {row["law"] for row in pair}) > 1:
                told = f"{quantity} on {target} must be to one law, got {', '.join(sorted(laws))}"
                raise ValueError(f"{told}; {HINT}")
            if len({row["sampler"] for row in pair}) == 2:
                found[str(target)] = comparison(wanted, str(target), pair)
        return found

    def _quantity(self) -> str:
        quantity = self.attrs.get("quantity", "kl")
        needed = (*NEEDED, quantity, f"{quantity}_floor")
        if missing := [column for column in needed if column not in self.columns]:
            raise ValueError(
                f"a study needs all its columns, got none named {', '.join(missing)}; "
                "pandas.DataFrame(study).plot() draws what is there"
            )
        return str(quantity)


def _row(row: dict[Any, Any], quantity: str) -> Row:
    """A row as comparisons read it."""
    calls = row["score_calls"]
    known = {} if math.isnan(row[quantity]) else {quantity: row[quantity]}
    return {
        **{key: row[key] for key in ("target", "sampler", "delta", "draws", "law")},
        "axis": "step",
        "value": row["N"],
        "score_calls": "" if math.isnan(calls) else calls,
        **({HALF_WIDTHS[quantity]: row["uncertainty"]} if quantity in HALF_WIDTHS else {}),
        **known,
        FLOORS: {quantity: row[f"{quantity}_floor"]},
    }
