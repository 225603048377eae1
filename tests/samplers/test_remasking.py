"""Remasking: what masks tokens again; its law is refereed with those of all that reveal."""

import dataclasses
from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
import pytest
from helpers.revealing_problems import EVEN, TABLE, TO_DATA, masked, referee_law
from referee import reveals

from harness import grids, measure, output_law
from harness.samplers import MaskedPlugIn, Remasking
from harness.step import Tokens
from toy_targets import Product


@pytest.mark.parametrize("grid", [EVEN, TO_DATA, grids.even_reveal(5)], ids=["early", "to", "mask"])
@pytest.mark.parametrize("share", [0.1, 1.0])
def test_independent_tokens_follow_the_truth(share, grid):
    m = measure(masked(Product((0.5, 0.2, 0.3), 3), Remasking(share), grid))
    assert m.kl < 1e-28
    assert m.chain_kl > 0.01  # the true chain masks none again


def test_no_share_is_the_masked_plug_in():
    for grid in (EVEN, TO_DATA):
        one, other = (masked(TABLE, each, grid) for each in (Remasking(0.0), MaskedPlugIn()))
        np.testing.assert_allclose(output_law(one), output_law(other), atol=1e-16)


def test_an_error_is_kept_however_small_the_steps():
    """Where a run stops early; at the data what is masked again shrinks with the step."""

    def kls(sampler, stop):
        problems = [masked(TABLE, sampler, grids.even(2.0, stop, n)) for n in (256, 1024)]
        return [measure(each, output_only=True).kl for each in problems]

    few, many = kls(Remasking(0.2), 0.2)
    assert many > 0.9 * few > 1e-4
    few, many = kls(Remasking(0.2), 0.0)
    assert 0 < many < few / 3
    few, many = kls(MaskedPlugIn(), 0.2)
    assert many < few / 12


@pytest.mark.parametrize("share", [-0.1, 1.1])
def test_a_share_is_one(share):
    with pytest.raises(ValueError, match="share must be at"):
        Remasking(share)


@dataclass(frozen=True)
class Forgetful(Remasking):
    """Masks again, and shows no more masks for it: too many are masked at the next time."""

    def step(self, score, noise, x, t, s):
        plain = MaskedPlugIn().step(score, noise, x, t, s)
        law = super().step(score, noise, x, t, s)
        return Tokens(jnp.where((x == plain.p.shape[-1] - 1)[..., None], plain.p, law.p))


def test_masks_that_nothing_makes_up_for_are_caught():
    right = masked(TABLE, Remasking(), EVEN)
    wrong = dataclasses.replace(right, sampler=Forgetful())
    step = reveals.STEPS["remasking"]
    np.testing.assert_allclose(output_law(right), referee_law(right, step), atol=1e-14)
    assert np.abs(output_law(wrong) - referee_law(right, step)).max() > 1e-2
