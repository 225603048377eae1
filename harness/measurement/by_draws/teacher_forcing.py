"""The output KL of decoders that look at values, by draws from the data, at any length.

Statement.  Where the tokens ``S_r`` that round ``r`` reveals are a function of the unmasked ones,
``KL(q_0‖p_out)`` is the mean over ``x ∼ q_0`` of each of two numbers of one walk, in which the
tokens chosen are set to those of ``x``:

    ``log q_0(x) - Σ_r Σ_{i∈S_r} log Pr(x_i | x_{C_r})``  and  ``Σ_r TC(X_{S_r} | x_{C_r})``.

Proof.  Only one walk leads to ``x``, so the first sum is ``log p_out(x)``.  By the chain rule
``log q_0(x) = Σ_r log Pr(x_{S_r} | x_{C_r})``, and given ``x_{C_r}`` the mean of round ``r`` is the
total correlation of what it reveals.  ∎

The second is a sum of terms that are not negative, each a mean already, and varies far less.  Where
a target does not know its total correlations, each is replaced by one of mean equal to it, from
the tokens that are shown: with the mean over each in the place of the token, they too are not
negative and vary less than the first (see ``toy_targets.in_turn``).
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from harness.engines.draws.long_sequences import step_law_at
from harness.engines.steps import told_times
from harness.foundation.precision import float64
from harness.foundation.registry import label
from harness.foundation.validation import instance
from harness.law.step import Tokens
from harness.measurement.by_draws.chain_kl import engine_of
from harness.numerics.inverse_transform import keys_of, refreshed
from harness.problem.monte_carlo import Estimate
from harness.problem.problem import Problem

BATCH_ENTRIES = 2**20  # of a table over draws, positions and symbols, held at a time


@dataclass(frozen=True)
class WalkSums:
    """What each of ``n`` sequences drawn from the data adds.

    ``log_ratio [n]`` nats ``log q_0(x) - log p_out(x)``, ``inf`` where a mask is left at the end;
    ``dependence [n, N]`` nats of total correlation of each step, or whose mean it is;
    ``revealed [n, N]`` how many tokens each step reveals.
    """

    log_ratio: np.ndarray
    dependence: np.ndarray
    revealed: np.ndarray

    def part(self, rows: slice) -> "WalkSums":
        """Of some of the sequences."""
        return WalkSums(**{f.name: getattr(self, f.name)[rows] for f in fields(self)})

    @property
    def start(self) -> np.ndarray:
        """``[n]`` what the start costs: nothing, from all masks."""
        return np.zeros(len(self.log_ratio))

    @property
    def kl(self) -> np.ndarray:
        """``[n]`` nats whose mean is the output KL, by total correlations."""
        left = np.isinf(self.log_ratio)
        return np.where(left, np.inf, self.dependence.sum(1))

    @property
    def rounds(self) -> np.ndarray:
        """``[n]`` how many steps reveal a token."""
        return (self.revealed > 0).sum(1)

    @property
    def parallel(self) -> np.ndarray:
        """``[n]`` how many steps reveal more than one."""
        return (self.revealed > 1).sum(1)


@dataclass(frozen=True)
class OutputEstimate:
    """Estimates from the same draws: ``kl`` in nats, the output KL, and by its ``log_ratio`` alone;
    ``rounds``, how many steps reveal a token.
    """

    kl: Estimate
    log_ratio: Estimate
    rounds: Estimate


def estimate_output_kl(problem: Problem, sums: WalkSums | None = None) -> OutputEstimate:
    """The output KL of a ``problem`` with ``engine=MonteCarlo(...)`` and a mask, with its interval.

    For a sampler whose choice of tokens is a function of the unmasked ones, with the exact score:
    ``confidence``, ``threshold``, ``entropy_bound``, ``blocks`` and others like them.  ``sums``:
    those of walks that were made already.  Raises ValueError for another engine, for noise without
    a mask and for a sampler that reveals at random.
    """
    instance("problem", problem, Problem)
    confidence = engine_of(problem).confidence
    sums = sums or walk_sums(problem)
    samples = sums.kl, sums.log_ratio, sums.rounds.astype(float)
    return OutputEstimate(*(Estimate.of(sample, confidence) for sample in samples))


@lru_cache(maxsize=2)  # of one problem the KL, theorems and score calls ask for it
def walk_sums(problem: Problem) -> WalkSums:
    """Draw sequences and walk along each.  Raises as ``estimate_output_kl``.

    A sequence depends on the seed and its own number only.
    """
    engine, space = engine_of(problem), problem.sequences
    if not space.masked:
        raise ValueError(f"teacher forcing needs absorbing noise, got {problem.noise}")
    rows = min(max(BATCH_ENTRIES // (space.length * space.tokens), 1), engine.draws)
    with float64():
        root, parts = jax.random.key(engine.seed), []
        for first in range(0, engine.draws, rows):
            numbers = np.arange(first, first + rows, dtype=np.uint32)  # one shape: one program
            kept = slice(min(rows, engine.draws - first))
            parts.append(_walk(problem, keys_of(root, jnp.asarray(numbers))).part(kept))
    names = [field.name for field in fields(WalkSums)]
    return WalkSums(**{name: np.concatenate([getattr(p, name) for p in parts]) for name in names})


def _walk(problem: Problem, keys: Array) -> WalkSums:
    """From all masks to ``x`` along the sampler's own choices, for each of ``keys``."""
    law, steps = problem.conditionals, problem.grid.steps
    x, log_prob = _drawn(law, keys)
    z = jnp.full_like(x, problem.sequences.tokens - 1)
    log_output = jnp.zeros(len(x))
    dependence, revealed = np.zeros((len(x), steps)), np.zeros((len(x), steps), int)
    for k, (at, chosen, gained) in enumerate(_rounds(problem, x, z)):
        log_output = log_output + gained
        told = law.total_correlation(np.asarray(at), np.asarray(chosen))
        dependence[:, k] = _in_turn(law, at, chosen, x) if told is None else told
        revealed[:, k] = np.asarray(chosen).sum(1)
    unfinished = revealed.sum(1) < x.shape[1]
    log_ratio = np.where(unfinished, np.inf, np.asarray(log_prob - log_output))
    return WalkSums(log_ratio, dependence, revealed)


