# pyright: reportArgumentType=false, reportGeneralTypeIssues=false, reportAttributeAccessIssue=false
# (the stubs of pandas do not know that columns are strings)
"""Exponents: with which power of the step, ``S``, ``d``, … KLs grow, and what theorems say.

Of every sweep that is kept: the local slope of what was measured between the last two points, and
that of each theorem's right side between the same two.  Both sides carry all that changes along the
axis, logarithms and other parts included.  Beside it stands the power that a theorem declares, read
out of its form, and what a sampler claims of its step.

``python -m harness.show.exponents`` writes it into ``results/`` from the committed rows.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from harness.foundation import registry
from harness.foundation.digits import fixed, last_digit
from harness.foundation.whole_files import replacing
from harness.show import plots
from harness.show.of_theorems import RUNG_COLUMNS, bounded
from harness.show.paper.lines import SWEEP, theorem_columns
from harness.show.paper.names import SAMPLERS
from harness.studies.curve import HALF_WIDTHS
from harness.studies.ledger import DIGITS
from harness.verdicts.quantities import Quantities
from harness.verdicts.slopes import Slope, local_slopes

RUNGS = ("output", "average", "chain", "path", "tv")
AXES = {"step": "h", "S": "S", "d": "d", "T": "e^{-T}", "delta": "δ", "score_error": "ε_score"}
"""Axes along which exponents are asked for, and of what they are the powers."""
DECLARED = dict(zip(AXES.values(), AXES, strict=True))
TITLES = (*SWEEP, "power_of", "of", "rung", "declared", "exponent", "error", "label", "points")


def of_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """A row for each sweep of one experiment's ``rows``, each rung and each theorem above it.

    ``of``: ``measured`` or the theorem's column name; ``declared``: the power in words that the
    theorem gives for its form, empty where it gives none; ``exponent ± error`` of ``power_of``,
    with ``error`` what the digits kept or the intervals of draws explain; ``label`` as in
    ``harness.verdicts.slopes``, of the slowest-settling kind: a pre-asymptotic exponent still
    changes.  ``points``: between which two values of the axis.  The average over reveal sets is
    told where a theorem bounds it.  Empty for an axis that is none of AXES.
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
    columns = theorem_columns(group)
    rungs = {theorem: _rung(theorem, group) for theorem in columns}
    for rung in RUNGS:
        asked = rung != "average" or rung in rungs.values()
        name = RUNG_COLUMNS[rung]
        if asked and _known(group, name):
            width = group.get(HALF_WIDTHS.get(name, ""), pd.Series(0.0, group.index))
            if (slope := _last(x, group[name], width)) is not None:
                yield "measured", rung, "", *_told(slope)
    for theorem, column in columns.items():
        if column.startswith("N ") or not rungs[theorem] or not _known(group, column):
            continue
        if (slope := _last(x, group[column])) is not None:
            yield theorem, rungs[theorem], declared(theorem, axis), *_told(slope)


def _known(group: pd.DataFrame, column: str) -> bool:
    return column in group and bool(group[column].notna().all())


def _rung(theorem: str, group: pd.DataFrame) -> str:
    """What a theorem is beside: what it bounds, if measured, else the output; empty for neither."""
    own = bounded(theorem)
    for rung in (own, *Quantities.LADDER.get(own, ())):
        if rung in RUNGS and _known(group, RUNG_COLUMNS[rung]):
            return rung
    return ""


def declared(column: str, axis: str) -> str:
    """The power along ``axis`` that a theorem gives for its form, by its column; else empty."""
    registry.load()
    name = column.split("[")[0]
    found = registry.theorems.get(name)
    return str(getattr(found, "exponents", {}).get(axis, ""))


def _last(x: np.ndarray, values: pd.Series, width: pd.Series | None = None) -> Slope | None:
    """The slope between the last two points; None where a value there is not above 0.

    ``width``: how far off each value may be, besides its digits.
    """
    y = values.to_numpy(float)
    if not (np.isfinite(y[-2:]).all() and (y[-2:] > 0).all()):
        return None
    off = np.zeros(len(y)) if width is None else np.nan_to_num(width.to_numpy(float))
    kept = np.array([_kept(value) for value in y])
    return local_slopes(list(x), list(y), list(np.maximum(kept, off)))[-1]


def _kept(value: float) -> float:
    """How far off a number may be by the digits of it that are kept."""
    if not (np.isfinite(value) and value):
        return 0.0
    return 10.0 ** last_digit(float(f"{value:.{DIGITS}g}"))


def _told(slope: Slope) -> tuple[float, float, str, str]:
    return slope.value, slope.error, str(slope.label), f"{slope.low:.6g} to {slope.high:.6g}"


def table(results: Path) -> pd.DataFrame:
    """``of_rows`` of every experiment in a folder of results, by name, the long ones last."""
    paths = [*sorted(results.glob("*/rows.csv")), *sorted(results.glob("full/*/rows.csv"))]
    tables = [of_rows(plots.table(path)) for path in paths]
    return pd.concat([each for each in tables if len(each)], ignore_index=True)


def of_samplers(exponents: pd.DataFrame) -> pd.DataFrame:
    """A row for each sampler, power and rung: the range of the settled ones over all targets.

    Of the samplers by their own names; ``claimed``: the orders in the step that one claims of its
    output and chain KL on full support; ``sweeps``: how many had a settled exponent.
    """
    settled = exponents[(exponents["of"] == "measured") & (exponents["label"] == "resolved")]
    settled = settled[settled["sampler"].isin(SAMPLERS)]
    rows = []
    for (sampler, power), group in settled.groupby(["sampler", "power_of"], sort=True):
        ranges = {r: _range(group[group["rung"] == r]["exponent"]) for r in RUNGS}
        said = claimed(str(sampler)) if DECLARED[str(power)] == "step" else "-"
        row = {"sampler": sampler, "power of": power, "claimed": said, **ranges}
        rows.append({**row, "sweeps": len(group)})
    return pd.DataFrame(rows)


def claimed(sampler: str) -> str:
    """What a sampler claims of the step, its setting in brackets: orders of output and chain KL."""
    registry.load()
    name, _, setting = sampler.partition(" (")
    found = registry.samplers[name]
    one = found(multiple_jumps=setting[:-1]) if setting else found()
    return f"{one.claims.output_order:g} and {one.claims.chain_order:g}"


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
                "declares": declared(str(name), DECLARED[str(power)]) or "-",
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
