"""Comparisons of two samplers at as many score calls."""

import pytest

from harness import Problem, grids
from harness.noise import Absorbing, Uniform
from harness.samplers import Tweedie
from harness.studies import experiment
from harness.studies.experiment import Compare
from harness.studies.judge import comparison
from harness.studies.ledger import FLOORS
from harness.verdicts.checks import step_size
from harness.verdicts.verdict import Status
from toy_targets import PottsRing

TOML = """
question = "Which is lower?"
axis = "step"
put = "grid.steps"
values = [4, 8]
theorems = ["chain"]
problem = { start = "exact", grid = { name = "geometric", start = 2.0, stop = 0.1 } }
targets = [{ name = "parity", length = 3 }]
samplers = [
    { label = "uniform", name = "tweedie" },
    { label = "masked", name = "tweedie", problem = { noise = { name = "absorbing" } } },
]

[[compare]]
quantity = "kl"
lower = "masked"
higher = "uniform"
"""


def row(sampler, value, kl, calls=8.0, floor=0.0):
    return {
        "target": "here",
        "sampler": sampler,
        "value": value,
        "kl": kl,
        "score_calls": calls,
        FLOORS: {"kl": floor},
    }


@pytest.mark.parametrize(
    ("mine", "theirs", "more", "status", "told"),
    [
        ((0.1, 0.01), (0.2, 0.03), {}, "CONSISTENT", "0.5, 0.333 times as much at 8, 8"),
        ((0.1, 0.03), (0.2, 0.02), {}, "INCONSISTENT", "0.5, 1.5 times as much"),
        ((0.3, 0.01), (0.2, 0.02), {}, "INCONSISTENT", "1.5, 0.5 times as much"),
        ((0.1, 0.0), (0.2, 0.0), {}, "INCONCLUSIVE", "equal up to rounding"),
        ((0.1, 0.01), (0.2, 0.02), {"floor": 0.02}, "INCONCLUSIVE", "equal up to rounding"),
        ((0.3, 0.01), (0.2, 0.02), {"floor": 0.02}, "INCONSISTENT", "1.5"),
        ((float("inf"),) * 2, (float("inf"),) * 2, {}, "INCONCLUSIVE", "equal up to rounding"),
        ((0.1, 0.01), (0.2, 0.03), {"calls": 9.0}, "INCONCLUSIVE", "as many score calls"),
        ((0.1, 0.01), (0.2, 0.03), {"calls": ""}, "INCONCLUSIVE", "as many score calls"),
    ],
)
def test_what_is_lower(mine, theirs, more, status, told):
    rows = [row("mine", k, kl, **more) for k, kl in enumerate(mine)]
    rows += [row("theirs", k, kl) for k, kl in enumerate(theirs)]
    found = comparison(Compare(quantity="kl", lower="mine", higher="theirs"), "here", rows)
    assert found.status is Status(status)
    assert told in found.reason
    assert found.theorem == "kl below that of theirs"


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
