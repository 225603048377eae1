"""What cannot be followed of JAX is refused, with the operation, the line and what to do."""

import random as python_random

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from traced.small_programs import tables, traced_by

from harness.traced.errors import TooManyWorlds, Untraceable

P = tables(zeros=False)
random = jax.random


def at(x):
    return jnp.asarray(P)[x[:, 0] * 3 + x[:, 1]]


def noise(x, key):
    return random.uniform(key, (len(x), 2, 3))


def used_twice(x, key):
    scores = jnp.log(at(x)) - jnp.log(-jnp.log(noise(x, key)))
    return (scores.argmax(-1) + scores.argmin(-1)) % 3


def two_noises(x, key):
    one, two = random.split(key)
    return (noise(x, one) + noise(x, two)).argmax(-1)


def by_python(x, key):
    return x if random.bernoulli(key, 0.5) else 0 * x


def gamma(x, key):
    return random.gamma(key, 2.0, x.shape).astype(int)


def drawn_twice(x, key):
    """One key for both tokens: they are always drawn alike."""
    p = at(x)
    return jnp.stack([random.categorical(key, jnp.log(p[:, k])) for k in range(2)], 1)


def not_renewed(x, key):
    """The key that was split is drawn by as well."""
    _, one = random.split(key)
    first = random.bernoulli(one, 0.5, x.shape)
    return first + random.bernoulli(key, 0.5, x.shape)


def split_twice(x, key):
    one, _ = random.split(key)
    _, two = random.split(key)
    return random.bernoulli(one, 0.5, x.shape) + random.bernoulli(two, 0.5, x.shape)


def folded_alike(x, key):
    keys = [random.fold_in(key, k // 2) for k in range(2)]
    return jnp.stack([random.bernoulli(k, 0.5, (len(x),)) for k in keys], 1) + 0


def folded_and_split(x, key):
    one, two = random.fold_in(key, 0), random.split(key)[1]
    return random.bernoulli(one, 0.5, x.shape) + random.bernoulli(two, 0.5, x.shape)


def one_key_in_a_loop(x, key):
    def turn(k, y):
        return y.at[:, k].set(random.categorical(key, jnp.log(at(x)[:, k])))

    return jax.lax.fori_loop(0, 2, turn, x)


TWICE = r"a key is used twice, for .* and before for "
REFUSED = {
    "Gaussian": (lambda x, key: random.normal(key, (len(x), 2, 3)).argmax(-1), r"erf_inv of cont"),
    "gamma": (gamma, r"random_gamma|is not followed"),
    "two noises": (two_noises, r"add mixes two independent noises"),
    "itself": (lambda x, key: (lambda u: u * u)(noise(x, key)).argmax(-1), r"mul of a noise and"),
    "a sum": (lambda x, key: (noise(x, key).sum(-1) > 1) + 0, r"reduce_sum of continuous noise is"),
    "bits": (lambda x, key: random.bits(key, x.shape) % 3, r"rem of random bits is not followed"),
    "a branch": (by_python, r"Python asks for the value of an array"),
    "given back": (lambda x, key: noise(x, key)[..., 0], r"gives back continuous noise or keys"),
    "used twice": (used_twice, r"used again after an argmax"),
    "both signs": (lambda x, key: (1 / (noise(x, key) - 0.5)).argmax(-1), r"monotone on one side"),
    "a key of its own": (
        lambda x, key: random.bernoulli(random.key(0), 0.5, x.shape) + 0,
        r"by a key that it was not handed",
    ),
    "raw": (
        lambda x, key: random.bernoulli(random.PRNGKey(0), 0.5, x.shape) + 0, r"it was not handed"
    ),
    "raw data": (lambda x, key: x + random.key_data(key)[0], r"it was not handed"),
    "drawn twice": (drawn_twice, TWICE + r"random bits \(.*test_jax_refused\.py:\d+: "),
    "not renewed": (not_renewed, TWICE + "split"),
    "split twice": (split_twice, TWICE + "split"),
    "folded alike": (folded_alike, TWICE + "random bits"),
    "folded and split": (folded_and_split, TWICE + "fold_in"),
    "in a loop": (one_key_in_a_loop, TWICE + "random bits"),
    "numpy.random": (lambda x, key: x * np.random.randint(3), r"drew from numpy\.random"),  # noqa: NPY002
    "random": (lambda x, key: x * 0 + python_random.randrange(3), r"drew from random"),
    "no tokens": (lambda x, key: x + 0.5, r"must give whole tokens"),
    "two arrays": (lambda x, key: (x, x), r"must give one array of tokens, got 2"),
}  # fmt: skip


def test_an_error_names_the_operation_and_the_line_of_the_caller():
    def code(x, key):
        mixed = jnp.sin(noise(x, key))
        return mixed.argmax(-1)

    with pytest.raises(Untraceable, match=r"\[sin at .*test_jax_refused\.py:\d+: mixed = jnp\.sin"):
        traced_by("jax", code)


COUPLED = {
    "one time for all": lambda x, key: jnp.where(random.uniform(key, (1, 2)) < 0.5, x, 0),
    "one number": lambda x, key: jnp.where(random.bernoulli(key), x, 0),
    "one order": lambda x, key: random.permutation(key, 3)[:2] * jnp.ones((len(x), 1), int),
    "one key in a vmap": lambda x, key: jax.vmap(
        lambda row: jnp.where(random.bernoulli(key, 0.5, (2,)), row, 0)
    )(x),
}


def test_too_many_orders_are_refused_by_arithmetic():
    with pytest.raises(TooManyWorlds, match="first 9 of 9 noises has 362,880 outcomes"):
        traced_by("jax", lambda x, key: random.permutation(key, 9)[None, :2], one_world=True)
