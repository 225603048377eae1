"""Bad input is refused by an error that names the thing, the rule and the value.

Targets have their own page, ``test_bad_targets.py``.
"""

import math
import re
import sys
import tracemalloc
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from harness import (
    Problem,
    check,
    check_sweep,
    cli,
    grids,
    measure,
    output_law,
    simulate,
)
from harness.claims import Claims
from harness.complexity import steps_to
from harness.foundation import registry
from harness.noise import CyclicWalk, RateMatrix, Uniform
from harness.numerics import divergence
from harness.samplers import Euler, MaskedPlugIn, TauLeaping, Tweedie
from harness.score import Exact, Perturbed
from harness.space import Sequences
from harness.step import Generator, Tokens
from harness.studies import experiment
from toy_targets import PottsRing, RandomTable, Table

NAN, INF = math.nan, math.inf
TARGET = RandomTable(3, 2, seed=3)
GRID = grids.even(2.0, 0.2, 2)
SKEW = RateMatrix([[-1.5, 1, 0.5], [0.25, -0.75, 0.5], [2, 1, -3]])
ABSORBING = RateMatrix([[-1, 0, 1], [0, -1, 1], [0, 0, 0]])


def problem(**changes):
    given = {"target": TARGET, "noise": Uniform(), "sampler": Tweedie(), "grid": GRID}
    return Problem(**{**given, **changes})


def spec(**changes):
    return {**problem().spec(), **changes}


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


