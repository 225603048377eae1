"""Figures of KLs say how much of the output is where the data law is 0."""

import math

import pandas as pd
import pytest

from harness.show import figures, figures_of_scale
from harness.show.figure_style import off_support


def rows(reverse, off, **more):
    count = len(off)
    found = {
        "experiment": "x",
        "target": "parity",
        "sampler": "euler",
        "axis": "step",
        "x": [0.5, 0.25, 0.125][:count],
        "d": 3.0,
        "kl": [0.3, 0.2, 0.1][:count],
        "chain_kl": [0.4, 0.3, 0.2][:count],
        "score_calls": [2.0, 4.0, 8.0][:count],
        "reverse_kl": reverse,
        "off_support": off,
    }
    return pd.DataFrame({**found, **more})


@pytest.mark.parametrize(
    ("reverse", "off", "line"),
    [
        ([0.1, 0.1, 0.1], [0.0, 0.0, 0.0], ""),
        ([0.1, 0.1, 0.1], [0.2, 0.1, 0.0], "\noff support: up to 0.2"),
        ([math.inf, 0.1, 0.1], [0.2, 0.1, 0.0], "\noff support: up to 0.2, reverse KL infinite"),
        ([0.1, 0.1, math.inf], [0.2, 0.1, 0.0], "\noff support: up to 0.2"),
        ([math.nan, 0.1, 0.1], [math.nan, 0.125, 0.0], "\noff support: up to 0.12"),
    ],
)
def test_every_figure_of_a_kl_says_it(reverse, off, line):
    table = rows(reverse, off)
    assert off_support(table) == line
    drawn = [
        figures.kl_figure(table, "t"),
        figures.calls_figure(table, "t"),
        figures_of_scale.coupling_figure(table.assign(axis="coupling"), "t"),
    ]
    for figure in drawn:
        (panel,) = figure.axes
        assert panel.get_title().partition("\n")[1:] == (("\n" if line else ""), line[1:])


def test_the_curves_are_those_of_what_is_off_the_support():
    (panel,) = figures.kl_figure(rows([math.inf, 0.1, 0.1], [0.2, 0.1, 0.0]), "t").axes
    lines = {line.get_label(): list(line.get_ydata()) for line in panel.lines}
    assert lines["off support"] == [0.1, 0.2]  # along x
    assert lines["reverse KL"] == [0.1, 0.1]
    (panel,) = figures.kl_figure(rows([0.1, 0.1, 0.1], [0.0, 0.0, 0.0]), "t").axes
    assert not {"off support", "reverse KL"} & {line.get_label() for line in panel.lines}


def test_rows_without_the_column_say_nothing():
    assert off_support(pd.DataFrame({"kl": [0.1]})) == ""
