"""A run as a function of arrays: equal to ``measure``, one program, any score."""

import dataclasses

import jax
import jax.extend.core
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.linalg

from harness import MonteCarlo, Problem, grids, measure, run_function
from harness.engines.steps import told_times
from harness.foundation.precision import float64
from harness.noise import Absorbing, RateMatrix, Uniform
from harness.samplers import (
    DNDM,
    Euler,
    FixedCardinality,
    FrozenScore,
    GumbelDraws,
    MaskedPlugIn,
    TauLeaping,
    Tweedie,
)
from harness.score import Perturbed, TableScore
from toy_targets import CurieWeiss, RandomTable, TwoBeliefs

TABLE = RandomTable(3, 2, 1)
GRID = grids.even(1.5, 0.3, 3)
SKEW = RateMatrix([[-1.0, 0.7, 0.3], [0.2, -0.6, 0.4], [0.5, 0.9, -1.4]])


def case(sampler, **changes):
    noise = Absorbing() if sampler.claims.needs_mask else Uniform()
    return Problem(TABLE, **{"noise": noise, "sampler": sampler, "grid": GRID, **changes})


@pytest.mark.parametrize(
    "problem",
    [
        case(Tweedie(), score=Perturbed(size=0.1)),
        case(FrozenScore(), noise=SKEW, start="exact"),
        case(MaskedPlugIn(), grid=grids.even_reveal(4), start="mask"),
        case(TauLeaping("lose"), grid=dataclasses.replace(GRID, told=(0.3, 0.4, 0.4))),
    ],
    ids=lambda problem: repr(problem.sampler),
)
def test_it_is_the_run_that_is_measured(problem):
    m = measure(problem)
    function, given = run_function(problem)
    with float64():
        found = jax.device_get(jax.jit(function)(*given))
    assert float(found.kl) == pytest.approx(m.kl, rel=1e-10)
    assert float(found.lost / (found.law.sum() + found.lost)) == pytest.approx(
        m.lost_mass, rel=1e-12
    )
    assert float(found.clipped) == pytest.approx(m.clipped, abs=1e-15)
    np.testing.assert_allclose(found.chain_kl, m.chain_kl, rtol=1e-9)
    assert all(each.fine().all() for each in found.accounts)


def test_its_program_is_of_array_operations_alone():
    """A step and a run are read by others: no callback, and the kernel is a function by itself."""
    function, given = run_function(case(Tweedie()), output_only=True)
    with float64():
        program = str(jax.make_jaxpr(function)(*given))
    assert "callback" not in program
    assert "scan" in program
    assert "name=noise_kernel" in program


def interpreted(jaxpr, constants, arguments, kernels):
    """The values of a program without loops, ``kernels`` in the place of each noise kernel."""
    known = dict(zip(jaxpr.constvars, constants, strict=True))
    known.update(zip(jaxpr.invars, arguments, strict=True))

    def value(atom):
        return atom.val if isinstance(atom, jax.extend.core.Literal) else known[atom]

    for equation in jaxpr.eqns:
        given = [value(each) for each in equation.invars]
        inner = equation.params.get("jaxpr")
        if equation.params.get("name") == "noise_kernel":
            found = [kernels(*given)]
        elif isinstance(inner, jax.extend.core.ClosedJaxpr):
            found = interpreted(inner.jaxpr, inner.consts, given, kernels)
        else:
            found = equation.primitive.bind(*given, **equation.params)
            found = found if equation.primitive.multiple_results else [found]
        known.update(zip(equation.outvars, found, strict=True))
    return [value(each) for each in jaxpr.outvars]


def test_the_kernels_of_a_step_can_be_replaced():
    """By a dense matrix exponential it says the same; without any noise it stays where it is."""
    problem = case(Tweedie(), noise=SKEW)
    with float64():
        x = problem.sequences.states()

        def step(noise, t, s):
            score = dataclasses.replace(problem.exact_score, noise=noise)
            return Tweedie().step(score, noise, x, t, s).p

        program = jax.make_jaxpr(step)(SKEW, 1.0, 0.6)
        given = [*jax.tree.leaves(SKEW), 1.0, 0.6]
        rates = np.asarray(SKEW.rate_matrix(3))

        def dense(*given):
            return jnp.asarray(scipy.linalg.expm(float(given[-1]) * rates))

        (found,) = interpreted(program.jaxpr, program.consts, given, dense)
        np.testing.assert_allclose(found, step(SKEW, 1.0, 0.6), atol=1e-13)
        (stays,) = interpreted(program.jaxpr, program.consts, given, lambda *_: jnp.eye(3))
        np.testing.assert_allclose(stays, jax.nn.one_hot(x, 3), atol=1e-13)


