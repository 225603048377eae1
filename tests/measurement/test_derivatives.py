"""Derivatives of a run, against finite differences; what has none says so."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from harness import Problem, grids, measure, run_function
from harness.foundation.precision import float64
from harness.foundation.registry import sampler_examples
from harness.noise import Absorbing, RateMatrix, Uniform
from harness.samplers import (
    Blocks,
    Confidence,
    EntropyBound,
    FixedOrder,
    FrozenScore,
    GumbelDraws,
    TauLeaping,
    Threshold,
    TruncatedUniformization,
    Uniformization,
)
from toy_targets import RandomTable

TABLE = RandomTable(3, 2, 1)
GRID = grids.even(1.5, 0.3, 3)
SKEW = RateMatrix([[-1.0, 0.7, 0.3], [0.2, -0.6, 0.4], [0.5, 0.9, -1.4]])
EVERY = [
    *sampler_examples(),
    *sampler_examples(masked=True),
    *sampler_examples(remembering=True),
    *sampler_examples(masked=True, remembering=True),
]


def one_of_each():
    """One example of a class, and each rule of τ-leaping."""
    found, seen = [], set()
    for sampler in EVERY:
        if sampler.claims.on_host or sampler.claims.no_derivative:
            continue
        if sampler.claims.subset_sizes or isinstance(sampler, FixedOrder):
            continue  # it reveals all masks, whatever the times: before 0 its KL is infinite
        key = (type(sampler), getattr(sampler, "multiple_jumps", ""))
        if key not in seen and (
            type(sampler) is TauLeaping or type(sampler) not in map(type, found)
        ):
            found.append(sampler)
            seen.add(key)
    return found


def one_of_each_kind():
    """All of ``one_of_each``, those marked as slow that add no rule of differentiation."""
    quick = ["Tweedie()", "FrozenScore()", "TauLeaping(multiple_jumps='lose')", "MaskedPlugIn()"]
    slow = pytest.mark.slow
    return [
        pytest.param(sampler, id=repr(sampler), marks=() if repr(sampler) in quick else slow)
        for sampler in one_of_each()
    ]


def case(sampler, **changes):
    noise = Absorbing() if sampler.claims.needs_mask else Uniform()
    return Problem(TABLE, **{"noise": noise, "sampler": sampler, "grid": GRID, **changes})


@pytest.mark.parametrize("sampler", one_of_each_kind())
def test_derivatives_are_those_of_finite_differences(sampler):
    """Of output and chain KL, along the logits of the data and along the times."""
    problem = case(sampler)
    function, given = run_function(problem)
    m = measure(problem)
    clean, measured = given.data > 0, np.isfinite([m.kl, m.chain_kl])
    assert measured.any()
    rng = np.random.default_rng(0)

    def kls(logits, times):
        data = jnp.where(clean, jnp.exp(logits), 0.0)
        found = function(data / data.sum(), given.start, times, times[1:], given.score, given.noise)
        return jnp.stack([found.kl, jnp.nan_to_num(found.chain_kl)])

    with float64():
        at = jnp.log(jnp.where(clean, given.data, 1.0)), jnp.asarray(given.times)
        along = [jnp.asarray(rng.standard_normal(each.shape)) for each in at]
        along[0] = jnp.where(clean, along[0], 0.0)
        backwards, value = jax.jit(jax.jacrev(kls, (0, 1))), jax.jit(kls)
        slopes = backwards(*at)
        for k, direction in enumerate(along):
            ends = []
            for sign in (1, -1):
                moved = list(at)
                moved[k] = at[k] + sign * 1e-5 * direction
                ends.append(value(*moved))
            wanted = (ends[0] - ends[1]) / 2e-5
            np.testing.assert_allclose(slopes[k] @ direction, wanted, rtol=1e-5, atol=1e-9)
        assert np.abs(slopes[0]).max() > 1e-4


def test_a_derivative_along_the_rates_of_a_noise():
    function, given = run_function(case(FrozenScore(), noise=SKEW, start="exact"))

    @jax.jit
    def kl(rows):
        return function(*given[:5], jax.tree.map(lambda _: rows, given.noise)).kl

    with float64():
        (rows,) = jax.tree.leaves(given.noise)
        turn = jnp.asarray([[-0.2, 0.3, -0.1], [0.0, 0.1, -0.1], [0.4, -0.3, -0.1]])
        found = (jax.jit(jax.grad(kl))(jnp.asarray(rows)) * turn).sum()
        wanted = (kl(rows + 1e-5 * turn) - kl(rows - 1e-5 * turn)) / 2e-5
    np.testing.assert_allclose(found, wanted, rtol=1e-6)


@pytest.mark.parametrize("sampler", [Confidence(), Uniformization()], ids=repr)
def test_what_has_no_derivative_says_so(sampler):
    function, given = run_function(case(sampler))
    with (
        float64(),
        pytest.raises(TypeError, match=f"the run of {sampler.name}.* has no derivative: it"),
    ):
        jax.jit(jax.grad(lambda times: function(*given._replace(times=times)).kl))(given.times)


def test_every_other_sampler_has_one():
    """The list is short, and stands in the samplers' own claims."""
    refused = {type(each) for each in EVERY if each.claims.no_derivative or each.claims.on_host}
    decoders = {Blocks, Confidence, EntropyBound, Threshold}
    assert refused == decoders | {Uniformization, TruncatedUniformization, GumbelDraws}