def _rounds(problem: Problem, x: Array, z: Array) -> Iterator[tuple[Array, Array, Array]]:
    """Where each round begins, what it reveals, and the log-probability of that; to the last mask.

    Raises ValueError for a sampler that reveals at random.
    """
    score = problem.score_model
    for (t, _), told in zip(problem.grid.intervals(), told_times(problem), strict=True):
        law = step_law_at(problem, score, z, t, told)
        if not isinstance(law, Tokens):
            raise ValueError(RANDOM.format(label(problem.sampler)))
        chosen, gained, random, after = _forced(law.p, z, x)
        if random:
            raise ValueError(RANDOM.format(label(problem.sampler)))
        yield z, chosen, gained
        z = after
        if not (z == problem.sequences.tokens - 1).any():
            return


RANDOM = (
    "teacher forcing needs a sampler whose choice of tokens is a function of the unmasked ones; "
    "{} reveals at random"
)


@jax.jit
def _drawn(law: Any, keys: Array) -> tuple[Array, Array]:
    x = law.draw(refreshed(keys, 0))
    return x, law.log_prob(x)


@jax.jit
def _in_turn(law: Any, z: Array, chosen: Array, x: Array) -> Array:
    return law.told_in_turn(z, chosen, x)


@jax.jit
def _forced(p: Array, z: Array, x: Array) -> tuple[Array, Array, Array, Array]:
    """Of a step ``p [n, d, S + 1]`` from ``z``: the tokens chosen, ``log p`` of those of ``x``,
    whether any is chosen at random, and ``z`` with them.
    """
    masked, stays = z == p.shape[-1] - 1, p[..., -1]
    chosen = masked & (stays == 0)
    token = jnp.take_along_axis(p, x[..., None], -1)[..., 0]
    gained = jnp.where(chosen, jnp.log(jnp.where(chosen, token, 1.0)), 0.0).sum(-1)
    random = (masked & (stays != 0) & (stays != 1)).any()
    return chosen, gained, random, jnp.where(chosen, x, z)