BAD = [
    # grids
    (
        lambda: grids.custom((2.0, 1.0, 1.0)),
        ValueError,
        "times must decrease, got times[1] = 1, ti",
    ),
    (lambda: grids.custom((1.0, 2.0)), ValueError, "times must decrease, got times[0] = 1, times["),
    (lambda: grids.custom((2.0, -0.1)), ValueError, "times[1] must be at least 0, got -0.1"),
    (lambda: grids.custom((NAN, 1.0)), ValueError, "times[0] must be finite, got nan"),
    (lambda: grids.custom((-INF, 1.0)), ValueError, "times[0] must be finite, got -inf"),
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
    (
        lambda: grids.reveal((0.2, 0.1)),
        ValueError,
        "probabilities must increase, got probabilities[0] = 0.2, probabilities[1] = 0.1",
    ),
    (lambda: grids.reveal((0.2, 1.1)), ValueError, "probabilities[1] must be at most 1, got 1.1"),
    (lambda: grids.cosine(0), ValueError, "steps must be at least 1, got 0"),
    (lambda: grids.log_linear(4, 0.0), ValueError, "smallest must be above 0, got 0"),
    (lambda: grids.custom((INF, INF)), ValueError, "times[1] must be finite, got inf"),
    (lambda: grids.custom((1.0,)), ValueError, "a grid needs at least 2 times, got 1"),
    (lambda: grids.custom(()), ValueError, "a grid needs at least 2 times, got 0"),
    (lambda: grids.custom(3.0), TypeError, "times must be a sequence of numbers, got 3.0"),
    (lambda: grids.Grid(3.0), TypeError, "times must be a sequence of numbers, got 3.0"),
    (
        lambda: grids.custom((2.0, 1.0), told=1.0),
        TypeError,
        "told must be a sequence of numbers, got 1.0",
    ),
    (lambda: grids.custom(("2", 1.0)), TypeError, "times[0] must be a number, got '2'"),
    (
        lambda: grids.custom((2.0, 1.0), (0.5, 0.5)),
        ValueError,
        "told needs one length a step, got 2",
    ),
    (lambda: grids.custom((2.0, 1.0), (0.0,)), ValueError, "told[0] must be above 0, got 0"),
    (lambda: grids.even(1.0, 1.0, 4), ValueError, "start must be above 1, got 1"),
    (lambda: grids.even(1.0, -1.0, 4), ValueError, "stop must be at least 0, got -1"),
    (lambda: grids.even(1.0, 0.0, 0), ValueError, "steps must be at least 1, got 0"),
    (lambda: grids.even(1.0, 0.0, 2.0), TypeError, "steps must be an integer, got 2.0"),
    (lambda: grids.even(1.0, 0.0, True), TypeError, "steps must be an integer, got True"),
    (lambda: grids.even(1.0, 1 - 2**-53, 4), ValueError, "times must decrease"),
    (lambda: grids.geometric(2.0, 0.1, 0.0), ValueError, "kappa must be above 0, got 0"),
    (lambda: grids.geometric(2.0, 0.1, -1), ValueError, "kappa must be above 0, got -1"),
    (lambda: grids.geometric(2.0, 0.1, NAN), ValueError, "kappa must be finite, got nan"),
    (
        lambda: grids.geometric(2.0, 0, 0.1),
        ValueError,
        "a geometric grid needs stop above 0, got 0",
    ),
    (
        lambda: grids.geometric(2.0, 0.1, 1e-9),
        ValueError,
        "kappa=1e-09 needs more than 1,000,000 steps",
    ),
    (
        lambda: grids.custom((2.0, 1.0)).with_steps(4),
        ValueError,
        "only a grid with a recipe can be refined; this one has given times",
    ),
    (lambda: GRID.with_steps(0), ValueError, "steps must be at least 1, got 0"),
    (
        lambda: grids.from_schedule(lambda tau: tau, (2.0, 1.0), "middle"),
        ValueError,
        "no rate rule named 'middle'; known: integral, left",
    ),
    (
        lambda: grids.from_schedule(lambda tau: 1 / (1 + tau), (2.0, 1.0)),
        ValueError,
        "times must decrease, got times[0] = 0.333333, times[1] = 0.5",
    ),
    (
        lambda: grids.from_spec({"name": "geometrc"}),
        ValueError,
        "no grid named 'geometrc'; did you mean 'geometric'?",
    ),
    (
        lambda: grids.from_spec({"start": 1.0}),
        ValueError,
        "no grid named 'None'; known: cosine, custom, even, even_reveal, geometric, log_linear, "
        "reveal",
    ),
    (
        lambda: grids.from_spec({"name": "even", "start": 1.0, "stop": 0.1, "step": 4}),
        ValueError,
        "no field of grid 'even' named 'step'; did you mean 'steps'?",
    ),
    (
        lambda: grids.from_spec({"name": "even", "start": 1.0, "stop": 0.1}),
        ValueError,
        "grid 'even' needs steps",
    ),
    # spaces
    (lambda: Sequences(1, 3), ValueError, "tokens must be at least 2, got 1"),
    (lambda: Sequences(2, 0), ValueError, "length must be at least 1, got 0"),
    (lambda: Sequences(2.0, 3), TypeError, "tokens must be an integer, got 2.0"),
    # noises
    (lambda: RateMatrix([[-1, 1], [1, -0.9]]), ValueError, "must sum to 0, row 1 sums to 0.1"),
    (lambda: RateMatrix([[1, -1], [1, -1]]), ValueError, "must not be negative, got -1"),
    (lambda: RateMatrix([[-1, 1, 0]]), ValueError, "square, at least 2 x 2, got shape (1, 3)"),
    (lambda: RateMatrix([[0.0]]), ValueError, "square, at least 2 x 2, got shape (1, 1)"),
    (lambda: RateMatrix([[-1, 1], [NAN, -1]]), ValueError, "rate matrix must be finite, got nan"),
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
    # scores
    (
        lambda: Perturbed(),
        ValueError,
        "needs either size or score_error, got size=None, score_error=None",
    ),
    (
        lambda: Perturbed(size=0.1, score_error=0.2),
        ValueError,
        "needs either size or score_error, got size=0.1, score_error=0.2",
    ),
    (lambda: Perturbed(size=-1), ValueError, "size must be at least 0, got -1"),
    (lambda: Perturbed(score_error=NAN), ValueError, "score_error must be finite, got nan"),
    (lambda: Perturbed(size=1, seed=-1), ValueError, "seed must be at least 0, got -1"),
    (lambda: Perturbed(size=1, seed=1.5), TypeError, "seed must be an integer, got 1.5"),
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
        "162 flops",
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
    # runs
    (lambda: simulate(problem(), chains=-1), ValueError, "chains must be at least 1, got -1"),
    (lambda: simulate(problem(), chains=0), ValueError, "chains must be at least 1, got 0"),
    (lambda: simulate(problem(), chains=1e3), TypeError, "chains must be an integer, got 1000.0"),
    (lambda: simulate(problem(), key=-1), ValueError, "key must be at least 0, got -1"),
    *(
        (
            partial(simulate, problem(), key=key),
            TypeError,
            f"key must be an integer or one JAX {end}",
        )
        for key, end in (
            (True, "key, got True"),
            ("a", "key, got 'a'"),
            (1.0, "key, got 1.0"),
            (jax.random.split(jax.random.key(0), 3), "key, got Array((3,)"),
            (jnp.zeros(2), "key, got Array([0"),
        )
    ),
    *(
        (partial(call, "x"), TypeError, f"{thing} must be a Problem, got 'x'")
        for call, thing in (
            (measure, "problem"),
            (simulate, "problem"),
            (output_law, "problem"),
            (check, "problem"),
            (lambda x: check_sweep([problem(), x], "step"), "problems[1]"),
        )
    ),
    (
        lambda: output_law(problem(), engine="conts"),
        ValueError,
        "no engine named 'conts'; did you mean 'counts'?",
    ),
    (lambda: steps_to(problem(), 0.0), ValueError, "kl must be above 0, got 0"),
    (
        lambda: steps_to(problem(grid=grids.custom((2.0, 1.0))), 0.1),
        ValueError,
        "only a grid with a recipe can be refined",
    ),
    (
        lambda: divergence.kl(np.ones(2), np.ones(3)),
        ValueError,
        "the two laws must have the same shape, got (2,) and (3,)",
    ),
]


