"""Comparisons of two samplers at as many score calls."""

import math

import pytest
from helpers.compared_samplers import TOML

from harness import Problem, grids
from harness.noise import Absorbing, Uniform
from harness.samplers import Tweedie
from harness.studies import experiment
from harness.studies.comparison import comparison
from harness.studies.curve import HALF_WIDTHS, Curve
from harness.studies.experiment import Compare
from harness.studies.ledger import FLOORS
from harness.verdicts.checks import step_size
from harness.verdicts.verdict import Status
from toy_targets import PottsRing


def row(sampler, value, kl, calls=None, floor=0.0, axis="step", **more):
    return {
        "target": "here",
        "sampler": sampler,
        "axis": axis,
        "value": value,
        "delta": 0.0,
        "kl": kl,
        "score_calls": 8.0 * 2**value if calls is None else calls,
        FLOORS: {"kl": floor},
        **more,
    }


def compared(mine, theirs, **more):
    """The verdict on two lists of ``(calls, KL)``."""
    rows = [row("mine", k, kl, n, **more) for k, (n, kl) in enumerate(mine)]
    rows += [row("theirs", k, kl, n) for k, (n, kl) in enumerate(theirs)]
    return comparison(Compare(quantity="kl", lower="mine", higher="theirs"), "here", rows)


@pytest.mark.parametrize(
    ("mine", "theirs", "floor", "status", "told"),
    [
        ((0.1, 0.01), (0.2, 0.03), 0.0, "CONSISTENT", "0.333 to 0.5 times as much (0.5, 0.333) at"),
        ((0.1, 0.03), (0.2, 0.02), 0.0, "INCONSISTENT", "0.5 to 1.5 times as much (0.5, 1.5)"),
        ((0.3, 0.01), (0.2, 0.02), 0.0, "INCONSISTENT", "0.5 to 1.5 times as much (1.5, 0.5)"),
        ((0.1, 0.0), (0.2, 0.0), 0.0, "INCONCLUSIVE", "equal up to rounding"),
        ((0.1, 0.01), (0.2, 0.02), 0.02, "INCONCLUSIVE", "equal up to rounding"),
        ((0.3, 0.01), (0.2, 0.02), 0.02, "INCONSISTENT", "1.5"),
        ((float("inf"),) * 2, (float("inf"),) * 2, 0.0, "INCONCLUSIVE", "equal up to rounding"),
    ],
)
def test_what_is_lower(mine, theirs, floor, status, told):
    found = compared(
        zip((8, 16), mine, strict=True), zip((8, 16), theirs, strict=True), floor=floor
    )
    assert found.status is Status(status)
    assert told in found.reason
    assert found.reason.startswith("to the data, ")
    assert "at 8, 16 score calls" in found.reason
    assert found.theorem == "kl below that of theirs"


def test_the_factor_has_its_range_and_its_floor():
    found = compared([(8, 0.1), (16, 0.01)], [(8, 0.2), (16, 0.03)], floor=1e-3)
    assert found.terms == pytest.approx({"least": 1 / 3, "largest": 0.5})
    assert found.constant == 0.5
    assert found.floors["constant"] == pytest.approx(1e-3 / 0.2)


POWER = [(n, n**-2.0) for n in (8, 16, 32, 64)]


def test_one_that_takes_twice_the_calls_a_step_is_compared_at_as_many():
    """By steps it seems to be half of the other, at equal calls it is twice: the KL is 4/calls²."""
    twice = [(2 * n, 2 * kl) for n, kl in [(8, 1 / 32), (16, 1 / 128), (32, 1 / 512)]]
    assert [kl for _, kl in twice] == [4 / n**2 * 4 for n, _ in twice]
    found = compared(POWER, twice)
    assert (found.status, found.constant) == (Status.CONSISTENT, pytest.approx(1 / 16))
    assert "at 16, 32, 64 score calls" in found.reason
    assert "interpolated" not in found.reason


