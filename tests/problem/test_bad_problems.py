"""Bad problems and specs are refused: the error names the thing, the rule and the value."""

import math
import re
import tracemalloc
from dataclasses import dataclass

import numpy as np
import pytest
from helpers.plain_problem import GRID, problem, spec

from harness import Problem, grids
from harness.claims import Claims
from harness.noise import RateMatrix, Uniform
from harness.problem.cost import product_seconds
from harness.samplers import Euler, MaskedPlugIn, TauLeaping, Tweedie
from harness.score import Exact
from harness.space import Sequences
from harness.step import Tokens
from toy_targets import PottsRing, RandomTable, Table

NAN, INF = math.nan, math.inf
SKEW = RateMatrix([[-1.5, 1, 0.5], [0.25, -0.75, 0.5], [2, 1, -3]])
ABSORBING = RateMatrix([[-1, 0, 1], [0, -1, 1], [0, 0, 0]])


@dataclass
class Melting:
    """Not frozen, and so not hashable."""

    claims = Tweedie().claims

    def step(self, score, noise, x, t, s):
        return Tokens(score(t, x))


class Formless:
    """No claims."""

    def step(self, score, noise, x, t, s):
        return Tokens(score(t, x))


class Lawless(Formless):
    """No log-law."""

    space = Sequences(2, 2)