@pytest.mark.parametrize(("make", "error", "message"), BAD, ids=[message for *_, message in BAD])
def test_bad_input(make, error, message):
    with pytest.raises(error, match=re.escape(message)):
        make()


def test_a_score_error_out_of_reach():
    """Where all errors are downward, ``D`` grows only linearly with their size."""
    seed = next(
        seed
        for seed in range(100)
        if np.random.default_rng(seed).standard_normal((2, 1, 2))[[0, 1], 0, [1, 0]].max() < 0
    )
    low = problem(target=Table([0.3, 0.7]), score=Perturbed(score_error=1e6, seed=seed))
    with pytest.raises(
        ValueError, match=r"score_error=1e\+06 nats cannot be reached by this score"
    ):
        output_law(low)


def test_a_reducible_noise_may_start_from_the_truth():
    assert problem(noise=ABSORBING, start="exact").start == "exact"


@pytest.mark.parametrize(
    ("tokens", "length", "states"),
    [(2, 17, "131,072"), (50_257, 2, "2.5e9"), (2, 2000, "1.1e602"), (10**6, 10**6, "1.0e6000000")],
)
def test_large_spaces_are_refused_before_anything_is_allocated(tokens, length, states):
    target = PottsRing(tokens, length, 1.0)
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=f"has {re.escape(states)} states, more than max_sta"):
            problem(target=target)
        assert tracemalloc.get_traced_memory()[1] < 1e6
    finally:
        tracemalloc.stop()


# Targets and samplers that break their contract.


