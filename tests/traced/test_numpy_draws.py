"""Every way to draw a token that numpy code has, against the law that it means to draw from."""

import math

import numpy as np
import pytest
from scipy import special, stats
from traced.small_programs import product, tables, traced_by

P = tables()
LAW = product(P)
FEW = 20 * 2.0**-52


def at(x, p=P):
    return p[x[:, 0] * 3 + x[:, 1]]


def gumbel(p, rng):
    with np.errstate(divide="ignore"):
        return np.log(p) - np.log(-np.log(rng.random(p.shape)))


def by_multinomial(x, rng):
    return rng.multinomial(1, at(x)).argmax(-1)


def by_gumbel(x, rng):
    return gumbel(at(x), rng).argmax(-1)


def by_own_gumbel(x, rng):
    with np.errstate(divide="ignore"):
        return np.argmax(np.log(at(x)) + rng.gumbel(size=(len(x), 2, 3)), axis=-1)


def by_exponential(x, rng):
    return (at(x) / rng.standard_exponential((len(x), 2, 3))).argmax(-1)


def by_smallest(x, rng):
    with np.errstate(divide="ignore"):
        return np.argmin(rng.exponential(1 / at(x)), -1)


def cumulated(x, rng):
    return (rng.random((len(x), 2, 1)) > at(x).cumsum(-1)[..., :-1]).sum(-1)


def one_uniform_twice(x, rng):
    p, u = at(x), rng.uniform(size=x.shape)
    return np.where(u < p[..., 0], 0, np.where(u < p[..., 0] + p[..., 1], 1, 2))


def stretched(x, rng):
    u = (rng.uniform(-2.0, 3.0, x.shape) + 2) / 5
    return (u[..., None] >= at(x).cumsum(-1)[..., :-1]).sum(-1)


def two_coins(x, rng):
    p = at(x)
    rest = p[..., 1] / np.maximum(p[..., 1] + p[..., 2], 1e-300)
    return np.where(rng.binomial(1, p[..., 0]), 0, 2 - rng.binomial(1, rest))


def into_views(x, rng):
    noise = rng.standard_exponential((len(x), 2, 3))
    np.log(noise[..., :2], out=noise[..., :2])
    last = noise[..., 2]
    last[...] = np.log(last)
    noise *= -1
    with np.errstate(divide="ignore"):
        noise += np.log(at(x))
    return noise.argmax(-1)


def transposed(x, rng):
    p = at(x).transpose(2, 1, 0)
    return gumbel(p, rng).argmax(0).T


def flattened(x, rng):
    p = at(x).reshape(-1, 3)
    return (p / rng.exponential(size=p.shape)).argmax(-1).reshape(x.shape)


def first_of_an_order(x, rng):
    return (at(x) / rng.exponential(size=(len(x), 2, 3))).argsort(-1)[..., -1]


def first_of_a_partition(x, rng):
    scores = -(at(x) / rng.exponential(size=(len(x), 2, 3)))
    return np.argpartition(scores, 0, axis=-1)[..., 0]


def equals_the_largest(x, rng):
    scores = at(x) / rng.exponential(size=(len(x), 2, 3))
    return (scores == scores.max(-1, keepdims=True)).argmax(-1)


def above_all_but_one(x, rng):
    scores = at(x) + 1e-300  # what cannot be is an order of magnitude that no rounding reaches
    scores = scores / rng.exponential(size=scores.shape)
    return (scores >= np.partition(scores, -1, axis=-1)[..., -1:]).argmax(-1)


def stacked(x, rng):
    p = at(x)
    noise = [rng.exponential(size=len(x)) for _ in range(6)]
    noise = np.stack(noise, -1).reshape(-1, 2, 3)
    return np.argmax(p / noise, -1)


def joined(x, rng):
    p = at(x)
    noise = np.concatenate(
        [rng.exponential(size=(len(x), 2, 1)), rng.exponential(size=(len(x), 2, 2))], 2
    )
    return np.argmax(p / noise, -1)


