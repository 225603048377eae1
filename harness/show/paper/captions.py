# pyright: reportArgumentType=false, reportGeneralTypeIssues=false, reportCallIssue=false
# (the stubs of pandas do not know that columns are strings)
"""Captions: what was measured, on what, and how a theorem's line came about."""

from collections.abc import Mapping, Sequence

import pandas as pd

from harness.show.paper.names import QUANTITIES
from harness.show.words import listed

MEANS = {
    "kl": "output KL is the KL divergence of the sampler's output from the data noised up to "
    "the stop time δ",
    "chain_kl": "chain KL is the KL divergence of the whole chain at the grid times",
    "path_kl": "path KL is the KL divergence of paths in continuous time",
    "reverse_kl": "reverse KL is the output KL with its laws exchanged",
    "tv": "TV is the total variation of the output from the data noised up to the stop time δ",
    "data_tv": "TV to the data is the total variation of the output from the data themselves",
    "off_support": "mass off the support is the output's probability where the data law is 0",
    "constant": "the constant that a rate needs is what it bounds, measured, over its form; "
    "growth would contradict the theorem",
    "steps": "steps are the fewest with which the output KL is no larger",
}
RUNGS = {
    "output": "the output KL",
    "average": "the KL averaged over the sets that are revealed",
    "chain": "the chain KL",
    "path": "the path KL",
    "differential": "the integral of the differential inequality",
    "start": "the KL of the start",
    "tv": "the TV of the output",
    "data": "TV to the data",
    "stopping": "the TV that stopping at δ costs",
}
SIZES = {"S": "S", "d": "d", "N": "N", "T": "T", "delta": "δ"}


def of_figure(
    rows: pd.DataFrame,
    quantities: Sequence[str],
    x_label: str,
    fitted: bool,
    theorems: Mapping[str, str],
) -> str:
    """What a figure of ``rows`` shows, in sentences; ``fitted``: constants of theorems were.

    ``theorems``: ``{name in print: the rung that it bounds}`` of those that are drawn.
    """
    shown = listed([QUANTITIES[name].label for name in quantities])
    found = [f"{shown} against {x_label.replace('$', '')}"]
    found += [MEANS[name] for name in quantities if name in MEANS]
    found += [how(rows), f"targets: {listed(list(rows['target'].unique()))}"]
    rungs = {rung: [name for name in theorems if theorems[name] == rung] for rung in RUNGS}
    bounds = {RUNGS[rung]: "; ".join(names) for rung, names in rungs.items() if names}
    found += [f"bounds on {what}: {names}" for what, names in bounds.items()]
    if fitted:
        found.append(
            "a theorem known up to its constant is drawn with the smallest one that all points "
            "of the figure allow, which its name gives"
        )
    return sentences(found)


def how(rows: pd.DataFrame) -> str:
    """How numbers were found, and at what sizes: what does not change along the rows."""
    drawn = "engine" in rows and (rows["engine"] == "monte_carlo").any()
    found = "laws are exact, nothing is drawn" if not drawn else "chain KLs are means over draws"
    fixed = [
        f"{name} = {rows[column].iloc[0]:g}"
        for column, name in SIZES.items()
        if column in rows and rows[column].nunique(dropna=False) == 1
    ]
    return f"{found}; {', '.join(fixed)}" if fixed else found


def sentences(parts: Sequence[str]) -> str:
    """Each with a capital and a full stop."""
    whole = [part[0].upper() + part[1:] for part in parts]
    return " ".join(f"{part}." for part in whole)
