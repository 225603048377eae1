"""Samplers with a mistake on purpose, and what it means that a check caught one."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from harness.claims import Claims, Trait
from harness.noise import own_token
from harness.regress import Check
from harness.step import Generator, Tokens, first_jump


def trait(name: Trait) -> str:
    return f"has the trait: {name}"


@dataclass(frozen=True)
class Wrong:
    """A sampler with a mistake in its step, ``bug(sampler, score, noise, x, t, s)``, or claims."""

    sampler: Any
    bug: Callable[..., Any] | None = None
    claimed: Claims | None = None

    @property
    def claims(self) -> Claims:
        return self.claimed or self.sampler.claims

    def step(self, score, noise, x, t, s):
        if self.bug is None:
            return self.sampler.step(score, noise, x, t, s)
        return self.bug(self.sampler, score, noise, x, t, s)


def asking(change):
    """A bug in how the score is read: ``change(score, u, y)`` in the place of ``score(u, y)``."""

    def bug(sampler, score, noise, x, t, s):
        return sampler.step(lambda u, y: change(score, u, y), noise, x, t, s)

    return bug


def telling(change):
    """A bug in where a step ends: ``change(t, s)`` in the place of ``s``."""

    def bug(sampler, score, noise, x, t, s):
        return sampler.step(score, noise, x, t, change(t, s))

    return bug


def saying(change):
    """A bug in the law that is returned: ``change(law, x)``."""

    def bug(sampler, score, noise, x, t, s):
        return change(sampler.step(score, noise, x, t, s), x)

    return bug


def likeliest_at_last(sampler, score, noise, x, t, s):
    """An argmax in the place of a draw where the step ends at the data."""
    law = sampler.step(score, noise, x, t, s)
    sure = jnp.eye(law.p.shape[-1])[law.p.argmax(-1)]
    return Tokens(jnp.where(s > 0, law.p, sure), clipped=law.clipped)


def away(sampler, score, noise, x, t, s):
    return replace(sampler, guidance=-sampler.guidance).step(score, noise, x, t, s)


def least_valued(law, x):
    return replace(law, log_value=jax.tree_util.Partial(_negative, law.log_value))


def _negative(log_value, y):
    return -log_value(y)


def column_vector(sampler, score, noise, x, t, s):
    """``P_h^{-1} s`` in the place of ``s P_h^{-1}``."""
    ratios = score(t, x)
    tokens = ratios.shape[-1]
    kernel = noise.kernel(t - s, tokens)
    earlier = jnp.linalg.solve(kernel, ratios.reshape(-1, tokens).T).T.reshape(ratios.shape)
    return scaled(earlier * kernel.T[x])


def scaled(weights):
    return Tokens(weights / weights.sum(-1, keepdims=True))


def no_inverse(sampler, score, noise, x, t, s):
    """Tweedie without ``P_h^{-1}``: the ratios of ``t`` are taken for those of ``s``."""
    ratios = score(t, x)
    return scaled(ratios * noise.kernel(t - s, ratios.shape[-1]).T[x])


def not_reversed(sampler, score, noise, x, t, s):
    """``R(x_i, b)`` in the place of ``R(b, x_i)``."""
    ratios = score(t, x)
    rates = noise.rate_matrix(ratios.shape[-1])[x] * ratios
    return Generator(jnp.where(own_token(x, ratios.shape[-1]), 0.0, rates), t - s)


def not_renormalised(sampler, score, noise, x, t, s):
    """Euler that clips at 0 and leaves it at that."""
    moves = (t - s) * noise.reverse_rates(score(t, x), x)
    return Tokens.stay_or_move(x, moves, jnp.maximum(1 - moves.sum(-1), 0.0))


def draws_itself(sampler, score, noise, x, t, s):
    law = sampler.step(score, noise, x, t, s)
    u = jax.random.uniform(jax.random.key(0), law.p.shape[:2])
    return Tokens(jax.nn.one_hot((law.p.cumsum(-1) < u[..., None]).sum(-1), law.p.shape[-1]))


def jitters(law, x):
    return scaled(law.p * (1 + 1e-6 * np.random.default_rng().random(law.p.shape)))


def stays_too_much(law, x):
    return Tokens(law.p + 1e-6 * own_token(x, law.p.shape[-1]))


def one_position_stays(law, x):
    stay = own_token(x, law.p.shape[-1]).astype(law.p.dtype)
    return Tokens(jnp.where(jnp.arange(x.shape[1])[:, None] == 0, stay, law.p))


def claims(sampler, **changed):
    return Wrong(sampler, claimed=replace(sampler.claims, **changed))


def with_trait(sampler, name):
    return claims(sampler, traits=sampler.claims.traits | {name})


def twice(score, u, y):
    return (score(u, y) + score(u, y)) / 2


def rates_never_rest(score, noise, x, t, u):
    """One jump's rates, and a token that has jumped goes on at rate 1, to any other."""
    rates = first_jump(x, noise.reverse_rates(score(t, x), x))
    jumped = ~own_token(x, rates.shape[-1])[..., :, None]
    return jnp.where(jumped, 1.0, rates)


def rates_at_the_start(score, noise, x, t, u):
    """Euler's rates as if no time had gone by."""
    return first_jump(x, noise.reverse_rates(score(t, x), x))


def rates_of_a_column(score, noise, x, t, u):
    """Tweedie's rates, not reversed."""
    m = noise.earlier(score(t, x), t - u)
    return noise.rate_matrix(m.shape[-1]) * m[..., None, :] / m[..., :, None]


def assert_caught(check: Check) -> None:
    """It failed, and not because the mistake itself does not run."""
    assert check.passed is False, check
    assert not check.number.endswith("Error") or check.number == "FloatingPointError", check


def round_the_other_way(sampler, score, noise, x, t, s):
    """τ-leaping modulo ``S`` with displacements taken from the new token to the old one."""
    law = sampler.step(score, noise, x, t, s).p
    place = (2 * x[..., None] - jnp.arange(law.shape[-1])) % law.shape[-1]
    return Tokens(jnp.take_along_axis(law, place, -1))
