"""The ladder drawn, and ``leapcheck ladder``."""

import math
from functools import partial

import pytest

from bounds import ExplicitDTC
from harness import Problem, grids, ladder, measure
from harness.noise import Uniform
from harness.samplers import TauLeaping, Tweedie
from harness.show import ladder_figure
from harness.verdicts.ladder import WORDS
from toy_targets import PottsRing

RING = PottsRing(2, 2, 1.0)
STEPS = (0.2, 0.1)
GRIDS = [grids.geometric(2.0, 0.5, kappa=kappa) for kappa in STEPS]
LADDERS = [ladder(Problem(RING, Uniform(), Tweedie(), grid)) for grid in GRIDS]
EXPERIMENT = """
question = "What is lost?"
axis = "step"
put = "grid.kappa"
values = [0.2, 0.1]
theorems = ["chain", "total_correlation"]
problem = { grid = { name = "geometric", start = 2.0, stop = 0.5 } }
targets = [{ label = "ring", name = "potts_ring", tokens = 2, length = 2, coupling = 1.0 }]
samplers = [{ name = "tweedie" }, { name = "euler" }]
"""


def test_a_bar_goes_from_what_is_beneath_a_rung_to_the_rung():
    (panel,) = ladder_figure.waterfall({"ring": LADDERS[0]}, "title").axes
    known = [rung for rung in LADDERS[0] if not math.isnan(rung.value)]
    assert [tick.get_text() for tick in panel.get_yticklabels()] == [e.label for e in known]
    for rung, bar in zip(known, panel.patches, strict=True):
        assert bar.get_x() + bar.get_width() == pytest.approx(rung.value)
        if rung.below:
            assert bar.get_x() == pytest.approx(rung.beneath)
    told = {each.get_text() for each in panel.texts}
    assert f"{known[0].row()['nats']}" in told


def test_bounds_that_say_nothing_are_hatched():
    coarse = Problem(PottsRing(3, 3, 1.0), Uniform(), TauLeaping(), grids.even(2.0, 0.1, 8))
    found = ladder(coarse, [ExplicitDTC()])
    (panel,) = ladder_figure.waterfall({"ring": found}, "title").axes
    *measured, bound = (bar.get_hatch() for bar in panel.patches)
    assert (set(measured), bound) == ({None}, "//")


def test_where_all_is_0_there_is_no_ladder():
    still = Problem(PottsRing(2, 2, 0.0), Uniform(), Tweedie(), GRIDS[0])
    with pytest.raises(ValueError, match="flat: every rung is 0 or infinite"):
        ladder_figure.waterfall({"flat": ladder(still, [])}, "title")


def test_curves_are_the_numbers_of_each_problem():
    nats, times = ladder_figure.curves("step", STEPS, LADDERS, "title").axes
    drawn = {line.get_label(): line for line in nats.lines}
    assert drawn["output KL"].get_ydata() == pytest.approx([e.rungs[0].value for e in LADDERS])
    assert drawn["chain KL"].get_xdata() == pytest.approx(STEPS)
    assert "output KL" not in {line.get_label() for line in times.lines}
    chain = next(line for line in times.lines if line.get_label() == "chain KL")
    found = [measure(each.problem) for each in LADDERS]
    assert chain.get_ydata() == pytest.approx([m.chain_kl / m.kl for m in found])


def test_every_rung_has_a_line_of_its_own():
    assert set(ladder_figure.MEASURED) == set(WORDS)


@pytest.fixture
def ladders(command, monkeypatch, tmp_path):
    """``leapcheck ladder`` of an experiment, in a folder of its own, with the options given."""
    (tmp_path / "lost.toml").write_text(EXPERIMENT)
    monkeypatch.chdir(tmp_path)
    return partial(command, "ladder", "lost.toml")


def test_the_command_prints_each_ladder_and_draws_it(ladders, tmp_path):
    code, out, _ = ladders("--out", "bars")
    assert code == 0, out
    assert "tweedie on ring, grid.kappa = 0.1" in out
    assert str(LADDERS[1].rungs[0].row()["nats"]) in out
    assert out.count("\noutput KL  ") == 2
    assert out.count("total_correlation [D]") == 1  # it does not apply to Euler
    assert {each.name for each in tmp_path.glob("bars.*")} == {"bars.svg", "bars.png"}
    code, out, _ = ladders("--along", "--sampler", "tweedie", "--out", "curves")
    assert (code, (tmp_path / "curves.png").exists()) == (0, True)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--at", "3"), "lost has no value 3 along step: 0.2, 0.1"),
        (("--target", "rang"), "no target of lost named 'rang'; did you mean 'ring'?"),
        (("--along",), "say with --out where to"),
        (("--along", "--out", "x"), "has 2 pairs of target and sampler, at most 1"),
        (("--along", "--out", "x"), "and --sampler (tweedie, euler)"),
    ],
)
def test_what_cannot_be_is_told(ladders, options, told):
    code, _, err = ladders(*options)
    assert code != 0
    assert told in err


def test_what_is_infinite_is_an_arrow_and_colours_are_told():
    """One-jump τ-leaping under uniform noise: the truth may jump twice, the sampler not."""
    found = ladder(Problem(PottsRing(2, 2, 1.0), Uniform(), TauLeaping(), GRIDS[0]), [])
    figure = ladder_figure.waterfall({"ring": found}, "title")
    (panel,) = figure.axes
    told = dict(zip((e.label for e in found), (e.get_text() for e in panel.texts), strict=False))
    assert told["path KL"] == "infinite"
    assert [line.get_marker() for line in panel.lines].count(">") == 1
    assert [each.get_text() for each in figure.legends[0].get_texts()] == ["measured", "a theorem"]
