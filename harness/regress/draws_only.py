"""A sampler that only draws is told so, once: what a law is, and what it can do without one."""

import inspect
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from harness.foundation.registry import load, samplers
from harness.regress import bank

DRAWING = ("sample", "draw", "sample_step", "generate")  # methods in the place of a step
RANDOM = ("key", "rng", "generator", "seed", "prng_key", "random_state")  # what a step may ask for
PAGE = "docs/from-a-drawing-sampler-to-a-law.md"
ADVICE = (
    "leapcheck computes with the law of the next state, not with draws from it: the probability of "
    "each token for every state that the step is given, as Tokens(p [n, d, S]) or another law of "
    "harness.step. To write one, return the probabilities that are drawn from: "
    "jax.random.categorical(key, logits) becomes Tokens(jax.nn.softmax(logits)), a Poisson number "
    "of jumps its tails, a top-k its choice, two draws a TwoStage; a model that is no JAX keeps "
    "its code with on_host=True in its claims. Without a law its draws can still be tested "
    "against that of any sampler that has one: harness.statistics.draws_test(draws, "
    f"output_law(problem), 1e-3). {PAGE} goes through each case, and `leapcheck new sampler NAME` "
    "writes a sampler that runs"
)


def told(thing: Any) -> str:
    """What to tell the author of ``thing``, a sampler or its class, where it draws; else empty.

    It draws if it has a ``sample`` and no ``step``, if its step asks for random numbers, or if its
    step returns states: integers where a law was wanted.
    """
    seen = _seen(thing)
    return f"{_name(thing)} draws: {seen}. {ADVICE}" if seen else ""


def _seen(thing: Any) -> str:
    step = getattr(thing, "step", None)
    if not callable(step):
        methods = [name for name in DRAWING if callable(getattr(thing, name, None))]
        return f"it has .{methods[0]} and no step" if methods else ""
    asked = [name for name in inspect.signature(step).parameters if name in RANDOM]
    if asked:
        return f"its step asks for random numbers, {asked[0]!r}"
    if isinstance(thing, type):
        return ""
    states = _returned(thing)
    if states is None or states.dtype.kind not in "iub":
        return ""
    return f"its step returns states, integers {list(states.shape)}, where their law is wanted"


def _returned(sampler: Any) -> np.ndarray | None:
    """What a step gives, as an array; None where it cannot run or gives no array."""
    load()
    masked = getattr(getattr(sampler, "claims", None), "needs_mask", False)
    known = samplers["masked_plug_in" if masked else "tweedie"]()
    problem = bank.problem(known, bank.ONE_WAY, bank.UNEVEN)
    t, s = problem.grid.intervals()[0]
    try:
        with jax.enable_x64(True):
            x, score = problem.sequences.states(), problem.score_model
            found = sampler.step(score, problem.noise, x, jnp.asarray(t), jnp.asarray(s))
        return np.asarray(found)
    except Exception:  # a stranger's code may raise anything; its own check says what
        return None


def _name(thing: Any) -> str:
    return thing.__name__ if isinstance(thing, type) else type(thing).__name__
