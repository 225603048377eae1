"""Code that computes in few digits: what is said of it, and how exactly it is judged."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="laws of PyTorch code need PyTorch: leapcheck[torch]")

from real.cases import LOGITS, TARGET, faults, report
from real.stand_ins import masked_denoiser, score_predictor

from harness.claims import Claims, Trait
from harness.noise import Absorbing
from harness.real import TracedLoop, TracedStep
from harness.regress import Suite, cover
from harness.samplers import Euler
from harness.traced.answers import exact_score

SMALL, PRECISION = "a small step follows the reverse generator", "computes in float64"
SINGLE = 2.0**-24


def in_turn(model, steps, rows, kind=torch.float32, large=0.0):
    """One token after the other, in a precision of its own; ``large`` is added and taken off."""
    x = torch.full((rows, 3), 3)
    for i in range(3):
        p = model(x)[:, i].to(kind).softmax(-1)
        p = ((p + large) - large).clamp(min=0)
        x[:, i] = torch.multinomial(p, 1)[:, 0]
    return x


def test_short_numbers_are_told_and_are_no_fault():
    found = report(in_turn, LOGITS, (3,))
    assert found.good, str(found)
    (told,) = [each for each in found.findings if each.kind == "float32"]
    assert "unit roundoff is 6e-08: in float64 the law of 3 steps is TV" in told.words
    assert 0 < float(told.words.split("TV ")[1].split()[0]) < 10 * SINGLE


def test_nothing_is_told_of_float64():
    found = report(in_turn, LOGITS, (3,), kind=torch.float64)
    assert not [each for each in found.findings if "float" in each.kind + each.words]


def test_digits_that_are_lost_are_a_fault():
    found = report(in_turn, LOGITS, (3,), large=1e4)
    assert faults(found) == ["digits lost"]


@pytest.mark.parametrize("code", [in_turn, masked_denoiser.sample])
def test_the_run_in_float64_is_that_of_code_that_asks_for_it(code):
    data = np.exp(TARGET.log_law())
    score = exact_score(data, Absorbing())
    name = "kind" if code is in_turn else "dtype"
    short, wide = (
        TracedLoop(lambda m, n, r, of=of: code(m, n, r, **{name: of}), **LOGITS)
        for of in (torch.float32, torch.float64)
    )
    expected = wide.law(score, Absorbing(), 3).law
    assert abs(short.law(score, Absorbing(), 3, in_float64=True).law - expected).max() < 1e-15
    if code is in_turn:
        assert abs(short.law(score, Absorbing(), 3).law - expected).max() > 1e-10


SHARES = torch.tensor([0.1, 0.2, 0.3])  # in float32, made before the code runs


def tilted(model, steps, rows, shares=SHARES):
    x = torch.full((rows, 3), 3)
    for i in range(3):
        x[:, i] = torch.multinomial(model(x)[:, i].softmax(-1) * torch.exp(shares), 1)[:, 0]
    return x


def test_what_was_made_before_in_few_digits_is_computed_with_in_float64():
    score = exact_score(np.exp(TARGET.log_law()), Absorbing())
    wide = TracedLoop(lambda m, n, r: tilted(m, n, r, SHARES.double()), **LOGITS)
    expected = wide.law(score, Absorbing(), 3).law
    short = TracedLoop(tilted, **LOGITS)
    assert abs(short.law(score, Absorbing(), 3, in_float64=True).law - expected).max() < 1e-15
    assert abs(short.law(score, Absorbing(), 3).law - expected).max() > 1e-10


def euler(score_fn, x, t, s):
    return score_predictor.euler(score_fn, x, t, t - s)


def too_fast(score_fn, x, t, s):
    return score_predictor.euler(score_fn, x, t, 1.001 * (t - s))


CLAIMS = Claims(2, 1, {Trait.KEEPS_MASS, Trait.INDEPENDENT_TOKENS}, needs_uniform=True)


def suite(code, dtype):
    return Suite(TracedStep(code, "score", claims=CLAIMS, options={"dtype": dtype}))


@pytest.fixture
def small_places(monkeypatch):
    sizes = {"uniform": ((2, 2), (3, 2)), "non-symmetric": (), "cyclic": (), "absorbing": ()}
    monkeypatch.setattr(cover, "_SIZES", sizes)


def test_right_and_wrong_rates_in_float32_are_told_apart_at_two_times(monkeypatch):
    monkeypatch.setattr(cover, "_SIZES", dict.fromkeys(cover._SIZES, ()) | {"uniform": ((2, 2),)})
    monkeypatch.setattr(cover, "WORDS", ())
    monkeypatch.setattr(
        cover, "tried", lambda place, number, thorough: [("rough", (0.01713, 0.7313))]
    )
    right = suite(euler, "float32").decide(SMALL)
    assert right.passed, right
    assert right.number == "off by 0 of a rate at most, in 2 cases (its laws are right to 2e-07)"
    wrong = suite(too_fast, "float32").decide(SMALL)
    assert wrong.passed is False
    assert "equals the true rates × 1.001" in wrong.reason


@pytest.mark.slow
@pytest.mark.usefixtures("small_places")
def test_a_step_is_judged_in_its_own_precision():
    right = suite(euler, "float32")
    assert right.thing.claims.law_error == 4 * SINGLE
    check = right.decide(SMALL)
    assert check.passed, check
    assert check.number.endswith("(its laws are right to 2e-07)")
    told = right.decide(PRECISION)
    assert told.passed, told
    assert "in float32" in told.number
    wrong = suite(too_fast, "float32").decide(SMALL)
    assert wrong.passed is False
    assert "equals the true rates × 1.001" in wrong.reason
    assert suite(euler, "float64").thing.claims.law_error == 0


@dataclass(frozen=True)
class Excused:
    """Says that its laws are off, though it computes in float64."""

    claims: ClassVar[Claims] = Claims(2, 1, Euler().claims.traits, law_error=1e-6)

    def step(self, score, noise, x, t, s):
        return Euler().step(score, noise, x, t, s)


def test_no_error_is_excused_that_the_precision_does_not_explain():
    check = Suite(Excused()).decide(PRECISION)
    assert check.passed is False
    assert check.number == "law_error=1e-06"
