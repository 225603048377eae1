"""Bad grids, noises and scores are refused: the error names the thing, the rule, the value."""

import math
import re

import numpy as np
import pytest
from helpers.plain_problem import GRID, problem

from harness import grids, output_law
from harness.noise import Circulant, RateMatrix
from harness.score import Perturbed
from harness.space import Sequences
from toy_targets import Table

NAN, INF = math.nan, math.inf

BAD_PROCESS = [
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
        "no grid named 'None'; known: cosine, custom, equal_cost, even, even_reveal, geometric, "
        "log_linear, reveal",
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
    (lambda: Circulant((0.0, "a")), ValueError, "rates must be numbers, got (0.0, 'a')"),
    (lambda: Circulant((0.0,)), ValueError, "rates must be a list of at least 2, got shape (1,)"),
    (lambda: Circulant((0.0, -1.0)), ValueError, "finite and >= 0, got rates[1] = -1.0"),
    (lambda: Circulant((0.0, 1.0, NAN)), ValueError, "finite and >= 0, got rates[2] = nan"),
    (lambda: Circulant((0.5, 1.0)), ValueError, "rates[0] must be 0, since nothing moves by 0"),
    (lambda: Circulant((0.0, 0.0)), ValueError, "rates must have one above 0, got only zeros"),
    (
        lambda: Circulant((0.0, 1.0, 1.0)).check(4),
        ValueError,
        "circulant has 3 rates, the target has 4 tokens",
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
]


@pytest.mark.parametrize(
    ("make", "error", "message"), BAD_PROCESS, ids=[message for *_, message in BAD_PROCESS]
)
def test_bad_process(make, error, message):
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