def test_a_power_is_interpolated_as_it_is_within_the_common_range():
    found = compared([(n, n**-2.0) for n in (10, 20, 40, 80)], [(n, 3 * v) for n, v in POWER])
    assert (found.status, found.constant) == (Status.CONSISTENT, pytest.approx(1 / 3))
    assert found.terms["least"] == pytest.approx(1 / 3)
    assert "at 10, 16, 20, 32, 40, 64 score calls" in found.reason
    assert "; mine interpolated in log–log at 16, 32, 64; theirs interpolated in" in found.reason
    assert found.measured == pytest.approx(64**-2)


@pytest.mark.parametrize(
    ("mine", "theirs", "told"),
    [
        ([(4, 0.1)], [(8, 0.2), (16, 0.1)], "no number of score calls in common: 4 for mine, 8 to"),
        ([(8, 0.1), (16, 0.0)], [(8, 0.2), (12, 0.1)], "; not at 12, beside a value of 0 or inf"),
        ([(8, 0.1), (16, 0.0)], [(12, 0.1)], "kl cannot be interpolated at 12 score calls"),
        ([(8, 0.1), ("", 0.01)], [(8, 0.2), (16, 0.1)], "the score calls of mine are not known"),
    ],
)
def test_what_cannot_be_compared_is_said(mine, theirs, told):
    found = compared(mine, theirs)
    assert told in found.reason
    assert found.status is (Status.CONSISTENT if "not at" in told else Status.INCONCLUSIVE)


def test_a_bend_may_hide_who_is_lower():
    """Of the curve at 20 calls no more is known than that it is between 0.42 and 0.81."""
    bent = [(5, 1.0), (10, 0.9), (40, 0.2), (80, 0.02)]
    found = compared(bent, [(20, 0.5)])
    assert found.status is Status.INCONCLUSIVE
    assert "equal up to interpolation somewhere" in found.reason
    assert compared(bent, [(20, 0.9)]).status is Status.CONSISTENT
    assert compared(bent, [(20, 0.4)]).status is Status.INCONSISTENT


def test_a_curve_is_between_its_chord_and_the_nearer_of_those_beside_it():
    bent = [(x, math.exp(-(math.log(x) ** 2))) for x in (2, 4, 8, 16)]
    curve = Curve.of([row("mine", k, kl, n) for k, (n, kl) in enumerate(bent)], "kl")
    for calls in (2.5, 3, 5, 6, 7, 11, 15):
        point, truth = curve.at(calls), math.exp(-(math.log(calls) ** 2))
        assert point.low <= truth <= point.high
        assert (point.low, point.high) != (point.value, point.value)
    assert curve.at(1.9) is None
    assert curve.at(17) is None


def test_of_runs_with_as_many_calls_the_least_counts():
    rows = [row("mine", k, kl, 4 * (1 + 1e-12 * k)) for k, kl in enumerate((0.3, 0.1, 0.2))]
    assert [point.value for point in Curve.of(rows, "kl").points] == [0.1]


def test_along_another_axis_each_value_is_a_case_of_its_own():
    rows = [row("mine", k, kl, 8, axis="d") for k, kl in ((2, 0.1), (4, 0.4))]
    rows += [row("theirs", k, kl, 8, axis="d") for k, kl in ((2, 0.2), (4, 0.5))]
    wanted = Compare(quantity="kl", lower="mine", higher="theirs")
    found = comparison(wanted, "here", rows)
    assert found.status is Status.CONSISTENT
    assert "(0.5, 0.8) at d = 2, 4, with as many score calls" in found.reason
    rows[-1]["score_calls"] = 16
    found = comparison(wanted, "here", rows)
    assert found.status is Status.INCONCLUSIVE
    assert found.reason == "not as many score calls at d = 4: 8 of mine and 16 of theirs"


