"""Small programs of JAX made of draws, traced, against their own draws; a step and loops."""

from contextlib import contextmanager

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from traced.small_programs import STATES, S

from harness import Problem, grids
from harness.claims import Claims
from harness.engines.sequences import step_laws
from harness.noise import Absorbing
from harness.samplers import MaskedPlugIn
from harness.traced.own_draws import step_draws_test
from harness.traced.step import TracedStep
from toy_targets import Table

START, EACH_DRAWS = STATES[[1, 5, 8]], 30_000
random = jax.random


@contextmanager
def bits():
    """As whoever wants 64 bits sets them: for all threads, those of callbacks too."""
    flags = jax.config
    before = flags.jax_enable_x64
    flags.update("jax_enable_x64", True)
    try:
        yield
    finally:
        flags.update("jax_enable_x64", before)


@pytest.fixture(autouse=True)
def _bits():
    with bits():
        yield


TOKENS = {
    "categorical": lambda p, key: random.categorical(key, jnp.log(p)),
    "Gumbel": lambda p, key: (jnp.log(p) + 0.7 * random.gumbel(key, p.shape)).argmax(-1),
    "eps": lambda p, key: (p / (1e-3 - jnp.log(random.uniform(key, p.shape) + 1e-3))).argmax(-1),
    "counts": lambda p, key: jnp.minimum(random.poisson(key, p[..., 0] / 2), 2),
    "randint": lambda p, key: random.randint(key, p.shape[:-1], 0, 3),
}


def one_position(x, y, key):
    place = random.uniform(key, x.shape).argmax(-1)
    return jnp.where(jnp.arange(2) == place[:, None], y, x)


MOVES = {
    "one or both": lambda x, y, key: jnp.where(random.bernoulli(key, 0.5, (len(x), 1)), x, y),
    "one position": one_position,
    "by confidence": lambda x, y, key: jnp.where(random.gumbel(key, x.shape) + x > 0.5, x, y),
}


def program(table, token, move):
    def code(x, key):
        one, two = random.split(key)
        y = TOKENS[token](jnp.asarray(table)[x[:, 0] * S + x[:, 1]], one)
        return MOVES[move](x, y, two)

    return code


PAIRS = [(token, list(MOVES)[k % 3]) for k, token in enumerate(TOKENS)]


ASKS = "log_probs"
DATA = np.exp(np.random.default_rng(0).normal(size=(3, 3)))
DATA /= DATA.sum()
MASKED = Claims(2, 1, MaskedPlugIn.claims.traits, needs_mask=True, starts_masked=True)


def reveal(model, x, t, s, key):
    """A masked token stays so with probability (1 - e^-s)/(1 - e^-t), else it is drawn."""
    log_p, (one, two) = model(x), random.split(key)
    stays = random.bernoulli(one, jnp.expm1(-s) / jnp.expm1(-t), x.shape)
    return jnp.where((x == 3) & ~stays, random.categorical(two, log_p), x)


def problem(sampler, steps):
    grid = grids.even_reveal(steps)
    return Problem(Table(DATA), Absorbing(), sampler, grid, start="mask")


def test_a_step_in_jax_is_the_sampler_that_it_is():
    traced = TracedStep(reveal, "log_probs", "jax", claims=MASKED)
    known, code = problem(MaskedPlugIn(), 2), problem(traced, 2)
    for t, s in known.grid.intervals():
        wanted, found = (step_laws.step_law(each, t, s) for each in (known, code))
        np.testing.assert_allclose(found.p, wanted.p, rtol=1e-12, atol=4e-15)
    run = traced.run(code.score_model, code.noise, code.sequences.states(), 1.0, 0.5)
    assert step_draws_test(run, run.seen(), 20_000, 3, 1e-9).passed


def unmask(model, steps, rows, key):
    """Each mask goes with the probability of an even reveal, to a draw from the posterior."""
    x = jnp.full((rows, 2), 3)
    for k in range(steps, 0, -1):
        key, one, two = random.split(key, 3)
        moves = (x == 3) & random.bernoulli(one, 1 / k, x.shape)
        x = jnp.where(moves, random.categorical(two, model(x)), x)
    return x


def compiled(model, steps, rows, key):
    """The same as one loop of XLA."""

    @jax.jit
    def whole(key):
        def turn(k, x):
            one, two = random.split(random.fold_in(key, k))
            moves = (x == 3) & random.bernoulli(one, 1 / (steps - k), x.shape)
            return jnp.where(moves, random.categorical(two, model(x)), x)

        return jax.lax.fori_loop(0, steps, turn, jnp.full((rows, 2), 3))

    return whole(key)


LOOPS = unmask, compiled
