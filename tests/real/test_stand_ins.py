"""Right and wrong code of every call shape: each is named in words, and by nothing else.

Laws are exact, on three positions of three tokens; a table says what must be found.
"""

import math
from functools import partial

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="laws of PyTorch code need PyTorch: leapcheck[torch]")

from real.stand_ins import (  # noqa: E402
    ancestral,
    masked_denoiser,
    mixture_path,
    noisy_confidence,
    score_predictor,
    transition_times,
)

from harness.noise import Absorbing, Uniform  # noqa: E402
from harness.real import TracedLoop, examine  # noqa: E402
from toy_targets import RandomTable  # noqa: E402

TARGET = RandomTable(3, 3, seed=2)
LOGITS = {"asks": "logits", "options": {"mask": 3, "outputs": 3, "timed": False}}
PADDED = {"asks": "posterior", "options": {"mask": 3, "outputs": 4, "timed": False}}
CLEAN = {"asks": "posterior", "options": {"mask": 3, "outputs": 3, "timed": False}}


def path_time(t):
    """The noise time at which a token is left alone with probability ``t``."""
    return -math.log(t) if t > 0 else math.inf


PATH = {"asks": "posterior", "options": {"clock": path_time}}
CAVITY = {"asks": "cavity", "options": {"clock": path_time}}
SCORE = {"asks": "score"}
STEPS = (2, 4, 8)


def report(code, model, steps=STEPS, block=None, **changes):
    noise = Absorbing() if "mask" in model.get("options", {}) else Uniform()
    stop = 0.05 if model is SCORE else 0.0
    loop = TracedLoop(partial(code, **changes), name="code", steps=steps, **model)
    return examine(loop, TARGET, noise, stop=stop, block=block, draws=5_000)


def faults(found):
    return [finding.kind for finding in found.findings if finding.fault]


RIGHT = {
    # name: (code, model, changes, the built-in sampler that it is)
    "ancestral": (ancestral.sample, PADDED, {}, "masked_plug_in"),
    "denoiser": (masked_denoiser.sample, LOGITS, {}, "fixed_cardinality(sizes=(1, 1, 1))"),
    "blocks of one": (
        masked_denoiser.sample,
        LOGITS,
        {"block_length": 1},
        "fixed_cardinality(sizes=(1, 1, 1))",
    ),
    "mixture path": (mixture_path.sample, PATH, {}, None),
    "by Bayes, leave-one-out": (mixture_path.by_bayes, CAVITY, {}, "tweedie"),
    "Euler": (score_predictor.sample, SCORE, {"update": score_predictor.euler}, "euler"),
    "analytic": (score_predictor.sample, SCORE, {"update": score_predictor.analytic}, "tweedie"),
}


@pytest.mark.parametrize("name", RIGHT)
def test_what_is_right_is_called_right_and_by_its_name(name):
    code, model, changes, built_in = RIGHT[name]
    found = report(code, model, **changes)
    assert found.good, str(found)
    assert faults(found) == []
    if built_in is None:
        assert found.beside.tv > 1e-3
    else:
        assert (found.beside.sampler, found.beside.tv) == (built_in, pytest.approx(0, abs=1e-9))


WRONG = {
    # name: (code, model, changes, what is found, words in it)
    "greedy end": (ancestral.sample, PADDED, {"last": "greedy"}, "greedy end", "draws nothing"),
    "old answer": (
        ancestral.sample,
        PADDED,
        {"cache": "every other step"},
        "an old answer is used",
        "8 steps ask the model 4 times",
    ),
    "temperature": (ancestral.sample, PADDED, {"power": 2.0}, "temperature", "of 0.5, not 1"),
    "top-p": (ancestral.sample, PADDED, {"top_p": 0.8}, "nucleus", "(top-p)"),
    "an eps": (ancestral.sample, PADDED, {"eps": 1e-3}, "added", "about 0.001 is added"),
    "mask drawn": (
        ancestral.sample,
        PADDED,
        {"mask_weight": 0.01},
        "a mask can be drawn",
        "fewer with more steps",
    ),
    "rounded schedule": (
        ancestral.sample,
        PADDED,
        {"chances": ancestral.eighths},
        "masks are left",
        "however many steps",
    ),
    "last time": (
        ancestral.sample,
        PADDED,
        {"chances": ancestral.above_zero},
        "masks are left",
        "0.0297 of the samples",
    ),
    "low confidence": (
        masked_denoiser.sample,
        LOGITS,
        {"remasking": "low_confidence"},
        "order by confidence",
        "the likelier first",
    ),
    "noisy confidence": (
        noisy_confidence.sample,
        LOGITS,
        {},
        "order by confidence",
        "the likelier first",
    ),
    "block off by one": (
        masked_denoiser.sample,
        LOGITS,
        {"block_length": 1, "late": 1},
        "positions left out",
        "positions 1 are never revealed",
    ),
    "posterior for cavity": (
        mixture_path.by_bayes,
        PATH,
        {},
        "needs cavity predictions",
        "with them the KL goes to 0 like h^1.",
    ),
    "previous time": (
        score_predictor.sample,
        SCORE,
        {"update": score_predictor.from_estimate(score_predictor.analytic)},
        "asks at the wrong time",
        "of the call before it is tweedie",
    ),
    "shared times": (
        transition_times.sample,
        CLEAN,
        {"shared": True},
        "rows of a batch",
        "torch.randint(steps, shape)",
    ),
    "first row": (
        transition_times.sample_of_the_first,
        CLEAN,
        {},
        "rows of a batch",
        "asked of 1 sequences",
    ),
}


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
    """What is remembered is found, and the law allows for it: reveals with equal chances."""
    found = report(transition_times.sample, CLEAN, (2, 4))
    assert found.good, str(found)
    assert found.beside.sampler == "masked_plug_in"
    assert found.beside.tv < 1e-12
    assert any(each.kind == "hidden memory" for each in found.findings)


def test_noise_of_few_bits_is_said_and_no_fault():
    found = report(masked_denoiser.sample, LOGITS, (2, 4), dtype=torch.float32)
    assert found.good, str(found)
    (told,) = [each for each in found.findings if each.kind == "noise in float32"]
    assert "24 bits" in told.words


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
