"""What code did with an answer is read off its draws, whatever it did, and only where it did."""

import numpy as np
import pytest

from harness.real.answer_use import Draw, how_used

RNG = np.random.default_rng(5)
ANSWERS = RNG.dirichlet(np.full(5, 0.7), (40, 3))  # 40 rows of 3 positions


def cut(p, top_p):
    order = np.argsort(-p)
    before = np.cumsum(p[order]) - p[order]
    kept = np.zeros_like(p)
    kept[order] = np.where(before < top_p, p[order], 0.0)
    return kept / kept.sum()


def top(p, k):
    kept = np.where(np.argsort(np.argsort(-p)) < k, p, 0.0)
    return kept / kept.sum()


def normal(w):
    return w / w.sum()


def draws(change, dtype=np.float64, answers=ANSWERS):
    """One draw a row, at a position that is not told."""
    return [Draw(change(p[k % 3].astype(dtype)).astype(float), p) for k, p in enumerate(answers)]


@pytest.mark.parametrize(
    ("change", "kind", "number", "off"),
    [
        (lambda p: p, "as it is", 1.0, 0),
        (lambda p: normal(p**2), "temperature", 0.5, 1e-9),
        (lambda p: normal(p ** (1 / 0.9999)), "temperature", 0.9999, 1e-9),
        (lambda p: cut(p, 0.9), "nucleus", 0.9, 0.02),
        (lambda p: top(p, 3), "top-k", 3, 0),
        (lambda p: normal(p + 1e-4), "added", 1e-4, 1e-9),
        (lambda p: np.eye(5)[p.argmax()], "greedy", 0, 0),
    ],
)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_it_is_found(change, kind, number, off, dtype):
    single = dtype == np.float32
    found = how_used(draws(change, dtype), 2.0**-23 if single else 2.0**-52)
    assert found.kind == kind
    assert found.number == pytest.approx(number, abs=max(off, 1e-2 * number if single else 0))
    assert found.draws == len(ANSWERS)


def test_what_the_model_rules_out_shows_an_addition():
    answers = np.array(ANSWERS)
    answers[:, :, 2] = 0.0
    answers /= answers.sum(-1, keepdims=True)
    found = how_used(draws(lambda p: normal(p + 1e-6), answers=answers))
    assert (found.kind, found.number) == ("added", pytest.approx(1e-6, rel=1e-6))


@pytest.mark.parametrize(
    "change",
    [
        lambda p: normal(p[::-1]),
        lambda p: normal(p * [1, 1.01, 1, 1, 1]),
        lambda p: normal(p ** (2 if p[0] > 0.1 else 1)),
    ],
    ids=["other order", "one weight", "two temperatures"],
)
def test_nothing_is_said_of_anything_else(change):
    assert how_used(draws(change)) is None


def test_sure_answers_say_nothing():
    assert how_used([Draw(np.eye(3)[0], np.eye(3)) for _ in range(9)]) is None
