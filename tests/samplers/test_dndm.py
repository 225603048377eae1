"""DNDM keeps a bias under uniform noise, and only there; how many score calls it takes."""

import dataclasses
import itertools
import math
from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
import pytest
from helpers.revealing_problems import (
    EVEN,
    REMEMBERING,
    TABLE,
    TO_DATA,
    masked,
)
from referee import reveals
from scipy.integrate import quad

from harness import Problem, grids, measure, output_law
from harness.law.score_calls import occupied
from harness.measurement.score_calls import score_calls
from harness.noise import Uniform
from harness.samplers import (
    DNDM,
    Confidence,
    DNDMContinuous,
    FirstHitting,
    FixedCardinality,
    FrozenScore,
    MaskedPlugIn,
    Tweedie,
)
from harness.step import Tokens
from toy_targets import CurieWeiss, PottsRing, Table

# DNDM under uniform noise.


@dataclass(frozen=True)
class KnowsWhoMoved:
    """DNDM whose model knows the bits: clean tokens given those that have moved."""

    laws: tuple  # [(S + 1)^d, d, S] flattened, of the sequence with a mask where none has moved
    shape: tuple
    claims = DNDM(remembers=True).claims

    def step(self, score, noise, x, t, s):
        tokens = self.shape[-1]
        seen = jnp.where(x % 2 == 1, x // 2, tokens)
        index = (seen * (tokens + 1) ** jnp.arange(x.shape[1] - 1, -1, -1)).sum(-1)
        clean = jnp.asarray(self.laws).reshape(self.shape)[index]
        moved = jnp.stack([jnp.zeros_like(clean), clean], -1).reshape(*x.shape, -1)
        stays = jnp.eye(2 * tokens)[x]
        p = jnp.where(x % 2 == 0, 1 - jnp.expm1(-s) / jnp.expm1(-t), 0.0)[..., None]
        return Tokens(p * jnp.where((x % 2 == 0)[..., None], moved, 0.0) + (1 - p) * stays)


def test_dndm_is_biased_under_uniform_noise_and_a_model_that_knows_who_moved_is_not():
    """Output KL: to a positive limit, and to 0 like ``h²``."""
    steps, start = (32, 64, 128, 256), 12.0
    clean = reveals.clean(np.pad(np.exp(TABLE.log_law()), [(0, 1)] * 3))
    knows = KnowsWhoMoved(tuple(clean.ravel().tolist()), clean.shape)

    def kls(sampler, noise):
        problems = [
            Problem(TABLE, noise, sampler, grids.geometric(start, 1e-3, 1 / n).with_steps(8 * n))
            for n in steps
        ]
        return np.array([measure(p, output_only=True).kl for p in problems])

    biased = kls(DNDM(remembers=True), Uniform())
    assert biased.min() > 0.04
    assert abs(np.diff(biased)[-1]) < 2e-3 * biased[-1]
    continuous = kls(DNDMContinuous(remembers=True), Uniform())
    assert continuous[-1] == pytest.approx(biased[-1], rel=5e-3)
    knowing = kls(knows, Uniform())
    assert knowing[-1] < 1e-4 * biased[-1]
    assert np.log2(knowing[-2] / knowing[-1]) > 1.8
    # Uniform where the mask is, or not yet moved: the same sampler, up to what is left at δ.
    data_only = dataclasses.replace(
        Problem(TABLE, Uniform(), knows, grids.custom((12.0, 1.0, 0.3, 0.0)))
    )
    plug_in = masked(TABLE, DNDM(), grids.reveal([0.0, 0.4, 0.7, 1.0]))
    informed = dataclasses.replace(
        data_only, grid=grids.custom((34.0, *(-math.log(r) for r in (0.4, 0.7)), 0.0))
    )
    np.testing.assert_allclose(output_law(informed), output_law(plug_in)[:2, :2, :2], atol=1e-13)


def test_the_bias_of_one_token_is_its_integral():
    """``∫ e^{-τ} mean_x Pr(X_0 = b | X_τ = x) dτ``: one token that waits as pure noise."""
    q0 = np.array([0.85, 0.1, 0.05])

    def density(tau, b):
        stay, drawn = math.exp(-tau), (1 - math.exp(-tau)) / 3
        arrives = drawn + stay * np.eye(3)  # [from, to]
        return stay * (q0[b] * arrives[b] / (q0 @ arrives)).mean()

    limit = np.array([quad(density, 0, 14, (b,))[0] for b in range(3)]) / -math.expm1(-14)
    for sampler in REMEMBERING:
        found = output_law(Problem(Table(q0), Uniform(), sampler, grids.even(14.0, 0.0, 4000)))
        np.testing.assert_allclose(found, limit, atol=2e-3)
    assert np.abs(limit - q0).max() > 0.1


# Score calls.


def test_cells_that_are_hit():
    """Against all ways to place the balls."""
    shares = [0.2, 0.5, 0.1]
    want = np.zeros(4)
    for place in itertools.product(range(4), repeat=4):
        weight = math.prod([*shares, 0.2][k] for k in place)
        want[len({k for k in place if k < 3})] += weight
    np.testing.assert_allclose(occupied(shares, 4), want, atol=1e-15)
    assert occupied([1.0], 3).tolist() == [0.0, 1.0]


def test_numbers_of_score_calls():
    ring = PottsRing(2, 6, 1.0)
    calls = {
        FirstHitting(): 6,
        FixedCardinality((1, 2)): 4,
        FixedCardinality((9,)): 1,
        Confidence(4): 2,
        MaskedPlugIn(): 8,
        DNDM(): 8 * (1 - (1 - 1 / 8) ** 6),
    }
    for sampler, mean in calls.items():
        found = score_calls(masked(ring, sampler, grids.even_reveal(8)))
        assert found.mean == pytest.approx(mean, rel=1e-12)
        assert found.law.sum() == pytest.approx(1)
    assert score_calls(Problem(ring, Uniform(), Tweedie(), EVEN)).mean == 3
    remembers = score_calls(Problem(TABLE, Uniform(), DNDM(remembers=True), EVEN))
    shares = [(math.exp(-s) - math.exp(-t)) / (1 - math.exp(-2)) for t, s in EVEN.intervals()]
    assert remembers.mean == pytest.approx(sum(1 - (1 - p) ** 3 for p in shares))
    counts = Problem(CurieWeiss(6, 1.0), Uniform(), FrozenScore(), EVEN, engine="counts")
    with pytest.raises(ValueError, match="how often frozen_score asks for the score is found from"):
        score_calls(counts)


def test_score_calls_from_a_start_with_masks_here_and_there():
    """From ``T = 2`` the number of masks is binomial, and so are the calls."""
    first = score_calls(masked(TABLE, FirstHitting(), TO_DATA))
    assert first.mean == pytest.approx(3 * (1 - math.exp(-2)))
    chance = 1 - math.exp(-2)
    one = score_calls(masked(TABLE, Confidence(3), TO_DATA))
    np.testing.assert_allclose(one.law, [(1 - chance) ** 3, 1 - (1 - chance) ** 3, 0])