def float32(x, rng):
    u = rng.random((len(x), 2, 1), dtype=np.float32)
    return (u > at(x).cumsum(-1)[..., :-1]).sum(-1)


def logistic(x, rng):
    edges = special.logit(np.minimum(at(x).cumsum(-1)[..., :-1], 1.0))
    return (rng.logistic(size=(len(x), 2, 1)) > edges).sum(-1)


def through_expit(x, rng):
    u = special.expit(rng.logistic(size=(len(x), 2, 1)))
    return (u > at(x).cumsum(-1)[..., :-1]).sum(-1)


def weibull(x, rng):
    u = np.exp(-(rng.weibull(2.0, size=(len(x), 2, 1)) ** 2))
    return (u > at(x).cumsum(-1)[..., :-1]).sum(-1)


def spawned(x, rng):
    first, second = np.random.default_rng(rng).spawn(2)
    p = at(x)
    return np.stack(
        [first.multinomial(1, p[:, 0]).argmax(-1), second.multinomial(1, p[:, 1]).argmax(-1)], 1
    )


DRAWS = [
    by_multinomial, by_gumbel, by_own_gumbel, by_exponential, by_smallest, cumulated,
    one_uniform_twice, stretched, two_coins, into_views, transposed, flattened, first_of_an_order,
    first_of_a_partition, equals_the_largest, above_all_but_one, stacked, joined, float32, logistic,
    through_expit, weibull, spawned,
]  # fmt: skip


def choices(x, rng):
    p = at(x)
    y = np.zeros_like(x)
    for row in range(len(x)):
        for k in range(2):
            y[row, k] = rng.choice(3, p=p[row, k])
    return y


def of_a_row(x, rng):
    p, y = at(x), x.copy()
    for k in range(2):
        y[0, k] = rng.choice(np.arange(3), size=1, p=p[0, k])[0]
    return y


def by_coins(x, rng):
    """Scalars in branches of Python."""
    p, y = at(x), x.copy()
    for k in range(2):
        if rng.random() < p[0, k, 0]:
            y[0, k] = 0
        else:
            y[0, k] = 1 if rng.random() * (p[0, k, 1] + p[0, k, 2]) < p[0, k, 1] else 2
    return y


def masked(x, rng):
    p, y, chosen = at(x), np.zeros_like(x), x == 1
    y[chosen] = gumbel(p[chosen], rng).argmax(-1)
    y[~chosen] = rng.multinomial(1, p[~chosen]).argmax(-1)
    return y


@pytest.mark.parametrize("code", [choices, of_a_row, by_coins, masked], ids=lambda c: c.__name__)
def test_draws_that_belong_to_no_row_of_a_batch_have_their_law_in_a_batch_of_one(code):
    law, _ = traced_by("numpy", code, one_world=True)
    np.testing.assert_allclose(law, LAW, rtol=0, atol=FEW)


@pytest.mark.parametrize("temperature", [0.25, 0.5, 1.0, 2.0])
def test_a_temperature_is_a_power(temperature):
    def code(x, rng):
        with np.errstate(divide="ignore"):
            return (np.log(at(x)) / temperature + rng.gumbel(size=(len(x), 2, 3))).argmax(-1)

    power = P ** (1 / temperature)
    law, _ = traced_by("numpy", code)
    np.testing.assert_allclose(law, product(power / power.sum(-1, keepdims=True)), atol=2e-15)


