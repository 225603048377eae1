"""Where lost chains are drawn is told in one file, and what is said of them holds."""

import re
from pathlib import Path

import numpy as np
import pytest

from harness import Gumbel, MonteCarlo, Problem, grids, simulate
from harness.engines.draws import lost_chains
from harness.noise import Uniform
from harness.samplers import TauLeaping
from toy_targets import Pairs


def test_every_file_that_draws_them_is_named():
    folder = Path(lost_chains.__file__).parent
    named = set(re.findall(r"``(\w+)``", str(lost_chains.__doc__))) - {"LOST"}
    imports = f"from {lost_chains.__name__} import LOST"
    assert named == {file.stem for file in folder.glob("*.py") if imports in file.read_text()}
    for file in folder.glob("*.py"):
        told = re.findall(r"\bLOST = |, -1, |== -1|state < 0", file.read_text())
        assert told == (["LOST = "] if file.stem == "lost_chains" else []), file


@pytest.mark.parametrize(
    ("engine", "precision"),
    [("enumerated", None), ("enumerated", Gumbel(24)), (MonteCarlo(64), None)],
    ids=["tables", "a race", "at the chains"],
)
def test_a_lost_chain_is_a_row_of_its_own_and_stays_so(engine, precision):
    """From ``T = 8`` on one step, where a token that would jump twice is lost."""
    sampler = TauLeaping(multiple_jumps="lose")
    problem = Problem(Pairs(3, 1), Uniform(), sampler, grids.custom((8.0, 0.5, 0.2)), engine=engine)
    draws = simulate(problem, key=1, chains=500, precision=precision)
    lost = (draws == lost_chains.LOST).any(1)
    assert 0 < lost.sum() < 500
    np.testing.assert_array_equal(draws[lost], lost_chains.LOST)
    assert draws[~lost].min() >= 0
