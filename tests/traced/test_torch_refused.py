"""What cannot be followed is refused, with the operator, the line and what to do; never a law."""

import random

import numpy as np
import pytest
from traced.traced_programs import STATES, tables, traced

from harness.traced.errors import Coupled, TooManyWorlds, Untraceable

torch = pytest.importorskip("torch", reason="PyTorch is not installed: leapcheck[torch]")

P = torch.from_numpy(tables(zeros=False))


def at(x):
    return P[x[:, 0] * 3 + x[:, 1]]


def noise(x):
    return torch.rand(len(x), 2, 3, dtype=torch.float64)


def used_twice(x):
    scores = at(x).log() - torch.log(-torch.log(noise(x)))
    return (scores.argmax(-1) + scores.argmin(-1)) % 3


def into_numpy(x):
    return torch.from_numpy((noise(x).numpy() * 3).argmax(-1))


def value_of_the_largest(x):
    values = (at(x) / -noise(x).log()).max(-1).values
    return torch.multinomial(values, 1).expand(len(x), 2)


REFUSED = {
    "Gaussian": (lambda x: torch.randn(len(x), 2, 3).argmax(-1), r"Gaussian noise is not followed"),
    "normal_": (lambda x: torch.empty(len(x), 2, 3).normal_().argmax(-1), r"Gaussian noise"),
    "two noises": (lambda x: (noise(x) + noise(x)).argmax(-1), r"add mixes two independent noises"),
    "with itself": (lambda x: (lambda u: u * u)(noise(x)).argmax(-1), r"mul of a noise and a func"),
    "a sum": (lambda x: (noise(x).sum(-1) > 1).long(), r"aten\.sum of continuous noise is not"),
    "cauchy": (lambda x: torch.empty(x.shape).cauchy_().gt(0).long(), r"aten\.cauchy_ draws in"),
    "soft": (
        lambda x: torch.nn.functional.gumbel_softmax(at(x).log()).sum(-1).long(),
        r"values of a softmax of noise are not followed",
    ),
    "a count": (
        lambda x: torch.poisson(at(x)[..., 0]).add_(1).long(),
        r"aten\.add_ writes into a tensor of random counts: make a new one",
    ),
    "item": (lambda x: x if noise(x)[0, 0, 0].item() < 0.5 else 0 * x, r"read as a number"),
    "numpy": (into_numpy, r"handed to numpy"),
    "given back": (lambda x: noise(x)[..., 0], r"gives back continuous noise"),
    "used twice": (used_twice, r"used again after an argmax"),
    "its value": (value_of_the_largest, r"probabilities of a draw are themselves continuous noise"),
    "both signs": (lambda x: (1 / (noise(x) - 0.5)).argmax(-1), r"monotone on one side of 0"),
    "log": (lambda x: (noise(x) - 0.5).log().argmax(-1), r"log of noise that can be anything from"),
    "an order": (
        lambda x: (at(x) + noise(x)).argsort(-1)[..., 0],
        r"an order of noise is followed",
    ),
    "numpy.random": (
        lambda x: torch.from_numpy(np.random.randint(0, 3, tuple(x.shape))),  # noqa: NPY002
        r"drew from numpy\.random",
    ),
    "random": (lambda x: x * 0 + random.randrange(3), r"drew from random"),
    "no tensor": (lambda x: x.tolist(), r"must give a tensor of tokens, got a list"),
    "no tokens": (lambda x: x + 0.5, r"must give whole tokens"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_followed_is_refused(name):
    code, told = REFUSED[name]
    with pytest.raises(Untraceable, match=told):
        traced(code)


def test_an_error_names_the_operator_and_the_line_of_the_caller():
    def code(x):
        mixed = noise(x) * noise(x)
        return mixed.argmax(-1)

    with pytest.raises(
        Untraceable, match=r"aten\.mul\.Tensor at .*test_torch_refused\.py:\d+: mixed"
    ):
        traced(code)


def test_a_loop_that_draws_until_it_likes_what_it_drew_has_no_last_world(monkeypatch):
    from harness.traced import growing

    monkeypatch.setattr(growing, "SITES", 12)

    def code(x):
        y = torch.multinomial(at(x).reshape(-1, 3), 1).reshape(x.shape)
        while (bad := y[:, 0] == 0).any():
            y[bad] = torch.multinomial(at(x)[bad].reshape(-1, 3), 1).reshape(-1, 2)
        return y

    with pytest.raises(Untraceable, match="it does not end"):
        traced(code)


def test_too_many_orders_are_refused_by_arithmetic():
    with pytest.raises(TooManyWorlds, match="first 9 of 9 noises has 362,880 outcomes"):
        traced(lambda x: torch.rand(len(x), 9).argsort(-1)[:, :2] % 3)


COUPLED = {
    "one time for all": lambda x: torch.where(torch.rand(1, 2) < 0.5, x, 0),
    "one number": lambda x: torch.where(torch.rand(()) < 0.5, x, 0),
    "the batch's mean": lambda x: torch.where(
        torch.rand(x.shape) < 0.5 + 0.1 * (x.double().mean() > 1), x, 0
    ),
    "a roll": lambda x: torch.multinomial(at(x.roll(1, 0)).reshape(-1, 3), 1).reshape(x.shape),
    "shuffled flat": lambda x: (
        torch.multinomial(at(x).transpose(0, 1).reshape(-1, 3), 1).reshape(2, -1).T
    ),
}


@pytest.mark.parametrize("name", COUPLED)
def test_rows_that_share_draws_or_see_each_other_are_found(name):
    """The last has independent rows, only not where they are sought: it is run one by one too."""
    with pytest.raises(Coupled):
        traced(COUPLED[name])
    law, _ = traced(COUPLED[name], one_world=True)
    np.testing.assert_allclose(law.sum(1), 1)


def test_a_time_that_is_shared_moves_all_tokens_or_none_of_a_row():
    law, _ = traced(COUPLED["one number"], one_world=True)
    moved = STATES[:, 0] * 3 + STATES[:, 1] != 0
    np.testing.assert_array_equal(law[moved, 0], 0.5)
    np.testing.assert_array_equal(law[moved, np.flatnonzero(moved)], 0.5)
