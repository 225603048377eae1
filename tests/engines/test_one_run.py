"""A run as one function: padding, compilation, steps that break, laws that are made on the host."""

import logging
from dataclasses import dataclass, replace
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from harness import Problem, grids, measure, measure_many, output_law, run_function
from harness.engines.sequences import in_chunks, one_run
from harness.foundation.precision import float64
from harness.law.claims import Claims
from harness.law.numeric_fields import parted
from harness.law.step import Kernel, Tokens
from harness.measurement.chain import terms_of
from harness.noise import Absorbing, Uniform
from harness.samplers import Euler, FrozenScore, MaskedPlugIn, TauLeaping, ThetaTrapezoidal, Tweedie
from toy_targets import RandomTable

TABLE = RandomTable(2, 3, 1)


def case(sampler, steps, noise=None):
    return Problem(TABLE, noise or Uniform(), sampler, grids.even(2.0, 0.1, steps))


def by_a_loop(problem):
    """The same run, a call a step and nothing padded: law, lost, and the numbers of each step."""
    task = one_run.Task(problem.chain_space, terms_of(problem))
    found = []
    with float64():
        given, steps = in_chunks.given_of(problem), in_chunks.steps_of(problem)
        state = one_run.begin(task, given, problem.chain_start, steps.t[0])
        for k in range(problem.grid.steps):
            step = jax.tree.map(lambda each, k=k: each[k], replace(steps, real=None))
            state, (_, numbers) = one_call(problem.sampler, task, given, state, step)
            found.append(numbers)
    return state, jax.tree.map(lambda *each: np.stack(each), *found)


@partial(jax.jit, static_argnums=(0, 1))
def one_call(sampler, task, given, state, step):
    law, _ = one_run.law_and_accounts(sampler, task.space, given, step)
    return one_run.with_law(task, given.truth, state, replace(step, laws=law))


@pytest.mark.parametrize("sampler", [TauLeaping("lose"), FrozenScore()], ids=repr)
def test_padded_steps_do_nothing(sampler, monkeypatch):
    """Every number of steps from 1 to 40, in chunks of 16: equal to a loop over the steps."""
    monkeypatch.setattr(in_chunks, "CHUNK", 16)
    for steps in range(1, 41):
        problem = case(sampler, steps)
        run, numbers, _ = in_chunks.follow(problem, terms_of(problem))
        state, wanted = by_a_loop(problem)
        np.testing.assert_allclose(run.law, state.law, rtol=1e-13)
        np.testing.assert_allclose(run.lost, state.lost, rtol=1e-12)
        assert numbers.keys() == wanted.keys()
        for name, each in numbers.items():
            assert each.shape == (steps,)
            np.testing.assert_allclose(each, wanted[name], rtol=1e-9, atol=1e-15)


def test_a_sweep_of_the_step_size_compiles_one_program(caplog):
    jax.clear_caches()
    with jax.log_compiles(True), caplog.at_level(logging.WARNING):
        for steps in (1, 2, 5, 17, 64, 65, 200):
            measure(case(Tweedie(), steps))
    told = [record.getMessage() for record in caplog.records]
    # The law of the sampler's steps; the push, and the terms, of any law of their kind.
    for part, programs in (("laws_of", 1), ("advance", 2)):
        runs = [line for line in told if f"Finished XLA compilation of jit({part})" in line]
        assert len(runs) == programs, told


@pytest.mark.slow
def test_numbers_of_a_sampler_are_arguments(caplog):
    """One program for all values of θ, one by one and together; each law as with a constant."""
    samplers = [ThetaTrapezoidal(0.1 + 0.04 * k) for k in range(20)]
    problems = [case(sampler, 3) for sampler in samplers]
    jax.clear_caches()
    with jax.log_compiles(True), caplog.at_level(logging.WARNING):
        found = [measure(problem, output_only=True) for problem in problems[:3]]
        together = measure_many(problems, output_only=True)
    told = [record.getMessage() for record in caplog.records]
    for name in ("jit(laws_of)", "jit(_laws)"):
        assert sum(f"Finished XLA compilation of {name}" in line for line in told) == 1, told
    for problem, one, each in zip(problems, [*found, *[None] * 17], together, strict=True):
        if one:
            np.testing.assert_allclose(one.kl, by_dense(problem), rtol=1e-11)
        np.testing.assert_allclose(each.kl, by_dense(problem), rtol=1e-11)
    assert len({round(each.kl, 12) for each in together}) == 20