# Whole numbers: the law of y[:, 0], the other token as it is.
stack = np.stack
NUMBERS = {
    "integers": (lambda x, rng: rng.integers(3, size=len(x)), [1 / 3] * 3),
    "integers from": (lambda x, rng: rng.integers(1, 3, len(x)), [0, 0.5, 0.5]),
    "integers to": (lambda x, rng: rng.integers(0, 1, len(x), endpoint=True), [0.5, 0.5, 0]),
    "choice": (lambda x, rng: rng.choice(3, len(x)), [1 / 3] * 3),
    "choice of p": (lambda x, rng: rng.choice(3, len(x), p=[0.2, 0.3, 0.5]), [0.2, 0.3, 0.5]),
    "choice of things": (
        lambda x, rng: rng.choice(np.array([2, 0]), len(x), p=[0.25, 0.75]), [0.75, 0, 0.25]
    ),
    "binomial": (lambda x, rng: rng.binomial(2, 0.3, len(x)), stats.binom.pmf(range(3), 2, 0.3)),
    "poisson": (
        lambda x, rng: np.minimum(rng.poisson(0.7, len(x)), 2),
        [math.exp(-0.7), 0.7 * math.exp(-0.7), 1 - 1.7 * math.exp(-0.7)],
    ),
    "geometric": (
        lambda x, rng: np.minimum(rng.geometric(0.9, len(x)), 3) - 1, [0.9, 0.09, 0.01]
    ),
    "multinomial of 2": (
        lambda x, rng: rng.multinomial(2, [0.5, 0.3, 0.2], len(x))[:, 0], [0.25, 0.5, 0.25]
    ),
    "floor": (lambda x, rng: (rng.random(len(x)) * 3).astype(int), [1 / 3] * 3),
    "round": (lambda x, rng: np.round(rng.random(len(x)) * 2).astype(int), [0.25, 0.5, 0.25]),
    "floor_divide": (lambda x, rng: (rng.random(len(x)) // 0.4).astype(int), [0.4, 0.4, 0.2]),
    "remainder": (
        lambda x, rng: (((rng.random(len(x)) * 1.5 + 0.25) % 0.5) // 0.2).astype(int),
        [0.4, 0.4, 0.2],
    ),
    "digitize": (lambda x, rng: np.digitize(rng.random(len(x)), [0.2, 0.7]), [0.2, 0.5, 0.3]),
    "searchsorted": (
        lambda x, rng: np.searchsorted([0.2, 0.7, 1.0], rng.random(len(x))), [0.2, 0.5, 0.3]
    ),
    "permuted": (
        lambda x, rng: rng.permuted(np.tile([0, 1, 2], (len(x), 1)), axis=1)[:, 0], [1 / 3] * 3
    ),
    "clip": (
        lambda x, rng: (rng.random(len(x)).clip(0.25, 0.5) > 0.25) + 0, [0.25, 0.75, 0]
    ),
}  # fmt: skip


def shuffled(x, rng):
    y = np.array([0, 1, 2])
    rng.shuffle(y)
    return y[None, :2]


ORDERS = {
    "permutation": lambda x, rng: rng.permutation(3)[None, :2],
    "of things": lambda x, rng: rng.permutation([2, 1, 0])[None, :2],
    "shuffle": shuffled,
    "choice": lambda x, rng: rng.choice(3, 2, replace=False)[None],
    "argsort": lambda x, rng: rng.random((1, 3)).argsort()[:, :2],
}


def test_a_choice_without_replacement_goes_on_among_those_that_are_left():
    p = np.array([0.5, 0.3, 0.2])
    law, _ = traced_by("numpy", lambda x, rng: rng.choice(3, 2, False, p)[None], one_world=True)
    expected = np.array(
        [[0 if a == b else p[a] * p[b] / (1 - p[a]) for b in range(3)] for a in range(3)]
    )
    np.testing.assert_allclose(law, np.tile(expected.reshape(-1), (9, 1)), atol=FEW)


def test_the_last_category_of_a_multinomial_is_what_the_others_leave():
    """As numpy has it: pvals that sum to 0.9 draw the last one more often."""
    law, _ = traced_by(
        "numpy", lambda x, rng: rng.multinomial(1, np.full((*x.shape, 3), 0.3)).argmax(-1)
    )
    np.testing.assert_allclose(law, product(np.tile([0.3, 0.3, 0.4], (9, 2, 1))), atol=FEW)