BAD_PROBLEMS = [
    # grids
    (
        lambda: problem(grid=grids.custom((INF, 1.0))),
        ValueError,
        "start='mask' goes with a grid that starts at T = inf and no other start does, got "
        "start='noise' at T = inf",
    ),
    (lambda: problem(start="mask"), ValueError, "got start='mask' at T = "),
    (
        lambda: problem(grid=grids.custom((INF, 1.0)), start="mask"),
        ValueError,
        "start='mask' needs absorbing noise",
    ),
    (lambda: problem(sampler=MaskedPlugIn()), ValueError, "needs absorbing noise, got Uniform()"),
    # noises
    (
        lambda: problem(noise=RateMatrix([[-1, 1], [1, -1]])),
        ValueError,
        "rate matrix has 2 tokens, the target has 3",
    ),
    (
        lambda: problem(noise=ABSORBING),
        ValueError,
        "start='noise' needs a noise with a unique positive stationary law; this generator has 3 "
        "classes of tokens that do not all reach each other",
    ),
    (
        lambda: problem(noise=RateMatrix(np.zeros((3, 3)))),
        ValueError,
        "unique positive stationary law; this generator has 3 classes",
    ),
    # samplers
    (
        lambda: TauLeaping("on_jump"),
        ValueError,
        "no multiple_jumps rule named 'on_jump'; did you mean 'one_jump'?",
    ),
    (
        lambda: Claims(output_order=2, chain_order=1, traits={"keeps_mass"}),
        ValueError,
        "'keeps_mass' is not a valid Trait",
    ),
    # problems
    (lambda: problem(target=Formless()), TypeError, "a target needs space and log_law; "),
    (lambda: problem(target=Lawless()), TypeError, " has no log_law"),
    (lambda: problem(sampler=Formless()), TypeError, "a sampler needs step and claims; "),
    (
        lambda: problem(sampler=Tweedie),
        TypeError,
        "a sampler needs step and claims; <class 'harness.samplers.tweedie.Tweedie'> has no step",
    ),
    (lambda: problem(target=RandomTable), TypeError, "a target needs space and log_law; <class"),
    (lambda: problem(sampler=None), TypeError, "None has no step"),
    (lambda: problem(sampler=Melting()), TypeError, "a sampler must be a frozen dataclass, since"),
    (lambda: problem(noise="uniform"), TypeError, "noise must be a Noise, got 'uniform'"),
    (lambda: problem(noise=Uniform), TypeError, "noise must be a Noise, got <class"),
    (lambda: problem(grid=(2.0, 1.0)), TypeError, "grid must be a Grid, got (2.0, 1.0)"),
    (lambda: problem(score=Exact), TypeError, "a score needs log_error; <class"),
    (lambda: problem(start="nois"), ValueError, "no start named 'nois'; did you mean 'noise'?"),
    (lambda: problem(start=None), ValueError, "no start named 'None'; known: exact, mask, noise"),
    (lambda: problem(max_states=1), ValueError, "max_states must be at least 2, got 1"),
    (
        lambda: problem(max_states=8),
        ValueError,
        "S=3, d=2 has 9 states, more than max_states=8: one step would need about 936 bytes and "
        "162 flops, 2 steps about ",
    ),
    # specs
    (
        lambda: Problem.from_spec(spec(sampler={"name": "tau_leapin"})),
        ValueError,
        "no sampler named 'tau_leapin'; did you mean 'tau_leaping'?",
    ),
    (
        lambda: Problem.from_spec(spec(sampler={"name": "tau_leaping", "multiple_jump": "clip"})),
        ValueError,
        "no field of sampler 'tau_leaping' named 'multiple_jump'; did you mean 'multiple_jumps'?",
    ),
    (
        lambda: Problem.from_spec(spec(noise={"name": "unifrom"})),
        ValueError,
        "no noise named 'unifrom'; did you mean 'uniform'?",
    ),
    (
        lambda: Problem.from_spec(spec(noise={"name": "rate_matrix"})),
        ValueError,
        "noise 'rate_matrix' needs rows",
    ),
    (
        lambda: Problem.from_spec(spec(target={"name": "potts"})),
        ValueError,
        "no target named 'potts'; did you mean 'potts_ring'?",
    ),
    (
        lambda: Problem.from_spec(spec(score={"name": "exat"})),
        ValueError,
        "no score named 'exat'; did you mean 'exact'?",
    ),
    (
        lambda: Problem.from_spec(spec(smapler={"name": "tweedie"})),
        ValueError,
        "no field of a problem named 'smapler'; did you mean 'sampler'?",
    ),
    (
        lambda: Problem.from_spec({k: v for k, v in spec().items() if k != "grid"}),
        ValueError,
        "a problem needs a grid",
    ),
    (
        lambda: Problem.from_spec(spec(sampler="tweedie")),
        ValueError,
        "a sampler needs a table with a 'name', got 'tweedie'",
    ),
    (
        lambda: Problem.from_spec(spec(sampler={"name": "no_such_module:Mine"})),
        ValueError,
        "no sampler at 'no_such_module:Mine': cannot import 'no_such_module'",
    ),
    (
        lambda: Problem.from_spec(spec(sampler={"name": "math:Mine"})),
        ValueError,
        "no sampler at 'math:Mine': module 'math' has no 'Mine'",
    ),
]


@pytest.mark.parametrize(
    ("make", "error", "message"), BAD_PROBLEMS, ids=[message for *_, message in BAD_PROBLEMS]
)
def test_bad_problems(make, error, message):
    with pytest.raises(error, match=re.escape(message)):
        make()


def test_a_reducible_noise_may_start_from_the_truth():
    assert problem(noise=ABSORBING, start="exact").start == "exact"


@pytest.mark.parametrize(
    ("tokens", "length", "states"),
    [(2, 17, "131,072"), (50_257, 2, "2.5e9"), (2, 2000, "1.1e602"), (10**6, 10**6, "1.0e6000000")],
)
def test_large_spaces_are_refused_before_anything_is_allocated(tokens, length, states):
    target = PottsRing(tokens, length, 1.0)
    product_seconds()  # times this machine, once
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=f"has {re.escape(states)} states, more than max_sta"):
            problem(target=target)
        assert tracemalloc.get_traced_memory()[1] < 1e6
    finally:
        tracemalloc.stop()


def test_tables_of_the_wrong_size():
    with pytest.raises(ValueError, match="rate matrix has 3 tokens, the target has 2"):
        Problem(Table([[0.5, 0.1], [0.2, 0.2]]), SKEW, Euler(), GRID)