def by_dense(problem):
    """KL of the output by the function of a run, in which the sampler is a constant."""
    function, given = run_function(problem, output_only=True)
    with float64():
        return float(function(*given).kl)


@dataclass(frozen=True)
class Looks:
    """Stays where it is, or is Tweedie: its step looks at the value of its number."""

    share: float
    claims = replace(Tweedie.claims, traced_numbers=True)

    def step(self, score, noise, x, t, s):
        if self.share > 0.5:
            return Tweedie().step(score, noise, x, t, s)
        return Tokens(jax.nn.one_hot(x, score.space.tokens))


def test_a_number_that_is_looked_at_stays_a_constant():
    few, many = measure_many([case(Looks(share), 2) for share in (0.2, 0.8)])
    assert many.kl == pytest.approx(measure(case(Tweedie(), 2)).kl, rel=1e-12)
    assert few.kl > 2 * many.kl
    for form in (parted(Looks(0.2))[0], parted(Looks(0.8))[0]):
        assert not in_chunks._known[form, case(Tweedie(), 2).chain_space, Uniform][1]


@dataclass(frozen=True)
class Reads(Looks):
    """The same by the kind of its number, and without a claim."""

    claims = Tweedie.claims

    def step(self, score, noise, x, t, s):
        return super().step(score, noise, x, t, s) if isinstance(self.share, float) else None


def test_numbers_are_constants_where_nothing_is_claimed():
    few, many = measure_many([case(Reads(share), 2) for share in (0.2, 0.8)])
    assert few.kl > 2 * many.kl


@dataclass(frozen=True)
class Breaks:
    """Euler that loses track of its mass after half of the time."""

    claims = Euler.claims

    def step(self, score, noise, x, t, s):
        law = Euler().step(score, noise, x, t, s)
        return replace(law, p=jnp.where(t < 1.0, 0.5 * law.p, law.p))


@pytest.mark.parametrize("only", ["output_only", "chain_only"])
def test_the_first_step_that_breaks_is_named(only):
    problem = case(Breaks(), 100)
    broken = next(t for t in problem.grid.times if t < 1.0)
    with pytest.raises(FloatingPointError, match=rf"Breaks.* at t={broken:g} must sum to 1"):
        measure(problem, **{only: True})


@dataclass(frozen=True)
class InNumpy:
    """Euler in plain numpy: it could not be traced."""

    whole: bool = False

    @property
    def claims(self):
        return Claims(2, 1, Euler.claims.traits - self._lost_traits, on_host=True)

    @property
    def _lost_traits(self):
        return Euler.claims.traits if self.whole else set()

    def step(self, score, noise, x, t, s):
        x, rates = np.asarray(x), np.asarray(noise.reverse_rates(score(t, x), x))
        moves = float(t - s) * rates
        own = np.arange(moves.shape[-1]) == x[..., None]
        p = np.where(own, 1.0 - moves.sum(-1, keepdims=True), moves)
        assert p.min() >= 0  # no tracer says whether that is true
        if not self.whole:
            return Tokens(p)
        rows = [np.ones(len(x))]
        for i in range(x.shape[1]):
            rows = [row * p[:, i, b] for row in rows for b in range(p.shape[-1])]
        return Kernel(np.stack(rows, 1))


@pytest.mark.parametrize("steps", [3, 70])
def test_laws_made_on_the_host_are_pushed_like_others(steps, monkeypatch):
    monkeypatch.setattr(in_chunks, "LAWS_ENTRIES", 4096)  # in chunks
    wanted = measure(case(Euler(), steps))
    found = measure(case(InNumpy(), steps))
    assert found.kl == pytest.approx(wanted.kl, rel=1e-12)
    assert found.chain_kl == pytest.approx(wanted.chain_kl, rel=1e-10)


def test_a_whole_kernel_is_a_step_law():
    found, wanted = case(InNumpy(whole=True), 5), case(Euler(), 5)
    np.testing.assert_allclose(output_law(found), output_law(wanted), rtol=1e-12)
    assert measure(found).chain_kl == pytest.approx(measure(wanted).chain_kl, rel=1e-9)


def test_start_at_infinite_noise():
    problem = Problem(TABLE, Absorbing(), MaskedPlugIn(), grids.even_reveal(5), start="mask")
    state, _ = by_a_loop(problem)
    np.testing.assert_allclose(output_law(problem).reshape(-1), state.law, rtol=1e-13)