@dataclass(frozen=True)
class Bare:
    """A target of which nothing was checked."""

    table: tuple
    space: ClassVar = Sequences(2, 2)

    def log_law(self):
        return np.log(self.table)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (
            ((0.5, 0.1), (0.1, 0.1)),
            "law of Bare(table=((0.5, 0.1), (0.1, 0.1))) must sum to 1, got 0.8",
        ),
        ((0.5, 0.5), "log_law of Bare(table=(0.5, 0.5)) must have shape (2, 2), got (2,)"),
        (((NAN, 0.5), (0.5, 0.0)), "must sum to 1, got nan"),
    ],
)
@pytest.mark.filterwarnings("ignore:divide by zero")
def test_a_target_without_a_law(table, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        output_law(Problem(Bare(table), Uniform(), Tweedie(), GRID))


@dataclass(frozen=True)
class Says:
    """A sampler whose step is ``law(x, ratios)``."""

    law: object

    @property
    def claims(self):
        return Tweedie().claims

    def step(self, score, noise, x, t, s):
        return self.law(x, score(t, x))


def fair(x, ratios):
    return jnp.full(ratios.shape, 1 / 3)


def test_a_fair_sampler_says_a_law():
    assert output_law(problem(sampler=Says(lambda *a: Tokens(fair(*a))))) == pytest.approx(1 / 9)


SHAPE = r"must return a law of shape (9, 2, 3) (states, slots, tokens), got "
SUM = "must sum to 1 with its lost mass and have no negative entry; "
RATES = " at t=2 must be finite and not negative, "
WRONG = {
    "one token": (lambda *a: Tokens(fair(*a)[:, :1]), ValueError, SHAPE + "(9, 1, 3)"),
    "no batch": (lambda *a: Tokens(fair(*a)[0]), ValueError, SHAPE + "(2, 3)"),
    "one rate": (lambda x, r: Generator(r[..., :1], 1.0), ValueError, SHAPE + "(9, 2, 1)"),
    "an array": (
        fair,
        TypeError,
        "a sampler's step must return Tokens, Generator, ",
    ),
    "nothing": (lambda *a: None, TypeError, "or RandomOrder, got None"),
    "half": (lambda *a: Tokens(fair(*a) / 2), FloatingPointError, SUM),
    "lost twice": (lambda *a: Tokens(fair(*a), lost=0.1), FloatingPointError, SUM),
    "negative": (
        lambda *a: Tokens(fair(*a) * jnp.array([4.0, -0.5, -0.5])),
        FloatingPointError,
        SUM,
    ),
    "nan": (lambda *a: Tokens(fair(*a) * NAN), FloatingPointError, SUM + "nan is unaccounted for"),
    "negative rates": (lambda x, r: Generator(-r, 1.0), FloatingPointError, RATES),
    "nan rates": (
        lambda x, r: Generator(r * NAN, 1.0),
        FloatingPointError,
        RATES + "got nan to nan",
    ),
    "infinite rates": (lambda x, r: Generator(r * INF, 1.0), FloatingPointError, RATES),
}


@pytest.mark.parametrize("run", [output_law, simulate])
@pytest.mark.parametrize(("law", "error", "message"), WRONG.values(), ids=WRONG)
def test_a_step_that_is_no_law(law, error, message, run):
    """The simulator refuses what the exact engine does: an inverse transform would hide it."""
    with pytest.raises(error, match=re.escape(message)):
        run(problem(sampler=Says(law)))


@pytest.mark.parametrize("run", [output_law, simulate, measure])
def test_a_step_that_float64_cannot_carry(run):
    long = problem(noise=CyclicWalk(), grid=grids.custom((40.0, 0.1)))
    with pytest.raises(FloatingPointError, match=r"step law of tweedie at t=40 .* take more steps"):
        run(long)


# Experiments and the command line.

GOOD = """
question = "Does it work?"
axis = "step"
put = "grid.steps"
values = [2, 4]

[problem]
grid = { name = "even", start = 2.0, stop = 0.2 }

[[targets]]
name = "random_table"
tokens = 3
length = 2
seed = 3

[[samplers]]
name = "tweedie"
"""

FILES = [
    ("axsi = 'd'\n" + GOOD, "no key named 'axsi'; did you mean 'axis'?"),
    (GOOD.replace("put = ", "puts = "), "no key named 'puts'; did you mean 'put'?"),
    (
        GOOD.replace('put = "grid.steps"', ""),
        "put must say which field the swept values go to, e.g.",
    ),
    ("theorems = ['chian']\n" + GOOD, "no theorem named 'chian'; did you mean 'chain'?"),
    (GOOD.replace('"step"', '"steps"'), "axis: Input should be 'step', 'S'"),
    (GOOD.replace("[2, 4]", "[]"), "values: Tuple should have at least 1 item"),
    (GOOD.replace("[2, 4]", "['many']"), "values.0: Input should be a valid number"),
    (GOOD.replace('question = "Does it work?"', ""), "question: Field required"),
    (
        GOOD + '\n[[expect]]\nquantity = "kll"\norder = 1',
        "no quantity named 'kll'; did you mean 'kl'?",
    ),
    (
        GOOD + '\n[[expect]]\nquantity = "kl"\norder = 1\ntolerence = 1',
        "no key named 'tolerence'; did you mean 'tolerance'?",
    ),
    (
        GOOD + '\n[[expect]]\nquantity = "kl"\norder = 1\nsamplers = ["tweedi"]',
        "no sampler of this experiment named 'tweedi'; did you mean 'tweedie'?",
    ),
    (GOOD + "\n[[", "not valid TOML: "),
    (GOOD.encode() + b"\n# \xff", "not valid TOML: 'utf-8' codec can't decode"),
]
CASES = [
    (GOOD.replace("tweedie", "tweedy"), "no sampler named 'tweedy'; did you mean 'tweedie'?"),
    (GOOD.replace("grid.steps", "gird.steps"), "no table to put values in named 'gird'; did you m"),
    (GOOD.replace("grid.steps", "grid.step"), "no field of grid 'even' named 'step'; did you mean"),
    (GOOD.replace("[2, 4]", "[2, 4.5]"), "steps must be an integer, got 4.5"),
    (
        GOOD.replace("[problem]", "[problem]\nstrat = 'noise'"),
        "named 'strat'; did you mean 'start'?",
    ),
    (GOOD.replace("length = 2", "length = 40"), "S=3, d=40 has 1.2e19 states"),
]


@pytest.fixture
def written(tmp_path):
    """Writes an experiment and gives its path."""

    def write(text):
        path = tmp_path / "mine.toml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def test_the_good_file_is_good(written):
    (sweep,) = experiment.sweeps(experiment.read(written(GOOD)))
    assert [p.grid.steps for p in sweep.problems] == [2, 4]


@pytest.mark.parametrize(("text", "message"), FILES, ids=[m for _, m in FILES])
def test_bad_experiment_files(written, text, message):
    path = written(text)
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        experiment.read(path)
    assert str(caught.value).startswith(f"{path}: ")


@pytest.mark.parametrize(("text", "message"), CASES, ids=[m for _, m in CASES])
def test_bad_cases_of_an_experiment(written, text, message):
    """Every problem of a sweep is built, and so checked, before the first is run."""
    read = experiment.read(written(text))
    with pytest.raises((ValueError, TypeError), match=re.escape(message)) as caught:
        experiment.sweeps(read)
    assert str(caught.value).startswith("experiment mine, random_table(")


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(ValueError, match=re.escape(f"no experiment at {tmp_path / 'no.toml'}")):
        experiment.read(tmp_path / "no.toml")
    with pytest.raises(ValueError, match=re.escape(f"{tmp_path}: cannot be read: Is a directory")):
        experiment.read(tmp_path)


@pytest.fixture
def command(monkeypatch, capsys):
    """``leapcheck *arguments``: the exit code, stdout and stderr."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["leapcheck", *map(str, arguments)])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        return stop.value.code, *capsys.readouterr()

    return run


LONG = GOOD.replace("[problem]", "[problem]\nnoise = { name = 'cyclic_walk' }").replace(
    "start = 2.0", "start = 90.0"
)


@pytest.mark.parametrize(
    ("text", "message", "exit_code"),
    [
        *((*case, 2) for case in (FILES[0], FILES[3], FILES[11], CASES[0])),
        (LONG, "step law of tweedie at t=90 must sum to 1", 1),
    ],
    ids=["key", "theorem", "TOML", "sampler", "step"],
)
def test_bad_experiments_are_one_line(command, written, tmp_path, text, message, exit_code):
    """Bad input is exit code 2; a step law that is none is a failed check, 1."""
    code, out, err = command("check", written(text), "--results", tmp_path / "results")
    assert code == exit_code
    assert err.startswith("leapcheck: ")
    assert message in err
    assert err.count("\n") == 1
    assert "Traceback" not in out + err
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["check", "no.toml"], "no experiment at no.toml"),
        (["list", "sampler"], "no kind named 'sampler'; did you mean 'samplers'?"),
        (
            ["explain", "twedie"],
            "no theorem, sampler, target, noise, score or experiment named 'twedie'; did you mean "
            "'tweedie'?",
        ),
    ],
)
def test_bad_arguments_are_one_line_and_exit_code_2(command, arguments, message):
    code, out, err = command(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith(f"leapcheck: {message}")
    assert err.count("\n") == 1


@pytest.mark.parametrize("kind", ["samplers", "targets", "theorems", "noises", "scores"])
def test_all_that_is_registered_is_explained(command, kind):
    """By its own docstring: no name is taken twice."""
    registry.load()
    for name, cls in getattr(registry, kind).items():
        code, out, _ = command("explain", name)
        assert not code
        assert cls.__doc__.split("\n")[0] in out


def test_outside_the_project_what_is_installed_is_listed(command, monkeypatch, tmp_path):
    assert "experiments" in command("list")[1].splitlines()
    monkeypatch.chdir(tmp_path)
    code, out, err = command("list")
    assert (code or 0, err) == (0, "")
    assert [line for line in out.splitlines() if line[0] != " "] == [
        "samplers",
        "targets",
        "bounds",
    ]
    assert "  tweedie " in out
    code, out, err = command("list", "experiments")
    assert (code, out) == (2, "")
    assert err.startswith("leapcheck: no experiments in ")


def test_a_command_that_is_none(command):
    code, _, err = command("chekc")
    assert code == 2
    assert "No such command 'chekc'" in err


def test_tables_of_the_wrong_size():
    with pytest.raises(ValueError, match="rate matrix has 3 tokens, the target has 2"):
        Problem(Table([[0.5, 0.1], [0.2, 0.2]]), SKEW, Euler(), GRID)
