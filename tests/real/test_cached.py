"""Answers that are kept while nothing moves: right without a time, and named where time goes on."""

from functools import partial

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="laws of PyTorch code need PyTorch: leapcheck[torch]")

from real.cases import PADDED, PATH, faults, report
from real.stand_ins import ancestral, mixture_path

from harness.noise import Uniform
from harness.real import TracedLoop
from harness.traced.answers import exact_score
from toy_targets import RandomTable

SMALL = np.exp(RandomTable(2, 2, seed=3).log_law())
SCORE = exact_score(SMALL, Uniform())
TWO = {"length": 2, "tokens": 2}


def law(code, steps=2, **how):
    return TracedLoop(code, **PATH, **how).law(SCORE, Uniform(), steps)


def test_a_cache_of_a_model_without_a_time_is_right_and_told():
    """It is the law without a cache; with eight steps some worlds ask the model once."""
    found = report(ancestral.sample, PADDED, (4, 8), cache="while nothing moves")
    plain = report(ancestral.sample, PADDED, (4, 8))
    assert found.good, str(found)
    for a, b in zip(found.points, plain.points, strict=True):
        np.testing.assert_allclose(a.law, b.law, rtol=0, atol=1e-14)
    (told,) = [each for each in found.findings if each.kind == "answers are kept"]
    assert not told.fault
    assert "instead of 8 times" in told.words
    assert not [each for each in plain.findings if each.kind == "answers are kept"]


def test_a_cache_of_a_model_with_a_time_is_named():
    found = report(mixture_path.sample, PATH, (2, 4), cache=True)
    assert faults(found) == ["an old answer is kept"]
    assert "said at another time" in found.findings[0].words
    assert not found.good
    assert found.agreement.passed


def test_among_others_that_move_nothing_is_kept_and_alone_it_is():
    """A row among others is one without a cache; alone it is the loop of one row, to rounding."""
    kept = partial(mixture_path.sample, cache=True, **TWO)
    among = law(kept)
    assert among.among
    assert among.saved >= 1
    without = law(partial(mixture_path.sample, **TWO))
    np.testing.assert_allclose(among.law, without.law, rtol=0, atol=1e-14)
    alone = law(lambda model, steps: kept(model, steps, 1), one_row=True)
    assert abs(alone.law - among.law).sum() / 2 > 0.01


def test_rows_that_look_at_the_whole_batch_are_run_alone():
    """Teeth: whether a batch has many ones decides; no other rows make that a law."""

    def crowd(model, steps, rows):
        x = torch.randint(2, (rows, 2))
        for k in range(steps):
            p = model(x, (k + 0.5) / steps)
            drawn = torch.multinomial(p.reshape(-1, 2), 1).reshape(x.shape)
            x = torch.where(x.double().mean() < 0.6, drawn, x)
        return x

    found, alone = law(crowd, 2), law(lambda m, steps: crowd(m, steps, 1), 2, one_row=True)
    assert found.coupled
    assert not found.among
    np.testing.assert_allclose(found.law, alone.law, rtol=0, atol=1e-14)
