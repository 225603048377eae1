"""τ-leaping modulo ``S`` that adds up targets where displacements belong: right to first order."""

from dataclasses import dataclass
from typing import ClassVar

import jax.numpy as jnp
import numpy as np
from one_step import STEP, TABLE, matrix, problem, rates_of
from referee import reference

from harness.law.claims import Claims
from harness.law.step import Tokens
from harness.numerics import circulant
from harness.samplers import TauLeaping


@dataclass(frozen=True)
class Targets:
    """A token that jumps twice, to ``b`` and ``b'``, ends at ``b ⊕ b'``, wherever it was."""

    claims: ClassVar[Claims] = TauLeaping("wrap").claims

    def step(self, score, noise, x, t, s):
        means = (t - s) * noise.reverse_rates(score(t, x), x)
        stays = jnp.exp(-means.sum(-1, keepdims=True))
        own = jnp.arange(means.shape[-1]) == x[..., None]
        none = jnp.arange(means.shape[-1]) == 0
        several = circulant.poisson_sums(means) - stays * (none + means)
        return Tokens(several + stays * (own + means))


def test_targets_in_the_place_of_displacements_are_caught():
    """By the referee's law of a step, from tokens that are not 0; from 0 it is the same."""
    right, wrong = (problem(sampler) for sampler in (TauLeaping("wrap"), Targets()))
    q0 = np.exp(TABLE.log_law())
    wanted = reference.step_matrix(q0, rates_of(right), "wrap", *STEP.times)
    np.testing.assert_allclose(matrix(right), wanted, atol=1e-13)
    gap = np.abs(matrix(wrong) - wanted).max(1)
    np.testing.assert_allclose(matrix(wrong).sum(1), 1.0, atol=1e-12)
    assert gap[0] < 1e-13  # from the sequence (0, 0)
    assert (gap[1:] > 1e-3).all()
