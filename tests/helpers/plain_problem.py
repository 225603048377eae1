"""The plain problem that suites of bad input spoil."""

from harness import Problem, grids
from harness.noise import Uniform
from harness.samplers import Tweedie
from toy_targets import RandomTable

TARGET = RandomTable(3, 2, seed=3)
GRID = grids.even(2.0, 0.2, 2)


def problem(**changes):
    given = {"target": TARGET, "noise": Uniform(), "sampler": Tweedie(), "grid": GRID}
    return Problem(**{**given, **changes})


def spec(**changes):
    return {**problem().spec(), **changes}
