"""Settings of an estimate by draws, and what cannot be drawn."""

import pytest
from helpers.long_problems import EXACT, FORBIDDING, drawn

from harness import MonteCarlo, Problem, estimate_chain_kl, grids, measure, output_law
from harness.noise import Uniform
from harness.samplers import Tweedie
from harness.score import Perturbed
from toy_targets import FewFlips, Parity


def test_engine_in_a_spec_comes_back():
    problem = drawn(EXACT["chain"], 100, seed=7, confidence=0.5)
    spec = problem.spec()
    assert spec["engine"] == {"name": "monte_carlo", "draws": 100, "seed": 7, "confidence": 0.5}
    assert Problem.from_spec(spec) == problem
    assert hash(Problem.from_spec(spec)) == hash(problem)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"draws": 3}, "draws must be at least 64, got 3"),
        ({"confidence": 1.0}, "confidence must be below 1, got 1"),
        ({"seed": -1}, "seed must be at least 0, got -1"),
    ],
)
def test_bad_settings_are_refused(fields, message):
    with pytest.raises(ValueError, match=message):
        MonteCarlo(**fields)


def test_bad_specs_are_refused():
    spec = EXACT["chain"].spec()
    with pytest.raises(ValueError, match="did you mean 'draws'"):
        Problem.from_spec({**spec, "engine": {"name": "monte_carlo", "draw": 100}})
    with pytest.raises(ValueError, match="monte_carlo"):
        Problem.from_spec({**spec, "engine": {"name": "monte_carl"}})


def test_what_cannot_be_drawn_is_refused():
    grid = grids.even(1.0, 0.1, 2)
    with pytest.raises(ValueError, match=r"noised law is known in closed form.*parity"):
        Problem(Parity(3), Uniform(), Tweedie(), grid, engine=MonteCarlo())
    with pytest.raises(ValueError, match=r"needs the exact score: .* got perturbed"):
        Problem(FORBIDDING, Uniform(), Tweedie(), grid, Perturbed(0.1), engine=MonteCarlo())
    with pytest.raises(ValueError, match=r"states.*engine=MonteCarlo"):
        Problem(FewFlips(1000), Uniform(), Tweedie(), grid)
    problem = Problem(FewFlips(1000), Uniform(), Tweedie(), grid, engine=MonteCarlo(64))
    with pytest.raises(ValueError, match="no output law"):
        output_law(problem)
    for law in ("data_law", "noise_law", "start_law"):
        with pytest.raises(ValueError, match="no law on all sequences"):
            getattr(problem, law)
    with pytest.raises(ValueError, match="output_only leaves nothing"):
        measure(problem, output_only=True)
    with pytest.raises(ValueError, match="needs engine=MonteCarlo"):
        estimate_chain_kl(EXACT["chain"])
