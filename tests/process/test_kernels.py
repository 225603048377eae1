"""Kernels, marginals, stationary laws and information of random noises and laws."""

import math

import jax
import numpy as np
import pytest
from helpers.random_problems import SPACES, examples, generators, laws
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import expm

from harness import Problem, grids
from harness.foundation import registry
from harness.noise import Circulant, CyclicWalk, RateMatrix, Uniform
from harness.process.truth import on_sequences
from harness.samplers import Tweedie
from toy_targets import Table

IDS = {"ids": registry.label}


def kernels(noise, tokens, *times):
    with jax.enable_x64(True):
        return [np.asarray(noise.kernel(t, tokens)) for t in times]


def moved(space, law, kernel):
    """``law`` with every token moved by ``kernel``: an independent route."""
    law = law.reshape(space.shape)
    for axis in range(space.length):
        law = np.moveaxis(np.tensordot(kernel, law, (0, axis)), 0, axis)
    return law.reshape(-1)


@examples(40)
@given(st.sampled_from(SPACES), st.data(), st.floats(0.0, 3.0), st.floats(0.0, 3.0))
def test_marginals_are_a_semigroup(space, data, t, u):
    law = data.draw(laws(space.size)).reshape(space.shape)
    noise = data.draw(generators(space.tokens))
    problem = Problem(Table(law), noise, Tweedie(), grids.even(1.0, 0.1, 1))
    q = problem.marginal(t + u)
    assert q.min() >= 0
    assert q.sum() == pytest.approx(1, abs=1e-14)
    np.testing.assert_allclose(
        q, moved(space, problem.marginal(t), problem.kernel(u)), rtol=1e-13, atol=1e-30
    )
    dense = moved(space, law, expm((t + u) * np.array(noise.rows)))
    np.testing.assert_allclose(q, dense, atol=1e-14)
    np.testing.assert_array_equal(problem.marginal(0.0), problem.data_law)


@examples(40)
@given(generators(3), st.floats(0.0, 5.0), st.floats(0.0, 5.0))
def test_kernels(noise, t, u):
    P_t, P_u, P = (problem_kernel(noise, time) for time in (t, u, t + u))
    for kernel in (P_t, P_u, P):
        assert kernel.min() >= 0
        np.testing.assert_allclose(kernel.sum(1), 1, rtol=1e-15, atol=1e-15)
    np.testing.assert_allclose(P_t @ P_u, P, rtol=1e-13, atol=1e-30)
    np.testing.assert_allclose(P, expm((t + u) * np.array(noise.rows)), rtol=1e-10, atol=1e-15)
    pi = noise.stationary(3)
    assert pi.min() > 0
    assert pi.sum() == pytest.approx(1, rel=1e-15)
    np.testing.assert_allclose(pi @ np.array(noise.rows), 0, atol=1e-15)
    np.testing.assert_allclose(pi @ P, pi, rtol=1e-13)


def problem_kernel(noise, t):
    """The compiled kernel, as problems use it."""
    law = np.full((3, 3), 1 / 9)
    return Problem(Table(law), noise, Tweedie(), grids.even(1.0, 0.1, 1)).kernel(t)


@pytest.mark.parametrize("tokens", [2, 3, 7])
@pytest.mark.parametrize("noise", [Uniform(), CyclicWalk()], **IDS)
def test_kernels_of_named_noises(noise, tokens):
    with jax.enable_x64(True):
        R = np.asarray(noise.rate_matrix(tokens))
    np.testing.assert_allclose(R.sum(1), 0, atol=1e-15)
    np.testing.assert_allclose(np.diag(R), 1 / tokens - 1 if noise == Uniform() else -1)
    for t, kernel in zip((1e-9, 0.3, 40.0), kernels(noise, tokens, 1e-9, 0.3, 40.0), strict=True):
        np.testing.assert_allclose(kernel, expm(t * R), rtol=1e-12, atol=1e-17)
        np.testing.assert_allclose(kernel, kernel.T, rtol=1e-13)
    np.testing.assert_allclose(kernels(noise, tokens, 0.0)[0], np.eye(tokens), atol=0)
    np.testing.assert_allclose(noise.stationary(tokens), 1 / tokens, rtol=1e-15)


def test_a_kernel_keeps_the_digits_of_small_entries():
    """From 0 to 3 in three jumps of a one-way walk: ``(1e-4)³/6`` to full relative precision."""
    walk = RateMatrix(np.roll(np.eye(4), 1, axis=1) - np.eye(4))
    (kernel,) = kernels(walk, 4, 1e-4)
    want = math.exp(-1e-4) * math.fsum(1e-4**k / math.factorial(k) for k in (3, 7))
    assert kernel[0, 3] == pytest.approx(want, rel=1e-14)


@pytest.mark.parametrize("rates", [(0, 0.7, 0.3), (0, 1e-4, 0, 0, 2.0, 0, 0), (0, 1.5)])
def test_circulant_noise_is_its_rate_matrix(rates):
    """And so are all its kernels, the entries with many jumps to full relative precision."""
    noise, size = Circulant(rates), len(rates)
    by_rows = RateMatrix([np.roll([-sum(rates), *rates[1:]], a).tolist() for a in range(size)])
    with jax.enable_x64(True):
        found, wanted = noise.rate_matrix(size), by_rows.rate_matrix(size)
    np.testing.assert_allclose(found, wanted, rtol=1e-15)
    for t in (0.0, 1e-6, 0.3, 40.0):
        (kernel,), (same,) = kernels(noise, size, t), kernels(by_rows, size, t)
        np.testing.assert_allclose(kernel, same, rtol=1e-12)
        np.testing.assert_allclose(kernel, expm(t * np.array(by_rows.rows)), atol=1e-14)
    np.testing.assert_allclose(noise.stationary(size), by_rows.stationary(size), rtol=1e-15)


def test_circulant_noise_that_does_not_reach_all_tokens():
    with pytest.raises(ValueError, match="only move by multiples of 2 on 4 tokens"):
        Circulant((0, 0, 1.0, 0)).stationary(4)


def test_circulant_noise_of_many_tokens_keeps_its_far_entries():
    """A thousand tokens in single steps: a law of a Poisson number, wherever it is."""
    (kernel,) = kernels(Circulant(np.eye(1000)[1]), 1000, 2.0)
    far = [2.0**k * math.exp(-2.0) / math.factorial(k) for k in range(80)]
    np.testing.assert_allclose(kernel[7, 7:87], far, rtol=1e-12)


def test_stationary_laws_with_rare_tokens():
    """Detailed balance of two tokens: ``1e-12`` to full relative precision."""
    law = RateMatrix([[-1e-12, 1e-12], [1.0, -1.0]]).stationary(2)
    assert law[1] == pytest.approx(1e-12 / (1 + 1e-12), rel=1e-14)


@examples(30)
@given(st.sampled_from(SPACES), st.data(), st.floats(0.05, 2.0))
def test_information_is_positive_and_falls_with_noise(space, data, t):
    law = data.draw(laws(space.size))
    target = Table(law.reshape(space.shape))
    problem = Problem(target, data.draw(generators(space.tokens)), Tweedie(), grids.even(1, 0.1, 1))
    tc = [on_sequences.total_correlation(space, q) for q in (problem.data_law, problem.marginal(t))]
    dtc = [
        on_sequences.dual_total_correlation(space, q)
        for q in (problem.data_law, problem.marginal(t))
    ]
    assert -1e-14 < tc[1] < tc[0] + 1e-14
    assert -1e-14 < dtc[1] < dtc[0] + 1e-14