def test_another_noise_is_that_of_the_score_too():
    problem = case(FrozenScore(), noise=SKEW, start="exact")
    other = RateMatrix([[-0.5, 0.2, 0.3], [0.9, -1.1, 0.2], [0.4, 0.4, -0.8]])
    function, given = run_function(problem)
    with float64():
        found = jax.jit(function)(*given._replace(noise=other))
    wanted = measure(dataclasses.replace(problem, noise=other))
    assert float(found.kl) == pytest.approx(wanted.kl, rel=1e-9)
    assert float(found.chain_kl) == pytest.approx(wanted.chain_kl, rel=1e-9)


def test_a_sampler_that_remembers_begins_at_the_truth():
    problem = case(DNDM(remembers=True), start="exact")
    function, given = run_function(problem)
    with float64():
        found = jax.jit(function)(*given)
    assert float(found.kl) == pytest.approx(measure(problem).kl, rel=1e-9)


@pytest.mark.parametrize("steps", [1, 2])
def test_reveals_that_do_not_end_at_the_truth_are_infinitely_far(steps):
    problem = case(FixedCardinality((1,)), grid=grids.even_reveal(steps), start="mask")
    function, given = run_function(problem)
    with float64():
        found = jax.jit(function)(*given)
    np.testing.assert_allclose(found.chain_kl, measure(problem).chain_kl, rtol=1e-9, atol=1e-15)
    assert np.isinf(found.chain_kl) == (steps == 1)


def table_score(problem, answers):
    """``answers(u)`` at the times at which a sampler of one call a step asks."""
    times = np.array(problem.grid.times[:-1])[:, None]
    ratios = np.stack([np.asarray(answers(t))[None] for t in times[:, 0]])
    return TableScore(problem.sequences, times, ratios)


def test_a_table_is_a_score():
    """Made anywhere: here the formula's own answers, and then answers that change with time."""
    problem = case(Euler())
    function, given = run_function(problem)
    with float64():
        x = problem.sequences.states()
        same = table_score(problem, lambda u: problem.exact_score(u, x))
        function = jax.jit(function)
        found = function(*given._replace(score=same))
        assert float(found.kl) == pytest.approx(measure(problem).kl, rel=1e-12)
        slower = table_score(problem, lambda u: 0.5 * problem.exact_score(u, x))
        found = function(*given._replace(score=slower))
        halved = dataclasses.replace(GRID, told=tuple(0.5 * h for h in (0.4,) * 3))
        # Half the rates for the whole step are the rates for half of it.
        wanted = measure(dataclasses.replace(problem, grid=halved)).kl
        assert float(found.kl) == pytest.approx(wanted, rel=1e-12)


def test_a_table_answers_at_its_times_only():
    problem = case(Euler())
    with float64():
        x = problem.sequences.states()
        score = table_score(problem, lambda u: problem.exact_score(u, x))
        assert np.isfinite(score(GRID.times[1], x)).all()
        assert np.isnan(score(0.777, x)).all()
        at_infinity = TableScore(problem.sequences, np.array([[np.inf]]), score.ratios[:1])
        assert np.isfinite(at_infinity(np.inf, x)).all()
        assert np.isnan(at_infinity(0.5, x)).all()
        function, given = run_function(problem)
        found = jax.device_get(
            jax.jit(function)(*given._replace(score=score, times=np.array([1.5, 1.2, 0.7, 0.3])))
        )
    assert not all(each.fine().all() for each in found.accounts)
    with pytest.raises(ValueError, match="ratios must have shape"):
        TableScore(problem.sequences, score.times, score.ratios[..., :-1])


@pytest.mark.parametrize(
    ("problem", "told"),
    [
        (case(GumbelDraws(bits=4), noise=Absorbing()), "gumbel_draws.* are made on the host"),
        (
            Problem(CurieWeiss(30, 0.5), Uniform(), Tweedie(), GRID, engine="counts"),
            "31 states of Counts",
        ),
        (
            Problem(
                TwoBeliefs((0.7, 0.3), (0.1, 0.9), 9),
                Uniform(),
                Tweedie(),
                GRID,
                engine=MonteCarlo(64),
            ),
            "engine=MonteCarlo",
        ),
    ],
    ids=["host", "counts", "draws"],
)
def test_runs_that_are_no_function_are_refused(problem, told):
    with pytest.raises(ValueError, match=told):
        run_function(problem)


def test_times_of_the_steps_are_arguments():
    problem = case(Tweedie())
    function, given = run_function(problem)
    other = dataclasses.replace(problem, grid=grids.geometric(1.4, 0.2, 3))
    times = np.array(other.grid.times)
    with float64():
        found = jax.jit(function)(*given._replace(times=times, told=np.array(told_times(other))))
    assert float(found.kl) == pytest.approx(measure(other).kl, rel=1e-11)
