"""Figures of sweeps along S, d and a coupling."""

import math

import numpy as np
import pytest
from helpers.experiments_of_scale import CLASSES, MAGNET

from harness.show import figures_of_scale, plots
from harness.studies import runner


@pytest.mark.slow
def test_figures_of_scale(read, tmp_path):
    magnet, classes = read(MAGNET, "magnet"), read(CLASSES, "classes")
    kept = []
    outcome = runner.run([magnet, classes], keep=lambda name, _: kept.append(name))
    assert kept == [magnet.name, classes.name]
    runner.save(outcome, tmp_path, ["magnet", "classes"], update_ledger=True)
    names = {path.name for path in plots.draw_all(tmp_path, tmp_path / "figures")}
    assert {"magnet.png", "growth.png", "classes-pair.png", "constants-S.png"} <= names
    tables = [plots.table(tmp_path / name / "rows.csv") for name in ("magnet", "classes")]
    figure = figures_of_scale.coupling_figure(tables[0], "magnet")
    leaping, frozen = figure.axes
    assert [panel.get_xscale() for panel in figure.axes] == ["linear", "linear"]
    shown = frozen.get_legend_handles_labels()[1]
    assert set(shown) == {f"{kl} KL, {d}" for kl in ("output", "chain") for d in ("long", "short")}
    assert len(leaping.lines) == 4
    panels = figures_of_scale.growth_panels(tables)
    assert list(panels) == ["S"]
    (panel,) = figures_of_scale.growth_figure(panels).axes
    kl, liang, dmitriev = (np.asarray(line.get_ydata()) for line in panel.lines)
    assert [kl[0], liang[0], dmitriev[0]] == pytest.approx([1, 1, 1])
    assert liang[-1] == pytest.approx(17 / 3)  # the grid is the same: only S is left
    assert dmitriev[-1] == pytest.approx(math.log(17 / 0.4) / math.log(3 / 0.4), rel=0.05)
