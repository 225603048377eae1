"""Engines, noises and measurements broken in place, each caught by a check that is named here."""

from dataclasses import replace
from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from mistakes import assert_caught
from referee import ladder

from harness import grids, measure, output_law
from harness.engines.draws import from_tables
from harness.engines.sequences import generator, in_chunks, tokens
from harness.foundation.registry import load
from harness.measurement import output, step_terms
from harness.noise import Uniform
from harness.numerics import divergence
from harness.process.truth import on_sequences
from harness.regress import Check, bank, checks_of, run
from harness.regress.check_outcome import Found
from harness.samplers import FrozenScore, TauLeaping, Tweedie
from harness.step import Tokens

load()
pytestmark = pytest.mark.usefixtures("small_bank")
VANISHES = "KL goes to 0 with the step"
uniform_kernel, bregman, marginal_kl = Uniform.kernel, divergence.bregman, step_terms.marginal
output_numbers = output.numbers
PRODUCT = "output law is the product of the step laws"
DRAWS = "draws follow the law"

ONE_JUMP = TauLeaping()


def kl_of(sampler, target):
    """The measured KL against the referee's, where zeros and lost mass matter."""
    problem = bank.problem(sampler, target, grids.even(2.0, 0.0, steps=4))
    law = output_law(problem)
    return against(ladder.kl(problem.data_law, law, ladder.lost_mass(law)), problem, "kl")


def chain_kl_of(sampler, method):
    """The measured chain KL against the referee's, summed in full."""
    problem = bank.problem(sampler, bank.FIELD, grids.even(2.0, 0.2, steps=3))
    q0 = problem.data_law.reshape(problem.space.shape)
    rates = np.full((3, 3), 1 / 3) - np.eye(3)
    referee = ladder.chain_kl(q0, rates, method, problem.grid.times, "exact")
    return against(referee, problem, "chain_kl")


def against(referee, problem, quantity):
    found = getattr(measure(problem), quantity)
    return Found(bool(np.isclose(found, referee, rtol=1e-9)), f"{found:.12g}", f"{referee:.12g}")


def named(sampler, check):
    return lambda: checks_of(sampler)[check]()


NAMED = {
    "KL of a leaking sampler": lambda: kl_of(TauLeaping("lose"), bank.ONE_WAY),
    "KL on forbidden sequences": lambda: kl_of(Tweedie(), bank.PARITY),
    "chain KL": lambda: chain_kl_of(ONE_JUMP, "tau_leaping"),
    "chain KL of a leaking sampler": lambda: chain_kl_of(TauLeaping("lose"), "lose"),
    "tweedie: " + PRODUCT: named(Tweedie(), PRODUCT),
    "frozen score: " + PRODUCT: named(FrozenScore(), PRODUCT),
    "tweedie: " + DRAWS: named(Tweedie(), DRAWS),
    "lose: " + DRAWS: named(TauLeaping("lose"), DRAWS),
    "frozen score: " + DRAWS: named(FrozenScore(), DRAWS),
    "one jump: " + VANISHES: named(ONE_JUMP, VANISHES),
}


def halves_exchanged(space, law, p):
    """``B (A p)ᵀ`` in the place of ``(A p) Bᵀ``."""
    half = space.length // 2
    left = tokens.khatri_rao(p[:, :half]) * law
    return (tokens.khatri_rao(p[:, half:]) @ left.T).reshape(-1)


def in_single_precision(space, law, p):
    left = tokens.khatri_rao(p.astype(jnp.float32))
    return (left @ law.astype(jnp.float32)).astype(law.dtype)


def transposed_flow(space, rates, laws):
    """``G law`` in the place of ``law G``."""
    return (laws[space.neighbours(space.states())] * rates[..., None]).sum((1, 2))


def drawn(space, law, state, key, *, shared=False, shift=0):
    """Inverse transform with a mistake: one uniform for all positions, or the wrong cell."""
    cumulative = jnp.cumsum(law.p, -1)[state]
    u = jax.random.uniform(key, (len(state), 1 if shared else space.length), jnp.float64)
    token = (u[..., None] >= cumulative[..., :-1]).sum(-1)
    return space.index((token + shift) % space.tokens)


def never_lost(space, law, state, key):
    return drawn(space, Tokens(law.p / law.p.sum(-1, keepdims=True)), state, key)


