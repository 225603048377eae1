# pyright: reportArgumentType=false, reportGeneralTypeIssues=false, reportAttributeAccessIssue=false
# (the stubs of pandas do not know that columns are strings)
"""Exponents: with which power of the step, ``S``, ``d``, … KLs grow, and what theorems say.

Of every sweep that is kept: the local slope of what was measured between the last two points, and
that of each theorem's right side between the same two.  Both sides carry all that changes along the
axis, logarithms and other parts included, so that no power has to be read out of a formula.

``python -m harness.show.exponents`` writes it into ``results/`` from the committed rows.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from harness.foundation.digits import fixed, last_digit
from harness.foundation.whole_files import replacing
from harness.show import plots
from harness.show.of_theorems import bounded, rung_column
from harness.show.paper.lines import SWEEP, theorem_columns
from harness.show.paper.names import SAMPLERS
from harness.studies.ledger import DIGITS
from harness.verdicts.slopes import Slope, local_slopes

RUNGS = {"kl": "output", "chain_kl": "chain", "path_kl": "path"}
AXES = {"step": "h", "S": "S", "d": "d", "T": "e^{-T}", "delta": "δ", "score_error": "ε_score"}
"""Axes along which exponents are asked for, and of what they are the powers."""
TITLES = (*SWEEP, "power_of", "of", "rung", "exponent", "error", "label", "points")


def of_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """A row for each sweep of one experiment's ``rows``, each rung and each theorem above it.

    ``of``: ``measured`` or the theorem's column name; ``exponent ± error`` of ``power_of``, with
    ``error`` what the digits kept explain; ``label`` as in ``harness.verdicts.slopes``, of the
    slowest-settling kind: a pre-asymptotic exponent still changes.  ``points``: between which two
    values of the axis.  Empty for an axis that is none of AXES.
    """
    found = []
    for key, group in rows.groupby(SWEEP, sort=False):
        axis = str(group["axis"].iloc[0])
        if axis in AXES:
            found += [(*key, AXES[axis], *each) for each in _of_sweep(group, axis)]
    return pd.DataFrame(found, columns=list(TITLES))


def _of_sweep(group: pd.DataFrame, axis: str) -> Iterator[tuple[Any, ...]]:
    x = group["x"].to_numpy(float)
    x = np.exp(-x) if axis == "T" else x
    order = np.argsort(-x if axis in ("S", "d") else x, kind="stable")[::-1]
    group, x = group.iloc[order], x[order]
    if len(set(x)) < len(x) or len(x) < 3 or not (np.isfinite(x) & (x > 0)).all():
        return
    measured = [name for name in RUNGS if name in group and group[name].notna().all()]
    for name in measured:
        if (slope := _last(x, group[name])) is not None:
            yield "measured", RUNGS[name], *_told(slope)
    for theorem, column in theorem_columns(group).items():
        rung = rung_column(theorem, group)
        if not bounded(theorem) or column.startswith("N ") or rung not in measured:
            continue
        if group[column].notna().all() and (slope := _last(x, group[column])) is not None:
            yield theorem, RUNGS[rung], *_told(slope)


def _last(x: np.ndarray, values: pd.Series) -> Slope | None:
    """The slope between the last two points; None where a value there is not above 0."""
    y = values.to_numpy(float)
    if not (np.isfinite(y[-2:]).all() and (y[-2:] > 0).all()):
        return None
    return local_slopes(list(x), list(y), [_kept(value) for value in y])[-1]


def _kept(value: float) -> float:
    """How far off a number may be by the digits of it that are kept."""
    if not (np.isfinite(value) and value):
        return 0.0
    return 10.0 ** last_digit(float(f"{value:.{DIGITS}g}"))


def _told(slope: Slope) -> tuple[float, float, str, str]:
    return slope.value, slope.error, str(slope.label), f"{slope.low:.6g} to {slope.high:.6g}"


def table(results: Path) -> pd.DataFrame:
    """``of_rows`` of every experiment whose rows are kept in a folder of results, by name."""
    paths = sorted(results.glob("*/rows.csv"))
    tables = [of_rows(plots.table(path)) for path in paths]
    return pd.concat([each for each in tables if len(each)], ignore_index=True)


def of_samplers(exponents: pd.DataFrame) -> pd.DataFrame:
    """A row for each sampler, power and rung: the range of the settled ones over all targets.

    Of the samplers by their own names; ``targets``: how many sweeps had a settled exponent.
    """
    settled = exponents[(exponents["of"] == "measured") & (exponents["label"] == "resolved")]
    settled = settled[settled["sampler"].isin(SAMPLERS)]
    rows = []
    for (sampler, power), group in settled.groupby(["sampler", "power_of"], sort=True):
        ranges = {r: _range(group[group["rung"] == r]["exponent"]) for r in RUNGS.values()}
        rows.append({"sampler": sampler, "power of": power, **ranges, "sweeps": len(group)})
    return pd.DataFrame(rows)


def of_theorems(exponents: pd.DataFrame) -> pd.DataFrame:
    """A row for each theorem, power and rung: what it says and what was measured beside it.

    Over the sweeps in which both have settled, ranges of both and of their difference: where the
    difference is positive a theorem allows more growth than there is.
    """
    keys = [*SWEEP, "power_of", "rung"]
    settled = exponents[exponents["label"] == "resolved"]
    said = settled[settled["of"] != "measured"]
    both = said.merge(settled[settled["of"] == "measured"], on=keys, suffixes=("", "_measured"))
    both["gap"] = both["exponent"] - both["exponent_measured"]
    rows = []
    for (name, power, rung), group in both.groupby(["of", "power_of", "rung"], sort=True):
        rows.append(
            {
                "theorem": name,
                "power of": power,
                "rung": rung,
                "says": _range(group["exponent"]),
                "measured": _range(group["exponent_measured"]),
                "difference": _range(group["gap"]),
                "sweeps": len(group),
            }
        )
    return pd.DataFrame(rows)


def _range(values: pd.Series) -> str:
    if not len(values):
        return "-"
    low, high = (fixed(float(end), 0.0, 2) for end in (values.min(), values.max()))
    return low if low == high else f"{low} to {high}"


def write(results: Path) -> Path:
    """The table as a CSV file in the folder of results that it is made from."""
    path = results / "exponents.csv"
    with replacing(path) as part:
        table(results).to_csv(part, index=False, float_format="%.3g")
    return path


if __name__ == "__main__":
    print(f"wrote {write(Path('results'))}")
