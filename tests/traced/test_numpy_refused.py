"""What cannot be followed of numpy is refused, with the function, the line and what to do."""

import random

import numpy as np
import pytest
from traced.small_programs import STATES, tables, traced_by

from harness.traced.errors import Coupled, TooManyWorlds, Untraceable

P = tables(zeros=False)


def at(x):
    return P[x[:, 0] * 3 + x[:, 1]]


def noise(x, rng):
    return rng.random((len(x), 2, 3))


def used_twice(x, rng):
    scores = np.log(at(x)) - np.log(-np.log(noise(x, rng)))
    return (scores.argmax(-1) + scores.argmin(-1)) % 3


def into_an_array(x, rng):
    scores = np.empty((len(x), 2, 3))
    scores[:, 0] = rng.random((len(x), 3))
    return scores.argmax(-1)


def written_out(x, rng):
    scores = np.empty((len(x), 2, 3))
    np.log(noise(x, rng), out=scores)
    return scores.argmax(-1)


REFUSED = {
    "Gaussian": (lambda x, r: r.normal(size=(len(x), 2, 3)).argmax(-1), r"rng\.normal is not foll"),
    "dirichlet": (lambda x, r: r.dirichlet([1, 1, 1], x.shape).argmax(-1), r"rng\.dirichlet is no"),
    "bits": (lambda x, r: r.bit_generator.random_raw(3), r"the bit generator of rng is not"),
    "two noises": (lambda x, r: (noise(x, r) + noise(x, r)).argmax(-1), r"add mixes two independ"),
    "itself": (lambda x, r: (lambda u: u * u)(noise(x, r)).argmax(-1), r"mul of a noise and"),
    "a sum": (lambda x, r: (noise(x, r).sum(-1) > 1) + 0, r"sum of an array of continuous noise"),
    "np.sum": (lambda x, r: (np.sum(noise(x, r), -1) > 1) + 0, r"np\.sum of continuous noise is n"),
    "reduced": (lambda x, r: np.add.reduce(noise(x, r), -1) > 1, r"np\.add\.reduce of noise"),
    "cumsum": (lambda x, r: np.cumsum(noise(x, r), -1).argmax(-1), r"np\.cumsum of continuous"),
    "sine": (lambda x, r: np.sin(noise(x, r)).argmax(-1), r"np\.sin of continuous noise is not"),
    "a number": (lambda x, r: x if float(noise(x, r)[0, 0, 0]) < 0.5 else 0 * x, r"read as a num"),
    "a branch": (lambda x, r: x if r.random(len(x))[0] else 0 * x, r"read as a number"),
    "asarray": (lambda x, r: np.asarray(noise(x, r)).argmax(-1), r"put into an array of numbers"),
    "into an array": (into_an_array, r"put into an array of numbers"),
    "written out": (written_out, r"written into an array of numbers"),
    "given back": (lambda x, r: noise(x, r)[..., 0], r"gives back continuous noise"),
    "used twice": (used_twice, r"used again after an argmax"),
    "a law": (lambda x, r: r.binomial(1, noise(x, r)[..., 0]), r"parameters of a draw are"),
    "both signs": (lambda x, r: (1 / (noise(x, r) - 0.5)).argmax(-1), r"monotone on one side of 0"),
    "log": (lambda x, r: np.log(noise(x, r) - 0.5).argmax(-1), r"log of noise that can be anythi"),
    "order": (lambda x, r: (at(x) + noise(x, r)).argsort(-1)[..., 0], r"an order of noise is foll"),
    "numpy.random": (lambda x, r: np.random.randint(0, 3, x.shape), r"drew from numpy\.random"),  # noqa: NPY002
    "random": (lambda x, r: x * 0 + random.randrange(3), r"drew from random"),
    "no array": (lambda x, r: 3, r"must give an array of tokens, got a int"),
    "no tokens": (lambda x, r: x + 0.5, r"must give whole tokens"),
    "trials": (lambda x, r: r.multinomial([1, 2], [0.5, 0.5]), r"several numbers of trials"),
    "out": (lambda x, r: r.random(out=np.empty((len(x), 2))) > 1, r"into an array that is there"),
}  # fmt: skip


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (
            lambda x, rng: (noise(x, rng) * noise(x, rng)).argmax(-1),
            r"np\.multiply at .*: lambda|np",
        ),
        (lambda x, rng: np.maximum(noise(x, rng), noise(x, rng)).argmax(-1), r"\[np\.maximum at "),
        (lambda x, rng: noise(x, rng).sum(), r"\[sum at .*test_numpy_refused\.py:\d+: .*sum"),
        (
            lambda x, rng: rng.random(out=x),
            r"\[rng\.random at .*test_numpy_refused\.py:\d+: .*out=x",
        ),
    ],
)
def test_an_error_names_the_function_and_the_line_of_the_caller(code, told):
    with pytest.raises(Untraceable, match=told):
        traced_by("numpy", code)


