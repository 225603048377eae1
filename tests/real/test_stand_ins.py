"""Right and wrong code of every call shape: each is named in words, and by nothing else.

Laws are exact, on three positions of three tokens; a table says what must be found.
"""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="laws of PyTorch code need PyTorch: leapcheck[torch]")

from helpers.slow_cases import cases
from real.cases import (
    CLEAN,
    LOGITS,
    PADDED,
    PATH,
    RIGHT,
    STEPS,
    TARGET,
    WRONG,
    faults,
    report,
)
from real.stand_ins import ancestral, masked_denoiser, transition_times

SELDOM = {"Poisson jumps"}  # 9 s


@pytest.mark.parametrize("name", cases(RIGHT, SELDOM.__contains__))
def test_what_is_right_is_called_right_and_by_its_name(name):
    code, model, changes, built_in = RIGHT[name]
    found = report(code, model, **changes)
    assert found.good, str(found)
    assert faults(found) == []
    if built_in is None:
        assert found.beside.tv > 1e-3
    else:
        assert (found.beside.sampler, found.beside.tv) == (built_in, pytest.approx(0, abs=1e-9))


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_named(name):
    code, model, changes, kind, words = WRONG[name]
    steps = (2,) if kind == "rows of a batch" else STEPS
    found = report(code, model, steps, block=changes.get("block_length"), **changes)
    assert not found.good
    named = {finding.kind: finding.words for finding in found.findings if finding.fault}
    assert kind in named, str(found)
    assert words in named[kind]
    assert len(named) == 1 or set(named) == {"positions left out", "masks are left"}, named
    assert found.agreement.passed


def test_a_greedy_end_and_low_confidence_cost_what_is_said_of_them():
    """Numbers of the law by hand: the mode of each last mask, and of all of them."""
    law = np.exp(TARGET.log_law())
    end = report(ancestral.sample, PADDED, (1,), last="greedy").points[0]
    modes = [law.sum(tuple({0, 1, 2} - {i})).argmax() for i in range(3)]
    assert end.law[tuple(modes)] == pytest.approx(1, abs=1e-12)
    kept = report(masked_denoiser.sample, LOGITS, (2, 4), remasking="low_confidence").points
    assert kept[1].kl > kept[0].kl  # more steps, worse


def test_transition_times_drawn_beforehand_are_the_plug_in():
    """16 times ahead of three tokens are 4,096 ways, of which a step asks: has it come?"""
    found = report(transition_times.sample, CLEAN, (2, 16))
    assert found.good, str(found)
    assert found.beside.sampler == "masked_plug_in"
    assert found.beside.tv < 1e-12
    assert found.points[-1].seen.memory == ()
    assert found.points[-1].seen.states == 64


def test_blocks_that_overlap_are_named():
    """Blocks of one, as was said, and code that reveals all three positions as one block."""
    found = report(masked_denoiser.sample, LOGITS, (3,), block=1)
    assert faults(found) == ["blocks overlap"]
    (told,) = [each for each in found.findings if each.fault]
    assert told.words == "positions 1, 2 are revealed while the block before them has masks"
    in_blocks = report(masked_denoiser.sample, LOGITS, (3,), block=1, block_length=1)
    assert faults(in_blocks) == []


def test_answers_that_are_not_in_line_with_the_tokens_are_named():
    def shifted(model, steps, rows):
        x = torch.full((rows, 3), 3)
        for k in range(steps):
            p = model(x).softmax(-1).roll(1, 1)
            drawn = torch.multinomial(p.reshape(-1, 3), 1).reshape(x.shape)
            x = torch.where((x == 3) & (torch.rand(rows, 3) < 1 / (steps - k)), drawn, x)
        return x

    found = report(shifted, LOGITS, (2, 4))
    assert faults(found) == ["answers of another position"]
    assert "i + 2 (counted round)" in str(found)


def test_noise_of_few_bits_is_said_and_no_fault():
    found = report(masked_denoiser.sample, LOGITS, (2, 4), dtype=torch.float32)
    assert found.good, str(found)
    (told,) = [each for each in found.findings if each.kind == "noise in float32"]
    assert "24 bits" in told.words


def test_a_race_without_a_logarithm_is_named_though_its_kl_goes_to_0():
    """The mask takes part in the race: the finer the steps, the less the wrong law shows."""

    def by_ratio(model, steps, rows):
        x = torch.full((rows, 3), 3)
        for k in range(steps):
            p = model(x)
            stays = (steps - k - 1) / (steps - k)
            q = torch.cat([(1 - stays) * p, torch.full((rows, 3, 1), stays, dtype=p.dtype)], -1)
            drawn = (q / torch.rand(q.shape, dtype=q.dtype)).argmax(-1)
            x = torch.where(x == 3, drawn, x)
        return x

    found = report(by_ratio, CLEAN, (2, 4))
    assert faults(found) == ["another law"]
    assert "does not become a token by the model's law" in str(found)


def test_what_cannot_be_followed_is_tested_by_draws():
    def by_normal(model, steps, rows):
        x = torch.full((rows, 3), 3)
        for i in range(3):
            p = model(x).softmax(-1)[:, i]
            u = (torch.erf(torch.randn(rows, 1) / 2**0.5) + 1) / 2
            x[:, i] = (p.cumsum(-1) < u).sum(-1).clamp(max=2)
        return x

    found = report(by_normal, LOGITS, (3,))
    assert found.statistics is not None
    assert "randn" in found.refused
    assert "by_normal" in found.refused or "torch.randn(rows, 1)" in found.refused
    assert found.good, str(found)


@pytest.mark.parametrize("model", [LOGITS, PATH], ids=["masks", "uniform"])
def test_a_loop_that_never_calls_its_model_is_told_so(model):
    def guessing(model, steps, rows):
        return torch.randint(3, (rows, 3))

    found = report(guessing, model, (1, 2))
    assert faults(found) == ["the model is never called"]
    assert found.points[-1].calls == 0
    assert found.points[-1].law == pytest.approx(np.full((3, 3, 3), 1 / 27))
    assert not found.good
    assert "the loop never calls the model" in str(found)
