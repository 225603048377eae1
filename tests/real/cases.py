"""The stand-ins with the model that each asks for, and what must be said of each.

Importing it needs PyTorch.
"""

import math
from functools import partial

from real.stand_ins import (
    ancestral,
    masked_denoiser,
    mixture_path,
    noisy_confidence,
    poisson_jumps,
    score_predictor,
    transition_times,
)

from harness.noise import Absorbing, Uniform
from harness.real import TracedLoop, examine
from toy_targets import RandomTable

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
    "Poisson jumps": (
        score_predictor.sample,
        SCORE,
        {"update": poisson_jumps.update},
        "tau_leaping(multiple_jumps=clip)",
    ),
}


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
