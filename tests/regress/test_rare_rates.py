"""A rate that is off though it is rare: what is said of it, and what its number is a share of."""

import re

import jax.numpy as jnp
from mistakes import Wrong, saying

from harness.regress import cover
from harness.regress.step_checks import StepChecks
from harness.samplers import MaskedPlugIn
from harness.step import Tokens


def a_little_of_each(eps):
    """So much is added to the probability of each token that may be revealed, however rare."""

    def change(law, x):
        symbols = law.p.shape[-1]
        shown, tokens = 1 - law.p[..., -1:], jnp.arange(symbols) < symbols - 1
        more = jnp.where(x[..., None] == symbols - 1, eps * shown * tokens, 0.0)
        return Tokens((law.p + more).at[..., -1].add(-more.sum(-1)))

    return Wrong(MaskedPlugIn(), saying(change))


def test_a_rare_rate_is_told_from_a_term_of_a_half_power(monkeypatch):
    monkeypatch.setattr(cover, "_SIZES", {"uniform": [], "absorbing": [(6, 1)]})
    monkeypatch.setattr(cover, "_OF_MASKS", ())
    monkeypatch.setattr(cover, "WORDS", ())
    check = StepChecks(a_little_of_each(1e-9)).orders()
    assert check.passed is False
    assert "a rate is off, by " in check.reason
    assert "output order 0, claimed 2" in check.reason
    (rates,) = re.findall(r"from _ to . at rate (\S+), in truth (\S+):", check.reason)
    assert 1e-6 < float(rates[0]) / float(rates[1]) - 1 < 1e-2
    check = StepChecks(a_little_of_each(1e-5)).small()
    assert "of a hundredth of the rate out of a state in " in check.number