def one_event(space, law, state, key):
    """At most one jump of a chain in a step, whatever its length."""
    leave = law.rates.sum((-1, -2))[state]
    wait, move = jax.random.split(key)
    jumps = jax.random.uniform(wait, state.shape, jnp.float64) < 1 - jnp.exp(-leave * law.duration)
    flat = jnp.log(law.rates.reshape(space.size, -1))[state]
    to = space.neighbours(space.states()).reshape(space.size, -1)[state]
    chosen = jnp.take_along_axis(to, jax.random.categorical(move, flat)[:, None], 1)[:, 0]
    return jnp.where(jumps, chosen, state)


def last_step_forgotten(problem):
    return (*problem.grid.times[1:-1], problem.grid.times[-2])


def first_step_skipped(problem):
    return (problem.grid.times[0], *problem.grid.times[2:])


def without_zeros(a, c):
    return divergence.library(a, c).where(a > 0, bregman(a, c), 0.0)


def without_lost(space, data, wanted, law, lost, *rest):
    return output_numbers(space, data, wanted, law, 0.0, *rest)


def twice_as_fast(noise, t, tokens):
    return uniform_kernel(noise, 2 * jnp.asarray(t), tokens)


def nothing_lost(joint, holders, here, law):
    return marginal_kl(joint, holders, here, replace(law, lost=0.0))


WRONG_PLACES = {
    "the zeros' term left out of the KL": (
        (divergence, "bregman", without_zeros),
        "KL on forbidden sequences",
    ),
    "lost mass left out of the KL": (
        (output, "numbers", without_lost),
        "KL of a leaking sampler",
    ),
    "factorisation error left out of the chain KL": (
        (on_sequences, "factorisation", lambda *_: (0.0, 0.0, 0.0)),
        "chain KL",
    ),
    "lost mass left out of the chain KL": (
        (step_terms, "marginal", nothing_lost),
        "chain KL of a leaking sampler",
    ),
    "halves of an odd length exchanged": (
        (tokens, "push_product", halves_exchanged),
        "tweedie: " + PRODUCT,
    ),
    "single precision in the engine": (
        (tokens, "push_product", in_single_precision),
        "tweedie: " + PRODUCT,
    ),
    "last step forgotten": (
        (in_chunks, "told_times", last_step_forgotten),
        "tweedie: " + PRODUCT,
    ),
    "first step skipped": (
        (in_chunks, "told_times", first_step_skipped),
        "tweedie: " + PRODUCT,
    ),
    "generator transposed in the engine": (
        (generator, "arrivals", transposed_flow),
        "frozen score: " + PRODUCT,
    ),
    "series cut after few terms": ((generator, "TAIL", 1e-2), "frozen score: " + PRODUCT),
    "one uniform for all positions": (
        (from_tables, "_draw_tokens", lambda *a: drawn(*a, shared=True)),
        "tweedie: " + DRAWS,
    ),
    "inverse transform one cell off": (
        (from_tables, "_draw_tokens", lambda *a: drawn(*a, shift=1)),
        "tweedie: " + DRAWS,
    ),
    "a lost chain goes on": ((from_tables, "_draw_tokens", never_lost), "lose: " + DRAWS),
    "at most one jump of a chain in a step": (
        (from_tables, "_draw_generator", one_event),
        "frozen score: " + DRAWS,
    ),
    "noise clock off by a factor 2": (
        (Uniform, "kernel", twice_as_fast),
        "one jump: " + VANISHES,
    ),
}


@cache
def unbroken(check: str) -> Check:
    return run(check, NAMED[check])


@pytest.fixture
def breaking(monkeypatch):
    """Puts something wrong in place for one test, in what is already compiled too."""

    def put(place, name, wrong):
        monkeypatch.setattr(place, name, wrong)
        jax.clear_caches()

    yield put
    monkeypatch.undo()
    jax.clear_caches()


@pytest.mark.parametrize("mistake", WRONG_PLACES)
def test_a_wrong_engine_or_measurement_is_caught(mistake, breaking):
    broken, check = WRONG_PLACES[mistake]
    assert unbroken(check).passed, unbroken(check)
    breaking(*broken)
    assert_caught(run(check, NAMED[check]))