def test_estimates_by_draws_are_compared_by_their_intervals():
    def drawn(quantity, column, half):
        rows = [row(name, 0, 0.1, **{"draws": 64, column: half}) for name in ("mine", "theirs")]
        for each, value in zip(rows, (0.1, 0.2), strict=True):
            each[quantity] = value
            each[FLOORS][quantity] = 1e-15
        return rows

    for quantity, column in HALF_WIDTHS.items():
        wanted = Compare(quantity=quantity, lower="mine", higher="theirs")
        narrow, wide = (drawn(quantity, column, half) for half in (0.04, 0.06))
        assert comparison(wanted, "here", narrow).status is Status.CONSISTENT
        assert comparison(wanted, "here", wide).status is Status.INCONCLUSIVE
        of_another = comparison(wanted, "here", drawn(quantity, "width_of_another", 0.04))
        assert "no interval is known" in of_another.reason


def test_a_quantity_that_was_not_measured():
    rows = [row("mine", 1, 0.1), row("theirs", 1, 0.2)]
    found = comparison(Compare(quantity="tv", lower="mine", higher="theirs"), "here", rows)
    assert (found.status, found.reason) == (Status.INCONCLUSIVE, "tv is not measured here")


def test_a_sampler_may_have_a_problem_of_its_own(read):
    uniform, masked = experiment.sweeps(read(TOML))
    assert [sweep.problems[0].noise for sweep in (uniform, masked)] == [Uniform(), Absorbing()]
    assert masked.sampler == "masked"
    assert [problem.grid.steps for problem in masked.problems] == [4, 8]
    assert not uniform.comparisons()
    assert masked.comparisons()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('lower = "masked"', 'lower = "uniform"', "two samplers, got 'uniform' twice"),
        ('lower = "masked"', 'lower = "maskd"', "'maskd'; did you mean 'masked'"),
        ('quantity = "kl"', 'quantity = "kl"\nlaw = "stoped"', "no law named 'stoped'; did you"),
        (
            'quantity = "kl"',
            'quantity = "data_tv"\nlaw = "stopped"',
            "data_tv is to the data wherever a run ends: it cannot be to law = 'stopped'",
        ),
        ('quantity = "kl"', 'quantity = "klx"', "no quantity named 'klx'; did you mean 'kl'"),
        ('axis = "step"', 'axis = "epsilon"', "along epsilon there are no score calls"),
        ('quantity = "kl"', 'quantity = "path_kl"', "path_kl is not measured with output_only"),
    ],
)
def test_bad_comparisons(read, old, new, message):
    text = TOML.replace(old, new)
    if "path_kl" in new:
        text = "output_only = true\n" + text
    with pytest.raises(ValueError, match=message):
        read(text)


def test_a_geometric_grid_to_the_data():
    grid = grids.from_spec(
        {"name": "geometric", "start": 2.0, "stop": 0.1, "steps": 8, "to_data": True}
    )
    assert grid.steps == 8
    assert grid.times[-2:] == (0.1, 0.0)
    kappa = dict(grid.recipe)["kappa"]
    assert grid.times[:-1] == grids.geometric(2.0, 0.1, kappa).times
    assert grids.from_spec(grid.spec()) == grid
    finer = grid.with_steps(16)
    assert (finer.steps, *finer.times[-2:]) == (16, 0.1, 0.0)
    problem = Problem(PottsRing(2, 3, 1.0), Uniform(), Tweedie(), grid)
    assert step_size(problem) == kappa
    with pytest.raises(ValueError, match="to the data needs at least 2 steps, got 1"):
        grid.with_steps(1)


def test_a_geometric_grid_by_its_steps():
    spec = {"name": "geometric", "start": 2.0, "stop": 0.1}
    grid = grids.from_spec({**spec, "steps": 7})
    assert grid.steps == 7
    assert grids.from_spec(grid.spec()) == grid
    for wrong, message in (
        ({"steps": 7, "kappa": 0.1}, "takes kappa or steps, got both"),
        ({"steps": 7, "stop": 0.0}, "needs stop above 0, got 0"),
        ({"steps": 0}, "steps must be at least 1"),
    ):
        with pytest.raises(ValueError, match=message):
            grids.from_spec({**spec, **wrong})
