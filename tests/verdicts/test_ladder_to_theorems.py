"""The ladder from the output KL to each theorem."""

import math

import pytest

from bounds import ExplicitDTC, TotalCorrelation
from harness import Problem, check, grids, ladder, measure
from harness.noise import Absorbing, Uniform
from harness.samplers import FixedCardinality, FrozenScore, TauLeaping, Tweedie
from harness.verdicts.ladder import Rung
from harness.verdicts.verdict import Status
from toy_targets import PottsRing

GRID = grids.geometric(2.0, 0.5, kappa=0.1)
RING = PottsRing(2, 2, 1.0)
TWEEDIE = Problem(RING, Uniform(), Tweedie(), GRID)
FROZEN = Problem(RING, Uniform(), FrozenScore(), GRID)


def test_its_rungs_are_what_is_measured():
    found, m = ladder(FROZEN), measure(FROZEN)
    values = {rung.name: rung.value for rung in found.rungs}
    assert (values["output"], values["chain"], values["path"]) == (m.kl, m.chain_kl, m.path_kl)
    assert found.idle == m.idle_kl
    lost = {rung.name: rung.lost for rung in found.rungs}
    assert m.kl + lost["chain"] + lost["path"] == pytest.approx(m.path_kl, rel=1e-15)
    times = math.prod(rung.times for rung in found.rungs if rung.name in ("chain", "path"))
    assert times == pytest.approx(m.path_kl / m.kl, rel=1e-15)


def test_theorems_stand_above_what_they_bound_the_closest_first():
    chosen = [ExplicitDTC(), TotalCorrelation()]
    found = ladder(TWEEDIE, chosen)
    verdicts = {each.theorem: each for each in check(TWEEDIE, chosen)}
    assert [rung.name for rung in found.theorems] == ["total_correlation", "explicit_dtc"]
    for rung in found.theorems:
        assert (rung.value, rung.below) == (verdicts[rung.name].bound, "chain")
        assert rung.beneath == measure(TWEEDIE).chain_kl
    # From the exact start they are equal, which shows no digit of the difference.
    tight = found.theorems[0].row()
    assert (tight["times"], tight["lost"]) == ("x 1", "0")


def test_a_rate_is_told_with_the_constant_that_it_needs():
    rates = {each.theorem: each for each in ladder(TWEEDIE).rates}
    dmitriev = rates["dmitriev_2026b"]
    assert dmitriev.constant == pytest.approx(measure(TWEEDIE).chain_kl / dmitriev.bound, rel=1e-12)
    assert "dmitriev_2026b [T] on chain: needs a constant of" in str(ladder(TWEEDIE))


def test_what_does_not_bound_a_rung_is_left_out():
    names = {rung.name for rung in ladder(TWEEDIE)}
    assert {"chain", "start_uniform", "early_stopping", "explicit_dtc_masked"} & names == {"chain"}
    assert [rung.name for rung in ladder(TWEEDIE, []).theorems] == []


def test_where_sets_are_drawn_the_average_over_them_is_a_rung():
    sets = Problem(RING, Absorbing(), FixedCardinality((2,)), grids.even_reveal(2), start="mask")
    found = {rung.name: rung for rung in ladder(sets)}
    assert found["average"].below == "output"
    assert found["chen_cong_li_2026"].below == "average"
    assert found["chen_cong_li_2026"].value == pytest.approx(found["average"].value, rel=1e-12)
    assert "average" not in {rung.name for rung in ladder(TWEEDIE)}


def test_what_is_not_measured_is_said_so():
    lossy = Problem(RING, Uniform(), TauLeaping(multiple_jumps="lose"), GRID)
    path = ladder(lossy, []).rungs[-1]
    assert (path.row()["nats"], path.row()["times"], path.row()["lost"]) == ("not measured", "", "")


@pytest.mark.parametrize(
    ("rung", "times", "lost"),
    [
        (Rung("chain", 0.4, 1e-16, "output", 0.1, 1e-17), "x 4", "0.3"),
        (Rung("chain", 0.4, 1e-16, "output", 1e-17, 1e-17), "", "0.4"),  # beneath it is rounding
        (Rung("chain", 0.4, 1e-3, "output", 0.1, 1e-3), "x 4", "0.3"),
        (Rung("chain", 0.41234, 1e-3, "output", 0.1, 1e-3), "x 4.1", "0.31"),
        (Rung("chain", math.inf, 0.0, "output", 0.1), "x inf", ""),
        (Rung("output", 0.1), "", ""),
    ],
)
def test_no_digit_is_written_that_rounding_can_move(rung, times, lost):
    assert (rung.row()["times"], rung.row()["lost"]) == (times, lost)


def test_it_is_shown_as_a_table_in_a_notebook():
    page = ladder(TWEEDIE)._repr_html_()
    assert page.count("<tr>") == 1 + len(list(ladder(TWEEDIE)))
    assert str(Status.HOLDS) in page


def test_it_takes_a_problem():
    with pytest.raises(TypeError, match="problem must be a Problem"):
        ladder("ring")  # type: ignore[arg-type]
