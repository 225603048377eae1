"""A score of one's own: traced or asked beforehand, the run and the error are the same, exactly."""

import dataclasses
import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from outside.own_parts import Biased, Scaled, by_jax, by_numpy

from harness import MonteCarlo, Problem, check, grids, measure, measure_many
from harness.foundation.precision import float64
from harness.noise import Absorbing, Uniform
from harness.problem.own_scores import asked_times
from harness.samplers import (
    Euler,
    MaskedPlugIn,
    TauLeaping,
    ThetaTrapezoidal,
    Tweedie,
    Uniformization,
)
from harness.score import FunctionScore, Perturbed, ScoreFunction, TableScore
from toy_targets import ClassTable, CurieWeiss, RandomTable, Tilted, TwoBeliefs

GRID = grids.even(2.0, 0.2, 4)


def case(**changes):
    given = {"target": RandomTable(3, 2, 1), "noise": Uniform(), "sampler": Euler(), "grid": GRID}
    return Problem(**{**given, "start": "exact", **changes})


def answers(problem):
    """What a perturbed score says, as functions by JAX and by numpy."""
    model = problem.score_model

    def by_numpy(t, x):
        with jax.enable_x64(True):
            return np.asarray(model(float(t), jnp.asarray(np.array(x))))

    return lambda t, x: model(t, x), by_numpy


MASKED = {"noise": Absorbing(), "sampler": MaskedPlugIn(), "start": "mask"}
CASES = {
    "one call": case(),
    "two calls": case(sampler=ThetaTrapezoidal()),
    "path": case(sampler=TauLeaping("wrap"), grid=grids.custom((2.0, 1.0, 0.2), told=(0.9, 0.7))),
    "all masked": case(**MASKED, grid=grids.even_reveal(3)),
    "masked": case(noise=Absorbing(), sampler=MaskedPlugIn()),
    "classes": case(target=ClassTable((1, 3), np.array([[0.4, 0.1], [0.2, 0.3]]))),
}


@pytest.mark.parametrize("name", CASES)
def test_it_is_the_same_whoever_answers(name):
    """A known error, given as a function: every number is that of the table that it is."""
    problem = dataclasses.replace(CASES[name], score=Perturbed(size=0.3))
    wanted = measure(problem)
    traced, asked = (dataclasses.replace(problem, score=each) for each in answers(problem))
    assert isinstance(traced.score_model, FunctionScore)
    assert isinstance(asked.score_model, TableScore)
    for found in map(measure, (traced, asked)):
        for number in ("kl", "chain_kl", "tv", "score_error", "path_kl", "lost_mass"):
            assert getattr(found, number) == pytest.approx(
                getattr(wanted, number), rel=1e-11, nan_ok=True
            )


def test_the_error_is_that_of_the_formula_at_the_times_of_the_grid():
    """One bit, wrong by a factor that changes on the way: ``Σ h q(x) r(x) (a - 1 - log a)``."""
    grid = grids.custom((1.0, 0.4, 0.1))
    wanted = 0.0
    for t, s in [(0.4, 0.1)]:  # at t = 1 the score is right
        one = 0.5 - 0.2 * np.exp(-t)
        wanted += (t - s) * 0.5 * (one + (1 - one)) * (1.5 - 1 - np.log(1.5))
    for score in (by_jax, by_numpy):
        found = measure(case(target=Biased(1), grid=grid, score=score))
        assert found.score_error == pytest.approx(wanted, rel=1e-12)
        assert 0 < found.floors["score_error"] < 1e-8 * wanted


def test_the_true_score_has_no_error_and_one_that_rules_out_what_can_be_has_no_bound():
    exact = case().exact_score
    found = measure(case(score=lambda t, x: exact(t, x)))
    assert found.score_error <= 2 * found.floors["score_error"]
    assert found.kl == pytest.approx(measure(case()).kl, rel=1e-12)
    never = measure(case(score=lambda t, x: jnp.zeros((*x.shape, 3))))
    assert never.score_error == np.inf
    assert never.floors["score_error"] == 0


