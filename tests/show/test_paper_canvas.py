"""Figures at the size of a paper: nothing overlaps, is cut off or empty, whatever is drawn."""

from itertools import product

import pytest
from helpers.canvas import faults
from helpers.planted_rows import one, planted

from harness.show.paper import canvas, picture
from harness.show.paper.choosing import Wanted
from harness.show.paper.figure_files import width_of

WIDTHS = ("column", "text", "6", "12", "30")


def drawn(rows, width="column", **wanted):
    return canvas.drawn(picture.of(rows, Wanted(**wanted)), width_of(width))


def tried(samplers, theorems, width, targets=1, **wanted):
    figure = drawn(planted(samplers, theorems, targets), width, **wanted)
    assert faults(figure) == [], (samplers, theorems, width, targets)
    assert figure.get_figwidth() == pytest.approx(width_of(width))
    return figure


QUICK = [(1, 1, "column"), (10, 25, "column"), (10, 25, "6"), (5, 3, "12"), (10, 2, "text")]


@pytest.mark.parametrize(("samplers", "theorems", "width"), QUICK)
def test_nothing_overlaps_and_nothing_is_cut_off(samplers, theorems, width):
    tried(samplers, theorems, width)


@pytest.mark.slow
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("samplers", range(1, 11))
def test_nothing_overlaps_at_any_number_of_lines(samplers, width):
    for theorems in range(1, 26):
        tried(samplers, theorems, width)


@pytest.mark.slow
@pytest.mark.parametrize(("targets", "width"), list(product(range(2, 10), WIDTHS)))
def test_nothing_overlaps_at_any_number_of_panels(targets, width):
    tried(4, 5, width, targets)
    tried(4, 5, width, targets, quantities=("kl", "chain_kl", "tv"))
    tried(4, 5, width, targets, quantities=("constant",))


@pytest.mark.parametrize(
    ("targets", "width", "quantities"),
    [(7, "text", ("kl",)), (2, "column", ("kl", "chain_kl", "tv")), (2, "text", ("constant",))],
)
def test_panels_do_not_touch(targets, width, quantities):
    tried(3, 4, width, targets, quantities=quantities)


def test_a_fault_is_seen():
    """A legend over the data, a label off the page, labels over each other: each is told."""
    figure = drawn(planted(2, 1))
    figure.text(0.99, 0.5, "off the page")
    assert any("cut off" in told for told in faults(figure))
    figure = drawn(planted(2, 1))
    figure.legends[0].set_loc("center")
    assert any("the legend lies over a panel" in told for told in faults(figure))
    figure = drawn(planted(2, 1))
    figure.axes[0].set_xticks([0.02, 0.0201], ["0.0200", "0.0201"])
    assert any("overlap" in told for told in faults(figure))
    figure = drawn(planted(2, 1))
    for line in list(figure.axes[0].lines):
        line.remove()
    assert "a panel is empty" in faults(figure)


def test_what_is_off_the_scale_stands_on_an_edge():
    rows = one(kl=[0.1, 0.0, 0.01, 0.001, 0.0], reverse_kl=[0.1, float("inf"), 0.1, 0.1, 0.1])
    shown = picture.of(rows, Wanted(quantities=("kl", "reverse_kl")))
    labels = [entry.label for entry in shown.legend]
    assert "on the lower edge: 0 up to rounding" in labels
    assert "on the upper edge: infinite" in labels
    figure = canvas.drawn(shown, 3.3)
    assert faults(figure) == []
    heights = {round(float(line.get_ydata()[0]), 3) for line in figure.axes[0].lines[1::2]}
    assert heights == {canvas.EDGE, 1 - canvas.EDGE}


@pytest.mark.parametrize("label", ["a $1 sampler$", "under_score", "<b>bold</b>", "x" * 90])
def test_any_label_can_be_drawn(label):
    rows = planted(2, 1, 2)
    rows["sampler"] = rows["sampler"].replace("euler", label)
    rows["target"] = rows["target"].replace("target 1", label)
    figure = drawn(rows, "text")
    assert [told for told in faults(figure) if label not in told or " " in label] == []
