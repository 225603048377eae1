"""A score that is learned: a small network trained by score entropy, and its exact error.

The network maps a sequence and a time to the logarithms of the ratios ``s_t(x)_{i,b}``.  It sees
draws of the data, noised by uniform noise, and minimises the denoising score entropy

    ``E Σ_i Σ_{b≠x_i} (1/S) [ŝ(x)_{i,b} - (P_t(x_0^i, b)/P_t(x_0^i, x_i)) log ŝ(x)_{i,b}]``

over a random time, whose least value is at the true score (Lou, Meng and Ermon 2024, arXiv
2310.16834).  What is measured of it afterwards is exact: no number here comes from draws.

Needs optax, the extra ``leapcheck[learned]``.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from harness.foundation.validation import instance, integer, real
from harness.measurement.measure import measure
from harness.problem.problem import Problem
from harness.process.noise import Uniform
from harness.process.score import Exact

WIDTH = 64  # of the two hidden layers
BATCH = 256  # draws a step
LONGEST, SHORTEST = 6.0, 1e-3  # noise times that are learned, drawn evenly in their logarithm


@dataclass(frozen=True, eq=False)
class Learned:
    """``(t, x [n, d]) -> ratios [n, d, S]`` of a network that was trained for ``steps``, by numpy.

    ``layers``: weights and biases.  Two are equal only if they are one.
    """

    tokens: int
    steps: int
    layers: Sequence[tuple[np.ndarray, np.ndarray]]

    def __call__(self, t: Any, x: Any) -> np.ndarray:
        found = _log_ratios(self.layers, self.tokens, np.asarray(x), np.asarray(t, float), np)
        return np.exp(found)


def train(problem: Problem, checkpoints: Sequence[int], seed: int = 0) -> list[Learned]:
    """The network after each number of training steps in ``checkpoints``, which grow from 0 on.

    ``problem`` has the data, as a table on sequences, and uniform noise; its sampler and grid are
    not used.  Raises ImportError without optax, TypeError or ValueError for another noise or a
    number that is none.
    """
    import optax

    instance("problem", problem, Problem)
    instance("noise", problem.noise, Uniform)
    integer("seed", seed, 0)
    rising = sorted({integer("checkpoint", each, 0) for each in checkpoints})
    if list(checkpoints) != rising:
        raise ValueError(f"checkpoints must grow, got {list(checkpoints)}")
    space = problem.sequences
    law = jnp.log(jnp.asarray(np.asarray(problem.data_law).reshape(-1), jnp.float32))
    states = jnp.asarray(space.states())
    layers = _fresh(space.tokens, space.length, seed)
    rate = optax.cosine_decay_schedule(3e-3, max(rising[-1], 1), 0.02)
    adam = optax.adam(rate)
    state, key = adam.init(layers), jax.random.key(seed)

    @partial(jax.jit, static_argnames="steps")
    def run(layers: Any, state: Any, key: Any, steps: int) -> Any:
        def step(carry: Any, _: None) -> Any:
            layers, state, key = carry
            key, own = jax.random.split(key)
            slope = jax.grad(_loss)(layers, space.tokens, states, law, own)
            change, state = adam.update(slope, state)
            return (optax.apply_updates(layers, change), state, key), None

        return jax.lax.scan(step, (layers, state, key), length=steps)[0]

    found, done = [], 0
    for wanted in rising:
        layers, state, key = run(layers, state, key, wanted - done)
        done = wanted
        kept = [(np.asarray(w, np.float64), np.asarray(b, np.float64)) for w, b in layers]
        found.append(Learned(space.tokens, done, kept))
    return found


def interplay(
    problem: Problem, scores: Sequence[Callable[[Any, Any], Any]], alone: int
) -> list[dict[str, float]]:
    """What a score costs and what the steps cost, together and each alone, in nats.

    For each of ``scores`` a row: ``score_error`` at the grid times; ``kl`` with that score on the
    grid of ``problem``, ``kl_steps`` with the exact score there, ``kl_score`` with that score on
    the same grid refined to ``alone`` steps; ``chain_kl`` and ``path_kl`` (nan where it is not
    known) with that score and, as ``chain_kl_steps`` and so on, with the exact one; ``data_tv``,
    the total variation between the data and the output, and
    ``data_tv_steps`` with the exact score.  Raises ValueError if ``alone`` is below the grid's own.
    """
    real("alone", alone, minimum=problem.grid.steps)
    refined = problem.grid.with_steps(alone)
    exact = measure(_with(problem, Exact()))
    rows = []
    for score in scores:
        both = measure(_with(problem, score))
        only = measure(_with(problem, score, refined))
        rows.append(
            {
                "score_error": both.score_error,
                "kl": both.kl,
                "kl_steps": exact.kl,
                "kl_score": only.kl,
                "chain_kl": both.chain_kl,
                "chain_kl_steps": exact.chain_kl,
                "path_kl": both.path_kl,
                "path_kl_steps": exact.path_kl,
                "data_tv": both.data_tv,
                "data_tv_steps": exact.data_tv,
            }
        )
    return rows


def _with(problem: Problem, score: Any, grid: Any = None) -> Problem:
    return replace(problem, score=score, grid=grid or problem.grid)


def _fresh(tokens: int, length: int, seed: int) -> list[tuple[jax.Array, jax.Array]]:
    sizes = [tokens * length + 3, WIDTH, WIDTH, tokens * length]
    keys = jax.random.split(jax.random.key(seed + 1), len(sizes) - 1)
    return [
        (jax.random.normal(key, (a, b)) * (0.1 if b == sizes[-1] else 1.0) / a**0.5, jnp.zeros(b))
        for key, a, b in zip(keys, sizes[:-1], sizes[1:], strict=True)
    ]


def _log_ratios(layers: Any, tokens: int, x: Any, t: Any, xp: Any) -> Any:
    """``[n, d, S]`` logarithms of ratios, 0 at the own token; ``t`` one time or one a row."""
    clean = xp.exp(-t) * xp.ones(x.shape[0])
    told = xp.stack([clean, xp.log1p(-clean), clean**2], -1)
    seen = (x[..., None] == xp.arange(tokens)).reshape(x.shape[0], -1)
    hidden = xp.concatenate([seen.astype(told.dtype), told], -1)
    for weight, bias in layers[:-1]:
        hidden = hidden @ weight + bias
        hidden = hidden * 0.5 * (1.0 + xp.tanh(0.5 * hidden))  # swish
    weight, bias = layers[-1]
    found = (hidden @ weight + bias).reshape(*x.shape, tokens)
    return found - xp.take_along_axis(found, x[..., None], -1)


def _loss(layers: Any, tokens: int, states: jax.Array, law: jax.Array, key: jax.Array) -> jax.Array:
    """The denoising score entropy of a batch, up to what no network changes."""
    which, when, stays, fresh = jax.random.split(key, 4)
    clean = states[jax.random.categorical(which, law, shape=(BATCH,))]
    span = jnp.log(LONGEST) - jnp.log(SHORTEST)
    t = SHORTEST * jnp.exp(span * jax.random.uniform(when, (BATCH,)))
    kept = jax.random.uniform(stays, clean.shape) < jnp.exp(-t)[:, None]
    x = jnp.where(kept, clean, jax.random.randint(fresh, clean.shape, 0, tokens))
    log_ratios = _log_ratios(layers, tokens, x, t, jnp)
    away = -jnp.expm1(-t)[:, None, None] / tokens
    reach = away + jnp.exp(-t)[:, None, None] * jax.nn.one_hot(clean, tokens)
    wanted = reach / jnp.take_along_axis(reach, x[..., None], -1)
    each = jnp.exp(log_ratios) - wanted * log_ratios
    other = 1.0 - jax.nn.one_hot(x, tokens)
    weight = (t / (1 + t))[:, None, None]  # a draw in log t counts its time, large ones no more
    return (weight * each * other).sum() / (BATCH * tokens)