def test_theorems_take_its_error_and_none_takes_it_for_exact():
    verdicts = {v.theorem: v for v in check(case(target=Biased(), sampler=Tweedie(), score=by_jax))}
    assert "exact score" in verdicts["explicit_dtc"].reason
    assert "same of the data at all times" in verdicts["first_hitting"].reason
    assert verdicts["chain"].decided


def test_problems_that_share_a_function_are_measured_together():
    problems = [case(target=RandomTable(3, 2, k), score=three) for k in range(8)]
    other = [case(target=RandomTable(3, 2, k), score=flat) for k in range(8)]
    for problem, found in zip(problems + other, measure_many(problems + other), strict=True):
        assert found.kl == pytest.approx(measure(problem).kl, rel=1e-12)


def three(t, x):
    return jnp.full((*x.shape, 3), 1.0 + t)


def flat(t, x):
    return jnp.ones((*x.shape, 3))


def test_the_times_at_which_a_sampler_asks():
    steps = np.array(GRID.times)
    np.testing.assert_array_equal(asked_times(case())[:, 0], steps[:-1])
    found = asked_times(case(sampler=ThetaTrapezoidal(theta=0.5)))
    np.testing.assert_allclose(found[:, -1], (steps[:-1] + steps[1:]) / 2)


def test_spec_and_equality():
    for score in (by_jax, by_numpy, Scaled(3.0)):
        problem = case(target=Biased(), score=score)
        assert isinstance(problem.score, ScoreFunction)
        assert Problem.from_spec(problem.spec()) == problem
        assert hash(problem) == hash(Problem.from_spec(problem.spec()))
    assert problem.spec()["score"] == {"name": "outside.own_parts:Scaled", "factor": 3.0}
    with pytest.raises(ValueError, match="a score is written down as module:function"):
        case(score=lambda t, x: three(t, x)).spec()


def fails(t, x):
    raise RuntimeError(f"no weights {np.asarray(x).shape}")


def negative(t, x):
    with float64():
        return jnp.where((x == 1)[..., None], -1.0, jnp.ones((*x.shape, 3)))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"score": lambda t, x: jnp.ones(x.shape)}, "must answer (2, 2, 3) (states, positions, sy"),
        ({"score": lambda t, x: np.ones(np.asarray(x).shape)}, "to x of shape (2, 2), got (2, 2)"),
        ({"score": lambda t, x: "abc"}, "must answer numbers, got dtype <U3"),
        ({"score": fails}, "score fails was asked at t=2 and raised RuntimeError: no weights (2,"),
        (
            {"score": flat, "target": CurieWeiss(30, 0.5)},
            "the score flat is asked of sequences, not of token counts: engine='enumerated'",
        ),
        (
            {"score": flat, "target": Tilted(RandomTable(3, 2, 1), np.zeros((3, 3)))},
            "the score flat is that of one law, and tilted(base=random_table(",
        ),
        (
            {
                "score": flat,
                "target": TwoBeliefs((0.7, 0.3), (0.1, 0.9), 9),
                "engine": MonteCarlo(64),
            },
            "engine=MonteCarlo needs the exact score",
        ),
        ({"score": {"a": 1}.get}, "must answer"),
        ({"score": 3}, "a score needs log_error; 3 has no log_error"),
    ],
    ids=[
        *("JAX shape", "numpy shape", "text", "raises", "counts", "tilted", "draws"),
        *("no function of two", "no function"),
    ],
)
def test_refused_before_anything_is_run(changes, message):
    with pytest.raises((ValueError, TypeError), match=re.escape(message)):
        case(**changes)


def test_refused_when_it_is_asked():
    with pytest.raises(ValueError, match=re.escape("got -1 at t=2, x=[0, 1], position 1, token 0")):
        measure(case(score=negative))
    host = case(target=Biased(), score=by_numpy, sampler=Uniformization())
    with pytest.raises(ValueError, match="uniformization asks for the score at times that are not"):
        measure(host)
    with pytest.raises(ValueError, match="by_jax does not say how far above the true score it is"):
        measure(dataclasses.replace(host, score=by_jax))
    long = case(target=RandomTable(2, 14, 1), score=by_numpy, grid=grids.even(1.0, 0.1, 1000))
    with pytest.raises(ValueError, match="table of its answers in 16,384 states at 2,000 times wo"):
        measure(long)