WRONG = {
    "choice of a law": (lambda x, r: r.choice(3, len(x), p=[0.5, 0.5, 0.5]), "do not sum to 1"),
    "choice of many": (lambda x, r: r.choice(3, 4, replace=False), "larger sample than population"),
    "integers": (lambda x, r: r.integers(3, 3, len(x)), "low >= high"),
    "binomial": (lambda x, r: r.binomial(1, 1.5, len(x)), "p < 0, p > 1"),
    "multinomial": (lambda x, r: r.multinomial(1, [0.9, 0.9, 0.1], len(x)), r"sum\(pvals\[:-1\]"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_numpy_refuses_is_refused_as_numpy_does(name):
    code, told = WRONG[name]
    for rng in (np.random.default_rng(0), None):
        with pytest.raises(ValueError, match=told):
            code(STATES, rng) if rng is not None else traced_by("numpy", code)


COUPLED = {
    "one time for all": lambda x, rng: np.where(rng.random((1, 2)) < 0.5, x, 0),
    "one number": lambda x, rng: np.where(rng.random() < 0.5, x, 0),
    "one law": lambda x, rng: np.where(rng.choice(2, p=[0.5, 0.5]), x, 0),
    "the batch's mean": lambda x, rng: np.where(
        rng.random(x.shape) < 0.5 + 0.1 * (x.mean() > 1), x, 0
    ),
    "one order": lambda x, rng: rng.permuted(np.arange(3))[:2] * np.ones((len(x), 1), int),
}  # fmt: skip


def test_rows_of_a_mask_that_are_as_many_as_the_batch_are_not_mistaken():
    """One token of each row is drawn, in an order that is not that of the rows."""

    def code(x, rng):
        y = x.copy()
        chosen = (x[:, 0] != 1).T
        flat = np.concatenate([np.flatnonzero(chosen) * 2, np.flatnonzero(~chosen) * 2 + 1])
        place = np.arange(len(x) * 2)[flat]
        y.reshape(-1)[place] = rng.multinomial(1, at(x).reshape(-1, 3)[place]).argmax(-1)
        return y

    with pytest.raises((Coupled, Untraceable)):
        traced_by("numpy", code)


@pytest.mark.parametrize("one_world", [False, True])
def test_a_generator_of_the_codes_own_is_noticed(one_world):
    """It has no seed: that a million numbers come twice in a row passes once in 10^6 times."""

    def code(x, rng):
        own = np.random.default_rng().integers(0, 10**6, x.shape)
        return np.where(rng.random(x.shape) < 0.5, x, own)

    with pytest.raises((Coupled, Untraceable), match=r"leads to \["):
        traced_by("numpy", code, one_world=one_world)


def test_too_many_orders_are_refused_by_arithmetic():
    with pytest.raises(TooManyWorlds, match="permutation of 9 has 362,880 outcomes"):
        traced_by("numpy", lambda x, rng: rng.permutation(9)[None, :2], one_world=True)
