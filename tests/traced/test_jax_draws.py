"""Every way to draw a token that JAX code has, against the law that it means to draw from."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from traced.small_programs import product, tables, traced_by

from harness.foundation.precision import float64

P = tables()
LAW = product(P)
FEW = 20 * 2.0**-52
random = jax.random


@pytest.fixture(autouse=True)
def bits():
    with float64():
        yield


def at(x, p=P):
    return jnp.asarray(p)[x[:, 0] * 3 + x[:, 1]]


def by_categorical(x, key):
    return random.categorical(key, jnp.log(at(x)))


def by_gumbel(x, key):
    return jnp.argmax(jnp.log(at(x)) + random.gumbel(key, (len(x), 2, 3)), axis=-1)


def by_logs(x, key):
    u = random.uniform(key, (len(x), 2, 3))
    return (jnp.log(at(x)) - jnp.log(-jnp.log(u))).argmax(-1)


def by_exponential(x, key):
    return (at(x) / random.exponential(key, (len(x), 2, 3))).argmax(-1)


def by_smallest(x, key):
    return jnp.argmin(random.exponential(key, (len(x), 2, 3)) / at(x), -1)


def cumulated(x, key):
    return (random.uniform(key, (len(x), 2, 1)) > at(x).cumsum(-1)[..., :-1]).sum(-1)


def stretched(x, key):
    u = (random.uniform(key, x.shape, minval=-2.0, maxval=3.0) + 2) / 5
    return (u[..., None] >= at(x).cumsum(-1)[..., :-1]).sum(-1)


def two_coins(x, key):
    p, (one, two) = at(x), random.split(key)
    rest = p[..., 1] / jnp.maximum(p[..., 1] + p[..., 2], 1e-300)
    second = 2 - random.bernoulli(two, rest)
    return jnp.where(random.bernoulli(one, p[..., 0]), 0, second)


@jax.jit
def under_jit(x, key):
    key, one = random.split(key)
    noise = random.gumbel(one, (len(x), 2, 3))
    return jax.nn.log_softmax(jnp.log(at(x) + 0.0)).__add__(noise).argmax(-1)


def by_vmap(x, key):
    """A key for each row."""
    keys = random.split(key, len(x))
    return jax.vmap(lambda k, p: random.categorical(k, jnp.log(p)))(keys, at(x))


def key_of_each_token(x, key):
    keys = random.split(key, x.shape)
    draw = jax.vmap(jax.vmap(lambda k, p: random.categorical(k, jnp.log(p))))
    return draw(keys, at(x))


def folded(x, key):
    p = at(x)
    parts = [random.categorical(random.fold_in(key, k), jnp.log(p[:, k])) for k in range(2)]
    return jnp.stack(parts, 1)


def by_scan(x, key):
    def turn(key, p):
        key, one = random.split(key)
        return key, random.categorical(one, jnp.log(p))

    return jax.lax.scan(turn, key, at(x).swapaxes(0, 1))[1].T


def by_fori(x, key):
    p = at(x)

    def turn(k, y):
        return y.at[:, k].set(random.categorical(random.fold_in(key, k), jnp.log(p[:, k])))

    return jax.lax.fori_loop(0, 2, turn, x)


def by_choice(x, key):
    """A cumulative sum of its own for every token."""
    keys = random.split(key, x.shape)
    draw = jax.vmap(jax.vmap(lambda k, p: random.choice(k, 3, p=p)))
    return draw(keys, at(x))


def transposed(x, key):
    p = at(x).transpose(2, 1, 0)
    return (jnp.log(p) + random.gumbel(key, p.shape)).argmax(0).T


def flattened(x, key):
    p = at(x).reshape(-1, 3)
    return (p / random.exponential(key, p.shape)).argmax(-1).reshape(x.shape)


def first_of_an_order(x, key):
    return jnp.argsort(at(x) / random.exponential(key, (len(x), 2, 3)), axis=-1)[..., -1]


def first_of_top_k(x, key):
    return jax.lax.top_k(at(x) / random.exponential(key, (len(x), 2, 3)), 1)[1][..., 0]


def equals_the_largest(x, key):
    scores = at(x) / random.exponential(key, (len(x), 2, 3))
    return (scores == scores.max(-1, keepdims=True)).argmax(-1)


def joined(x, key):
    one, two = random.split(key)
    parts = random.exponential(one, (len(x), 2, 1)), random.exponential(two, (len(x), 2, 2))
    return jnp.argmax(at(x) / jnp.concatenate(parts, 2), -1)


def float32(x, key):
    u = random.uniform(key, (len(x), 2, 1), dtype=jnp.float32)
    return (u > at(x).cumsum(-1)[..., :-1]).sum(-1)


DRAWS = [
    by_categorical, by_gumbel, by_logs, by_exponential, by_smallest, cumulated, stretched,
    two_coins, under_jit, by_vmap, key_of_each_token, folded, by_scan, by_fori, by_choice,
    transposed, flattened, first_of_an_order, first_of_top_k, equals_the_largest, joined, float32,
]  # fmt: skip


@pytest.mark.parametrize("temperature", [0.25, 2.0])
def test_a_temperature_is_a_power(temperature):
    power = P ** (1 / temperature)
    law, _ = traced_by("jax", lambda x, key: random.categorical(key, jnp.log(at(x)) / temperature))
    np.testing.assert_allclose(law, product(power / power.sum(-1, keepdims=True)), atol=2e-15)


# Whole numbers: the law of y[:, 0], the other token as it is.
ONE, TWO = math.exp(-0.7), 0.7 * math.exp(-0.7)
stack = jnp.stack
NUMBERS = {
    "randint": (lambda x, key: random.randint(key, (len(x),), 0, 3), [1 / 3] * 3),
    "randint from": (lambda x, key: random.randint(key, (len(x),), 1, 3), [0, 0.5, 0.5]),
    "choice": (lambda x, key: random.choice(key, 3, (len(x),)), [1 / 3] * 3),
    "choice of p": (
        lambda x, key: random.choice(key, 3, (len(x),), p=jnp.array([0.2, 0.3, 0.5])),
        [0.2, 0.3, 0.5],
    ),
    "poisson": (
        lambda x, key: jnp.minimum(random.poisson(key, np.float32(0.7), (len(x),)), 2),
        [ONE, TWO, 1 - ONE - TWO],
    ),
    "floor": (
        lambda x, key: jnp.floor(random.uniform(key, (len(x),)) * 3).astype(int), [1 / 3] * 3
    ),
    "remainder": (
        lambda x, key: jnp.floor(((random.uniform(key, (len(x),)) * 1.5 + 0.25) % 0.5) / 0.2)
        .astype(int), [0.4, 0.4, 0.2],
    ),
    "cut": (lambda x, key: (random.uniform(key, (len(x),)) * 3).astype(int), [1 / 3] * 3),
    "clip": (
        lambda x, key: (random.uniform(key, (len(x),)).clip(0.25, 0.5) > 0.25) + 0, [0.25, 0.75, 0]
    ),
    "cond": (
        lambda x, key: jax.vmap(
            lambda k: jax.lax.cond(random.bernoulli(k, 0.25), lambda: 2, lambda: 0)
        )(random.split(key, len(x))),
        [0.75, 0, 0.25],
    ),
}  # fmt: skip


ORDERS = {
    "permutation": lambda x, key: random.permutation(key, 3)[None, :2],
    "choice": lambda x, key: random.choice(key, 3, (2,), replace=False)[None],
    "argsort": lambda x, key: random.uniform(key, (1, 3)).argsort()[:, :2],
}
