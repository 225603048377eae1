"""A step in PyTorch as a class of its own: regress, and the noise that it is written for."""

from dataclasses import dataclass
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="laws of PyTorch code need PyTorch: leapcheck[torch]")

from real.stand_ins import score_predictor

from harness import Problem, grids
from harness.claims import Claims, Trait
from harness.foundation.registry import label
from harness.noise import Absorbing, Uniform
from harness.real import TracedStep
from harness.regress import bank, checks_of, cover, run
from toy_targets import Parity


def update(score_fn, x, t, s):
    return score_predictor.euler(score_fn, x, t, t - s)


def too_fast(score_fn, x, t, s):
    return score_predictor.euler(score_fn, x, t, 1.01 * (t - s))


CLAIMS = Claims(2, 1, {Trait.KEEPS_MASS, Trait.INDEPENDENT_TOKENS}, needs_uniform=True)


@dataclass(frozen=True)
class Update(TracedStep):
    """Euler's step."""

    code: Any = update
    asks: str = "score"
    claims: Any = CLAIMS


@dataclass(frozen=True)
class TooFast(Update):
    """All rates a hundredth too large."""

    code: Any = too_fast


SMALL = "a small step follows the reverse generator"


def small(monkeypatch, *sizes):
    """Only these sizes are tried: each takes an exploration of its own."""
    tried = {"uniform": sizes, "non-symmetric": (), "cyclic": (), "absorbing": ()}
    monkeypatch.setattr(cover, "_SIZES", tried)


def test_rates_that_are_too_large_are_told_at_the_smallest_size(monkeypatch):
    small(monkeypatch, (2, 2))
    wrong = run(SMALL, checks_of(TooFast())[SMALL])
    assert wrong.passed is False
    assert "1.01" in wrong.reason, wrong


@pytest.mark.slow
def test_right_and_wrong_are_told_apart(monkeypatch):
    small(monkeypatch, (2, 2), (3, 2))
    right = run(SMALL, checks_of(Update())[SMALL])
    assert right.passed, right
    wrong = run(SMALL, checks_of(TooFast())[SMALL])
    assert wrong.passed is False
    assert "1.01" in wrong.reason, wrong


def test_one_that_needs_uniform_noise_is_tried_under_no_other():
    assert list(bank.noises(Update())) == ["uniform"]
    assert {place.name for place in cover.places(Update())} == {"uniform"}
    grid = grids.even(1.0, 0.1, 2)
    with pytest.raises(ValueError, match="needs uniform noise on tokens, got Absorbing"):
        Problem(Parity(3), Absorbing(), Update(), grid)
    assert Problem(Parity(3), Uniform(), Update(), grid)


def test_it_is_called_by_its_name():
    assert label(Update()).startswith("update")
    assert label(Update(name="mine")) == "mine"
