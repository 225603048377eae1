"""What is measured under absorbing noise, where much is impossible or infinite."""

import dataclasses
import math
from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
import pytest
from helpers.masked_problems import (
    EACH_TARGET,
    LABELS,
    PRODUCTS,
    SAMPLERS,
    STOPPED,
    TARGETS,
    WHOLE,
    Refereed,
)
from referee import ladder

from harness import Problem, grids, measure, output_law
from harness.claims import Claims
from harness.foundation import registry
from harness.noise import Absorbing, Uniform
from harness.quantities import Quantities
from harness.samplers import Euler, FrozenScore, MaskedPlugIn, TauLeaping, Tweedie
from harness.score import Exact, Perturbed
from harness.step import Tokens
from toy_targets import Pairs, Parity, Product, TwoBeliefs


@pytest.mark.parametrize("sampler", PRODUCTS, **LABELS)
def test_what_is_too_rare_for_float64_is_no_infinite_kl(sampler):
    """At ``T = 300`` two clean tokens have probability ``e^{-600}``, three are beyond float64."""
    target = TwoBeliefs((0.8, 0.1, 0.1), (0.2, 0.2, 0.6), 3, 0.3)
    m = measure(Problem(target, Absorbing(), sampler, grids.custom((300.0, 299.0, 0.5, 0.1))))
    assert 0 < m.kl < m.chain_kl < math.inf


def test_a_clipped_step_still_has_an_infinite_kl():
    """Euler leaves the mask for sure where ``h > e^t - 1``; the truth may stay."""
    grid = grids.custom((0.5, 0.1), told=(0.8,))
    m = measure(Problem(TARGETS["parity"], Absorbing(), Euler(), grid, start="exact"))
    assert m.chain_kl == math.inf
    assert m.clipped > 0.1


@pytest.mark.parametrize("h", [1e-3, 1e-5])
def test_a_short_step_of_a_generator_reaches_every_state(h):
    """Eight jumps in a step are rare, not impossible: the chain KL is between the other two."""
    grid = grids.custom((1.0, 1.0 - h))
    for target, noise in ((Product((0.6, 0.4), 8), Uniform()), (Parity(5), Absorbing())):
        m = measure(Problem(target, noise, FrozenScore(), grid, start="exact"))
        assert m.kl <= m.chain_kl <= m.path_kl < math.inf


# Path KL and the differential inequality.


@EACH_TARGET
@pytest.mark.parametrize("size", [0.0, 0.4])
def test_path_kl_is_finite_and_the_integral(target, size):
    """A token jumps once, so the sampler can do all that the truth can."""
    score = Perturbed(size=size, seed=3) if size else Exact()
    problem = Problem(target, Absorbing(), FrozenScore(), STOPPED, score)
    referee, m = Refereed(problem), measure(problem)
    want = ladder.path_kl(
        *referee.facts, "frozen_score", STOPPED.times, referee.start, referee.error
    )
    assert m.path_kl == pytest.approx(want, rel=1e-8)
    assert m.kl < m.chain_kl < m.path_kl < math.inf


@EACH_TARGET
@pytest.mark.parametrize(
    "sampler", [s for s in SAMPLERS if s.claims.rates_in_step is not None], **LABELS
)
def test_differential_inequality_is_finite_and_the_integral(sampler, target):
    problem = Problem(target, Absorbing(), sampler, STOPPED)
    value, error = Quantities(problem).differential
    method = "tweedie" if sampler == MaskedPlugIn() else registry.label(sampler)
    method = "tau_leaping" if sampler == TauLeaping() else method
    referee = Refereed(problem)
    want = ladder.differential_inequality(*referee.facts, method, STOPPED.times, referee.start)
    assert value == pytest.approx(want, rel=1e-6, abs=error)
    assert measure(problem).kl <= value < math.inf
    # Of one jump only: its path KL is no smaller than the chain KL, and finite.
    path = ladder.path_kl(*referee.facts, method, STOPPED.times, referee.start)
    assert measure(problem).chain_kl <= path * (1 + 1e-8) < math.inf


def test_from_infinity_a_time_integral_is_not_measured():
    problem = Problem(Parity(3), Absorbing(), MaskedPlugIn(), grids.even_reveal(3), start="mask")
    value, _ = Quantities(problem).differential
    assert math.isnan(value)


@EACH_TARGET
def test_score_error_is_the_full_sum(target):
    problem = Problem(target, Absorbing(), Tweedie(), WHOLE, Perturbed(size=0.4, seed=3))
    referee = Refereed(problem)
    want = ladder.score_error(*referee.facts, WHOLE.times, referee.error)
    assert measure(problem).score_error == pytest.approx(want, rel=1e-11)


# Beyond the data's support.


@dataclass(frozen=True)
class Stubborn:
    """Masked plug-in, but where the unmasked part is impossible a mask becomes token 0."""

    claims = Claims(
        output_order=2, chain_order=1, traits=set(), needs_mask=True, starts_masked=True
    )

    def step(self, score, noise, x, t, s):
        law = MaskedPlugIn().step(score, noise, x, t, s).p
        known = score(t, x)[..., :-1].sum(-1, keepdims=True) > 0
        return Tokens(jnp.where(known, law, jnp.eye(law.shape[-1])[0]))


def test_what_is_done_in_impossible_states_does_not_matter():
    """The surrogate starts in some; their descendants stay outside the support of the truth."""
    plug_in = Problem(Pairs(2, 2), Absorbing(), MaskedPlugIn(), STOPPED)
    other = dataclasses.replace(plug_in, sampler=Stubborn())
    assert np.abs(output_law(plug_in) - output_law(other)).max() > 1e-3
    first, second = measure(plug_in), measure(other)
    for name in ("kl", "tv", "chain_kl", "hellinger"):
        assert getattr(first, name) == pytest.approx(getattr(second, name), rel=1e-12)


def test_an_impossible_pair_is_followed_by_a_uniform_token():
    law = measure_free = output_law(
        Problem(Pairs(3, 1), Absorbing(), MaskedPlugIn(), grids.custom((1.0, 0.0)))
    )
    assert measure_free.sum() == pytest.approx(1)
    token = np.array([math.exp(-1) / 3] * 3)
    hidden = 1 - math.exp(-1)
    want = np.outer(token, token)  # both clean: they stay
    want += 2 * np.diag(token) * hidden  # one clean: the other is equal to it
    want += hidden**2 / 9  # all masked: the surrogate knows no pair, tokens are uniform
    np.testing.assert_allclose(law[:3, :3], want, rtol=1e-13)
