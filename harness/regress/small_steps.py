"""Transition matrices of single steps, of the sampler and of the truth.

All in float64, entry by entry: off the diagonal an entry has all its digits however short the step.
"""

import math
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from harness.engines.sequences import by_kind
from harness.engines.sequences.step_laws import law_of_step, traceable
from harness.engines.sequences.tokens import fold
from harness.foundation.precision import float64
from harness.law.step import Generator, InTurn, Tokens, Varying
from harness.problem.problem import Problem
from harness.process.noise import Noise, noise_kernel
from harness.process.space import Sequences
from harness.process.truth import on_sequences
from harness.regress.extrapolation import at_zero

HALVINGS = 4  # steps of four lengths, each half the one before
FINE = 512  # the longest is this part of t, or of the time in which the noise moves a token
COARSE = 16  # and where laws have few digits
ROUNDING = 1e-14  # of a probability
LOST = 1e-12  # what is lost is the rest of a sum
DUST = 1e-12  # of a probability, in a step of any length
AT_ONCE = 4  # steps in one call of a program
NOISES = 20  # kernels of the noise in one


def kernels(problem: Problem, t: Any, s: Any) -> tuple[np.ndarray, np.ndarray]:
    """``K [m, S^d, S^d]`` of steps from ``t [m]`` to ``s [m]``; what they lose ``[m, S^d]``."""
    fixed, given = (
        (problem.sampler, problem.chain_space),
        (problem.score_model, problem.symbol_noise),
    )
    t, s = np.broadcast_arrays(np.asarray(t, np.float64), np.asarray(s, np.float64))
    rows, lost = [], []
    with float64(), traceable(problem):
        if problem.sampler.claims.on_host:
            each = [_one(*fixed, *given, *ts) for ts in zip(t, s, strict=True)]
            both = [np.stack([np.asarray(one[k]) for one in each]) for k in (0, 1)]
            return both[0], both[1]
        for first in range(0, len(t), AT_ONCE):
            some = slice(first, first + AT_ONCE)
            padding = (0, AT_ONCE - len(t[some]))
            now, then = (np.pad(each[some], padding, "edge") for each in (t, s))
            found = _many(*fixed, *given, now, then)
            rows.append(np.asarray(found[0])[: len(t[some])])
            lost.append(np.asarray(found[1])[: len(t[some])])
    return np.concatenate(rows), np.concatenate(lost)


def _one(
    sampler: Any, space: Sequences, score: Any, noise: Noise, t: Any, s: Any
) -> tuple[Array, Array]:
    law: Any = law_of_step(sampler, space, space.size, score, noise, 0, t, s)
    rows, lost = by_kind.transitions(_folded(law, space), space)
    return rows, jnp.broadcast_to(jnp.asarray(lost, jnp.float64), space.size)


def _folded(law: Any, space: Sequences) -> Any:
    """``law`` of classes of tokens with those that move within their class among the rest.

    Raises TypeError for a law of another kind than those that classes may have.
    """
    match law:
        case _ if not space.class_sizes:
            return law
        case Tokens():
            return replace(law, p=fold(space, law.p, space.states()))
        case InTurn():
            return InTurn(tuple(_folded(stage, space) for stage in law.stages))
        case Generator() | Varying():  # of which none within a class are read
            return law
    raise TypeError(f"a {type(law).__name__} has no columns of classes")


@partial(jax.jit, static_argnames=("sampler", "space"))
def _many(sampler: Any, space: Sequences, score: Any, noise: Noise, t: Array, s: Array) -> Any:
    return jax.lax.map(lambda ts: _one(sampler, space, score, noise, *ts), (t, s))


class Truth(NamedTuple):
    """Of steps from ``t [m]`` to ``s [m]``: ``before``, ``after [m, S^d]`` the laws at both ends.

    ``kernel [m, S^d, S^d]`` the law of ``X_s`` given ``X_t``; rows of impossible states are 0.
    """

    before: np.ndarray
    after: np.ndarray
    kernel: np.ndarray


def truth(problem: Problem, t: Any, s: Any) -> Truth:
    """The reverse process, by Bayes' rule with positive factors only."""
    space, data = problem.sequences, problem.data_law
    t, s = np.broadcast_arrays(np.asarray(t, np.float64), np.asarray(s, np.float64))
    to_t, to_s, between = (noised(problem, each) for each in (t, s, t - s))
    before, after = (
        np.stack([_spread(space, data, each) for each in kernels]) for kernels in (to_t, to_s)
    )
    forward = np.ones((len(t), 1, 1))
    for _ in range(space.length):
        forward = (forward[:, :, None, :, None] * between[:, None, :, None, :]).reshape(
            len(t), forward.shape[1] * space.tokens, -1
        )
    joint = after[:, None, :] * forward.swapaxes(1, 2)
    here = np.where(before > 0, before, 1.0)
    return Truth(before, after, joint * (before > 0)[..., None] / here[..., None])


def noised(problem: Problem, t: Any) -> np.ndarray:
    """``[m, S, S]`` kernels of the noise after the times ``t [m]``."""
    tokens, few = problem.sequences.tokens, math.ceil(len(t) / NOISES) * NOISES
    with float64():
        found = _noised(problem.symbol_noise, np.resize(t, few), tokens)
    return np.asarray(found)[: len(t)]


def rate_matrix(problem: Problem) -> np.ndarray:
    """``[S, S]`` rates of the noise."""
    with float64():
        return np.asarray(_rate_matrix(problem.symbol_noise, problem.sequences.tokens))


@partial(jax.jit, static_argnames=("tokens",))
def _noised(noise: Noise, t: Array, tokens: int) -> Array:
    return jax.lax.map(lambda each: noise_kernel(noise, each, tokens), t)


@partial(jax.jit, static_argnames=("tokens",))
def _rate_matrix(noise: Noise, tokens: int) -> Array:
    return jnp.asarray(noise.rate_matrix(tokens), jnp.float64)


def _spread(space: Sequences, law: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    for _ in range(space.length):  # each product also turns the axes by one place
        law = (law.reshape(space.tokens, -1).T @ kernel).reshape(-1)
    return law


class Small(NamedTuple):
    """Steps of lengths ``h [m]``: what the sampler does, ``rows [m, S^d, S^d]``, and the truth.

    ``rounding``: how far an entry of ``rows`` may be off, as the extrapolation enlarges it.
    """

    h: np.ndarray
    rows: np.ndarray
    lost: np.ndarray
    truth: Truth
    rounding: float = ROUNDING

    def change(self) -> np.ndarray:
        """``[m, S^d]`` what the sampler adds to the law that the truth leads to, a unit of time.

        Without the diagonal, of which little is left when 1 is taken off.
        """
        gap, before = self.rows - self.truth.kernel, self.truth.before[0]
        gap[:, np.arange(len(before)), np.arange(len(before))] = 0.0
        return (before @ gap - before * (gap.sum(2) + self.lost)) / self.h[:, None]

    def fastest(self) -> float:
        """The largest rate at which the sampler leaves a state that the truth visits."""
        leave = self.rows[-1].sum(-1) - self.rows[-1].diagonal()
        return float(leave[self.truth.before[0] > 0].max() / self.h[-1])

    def floor(self) -> np.ndarray:
        """``[S^d]`` what rounding may make of the last ``change``, of each chance to come.

        A chance that the truth alone has may be one that rounding of float64 has made 0.  No fewer
        digits excuse that: what is then impossible is lost at any number of steps.
        """
        there = self.rows[-1] > 0
        lost = ~there & (self.truth.kernel[-1] > 0)
        return self.truth.before[-1] @ (there * self.rounding + lost * ROUNDING) / self.h[-1]


def fineness(sampler: Any) -> int:
    """The part of ``t``, or of the noise's time, that the longest of small steps is.

    With few digits longer steps show more: what a law is off is divided by the step.
    """
    return FINE if sampler.claims.law_error < ROUNDING else COARSE


def from_infinity(fine: int = FINE) -> tuple[np.ndarray, np.ndarray]:
    """Ends ``s`` of steps from ``t = inf`` that reveal a mask with probability ``h = e^{-s}``."""
    h = 1.0 / fine / 2.0 ** np.arange(HALVINGS)
    return -np.log(h), h


def lengths(t: float, fine: int = FINE, fastest: float = 1.0) -> np.ndarray:
    """``[HALVINGS]`` lengths of small steps from ``t``, as float64 has them.

    ``fastest``: the largest rate at which the noise leaves a token; near the data ``1/t`` is added.
    """
    time = min(1.0, t) if fastest <= 1.0 else 1.0 / (fastest + 1.0 / t)
    return t - (t - time / fine / 2.0 ** np.arange(HALVINGS))


def fastest(problem: Problem) -> float:
    """The largest rate at which the noise leaves a token."""
    return float(-rate_matrix(problem).diagonal().min())


def shares_off(found: np.ndarray, wanted: np.ndarray, dust: float = DUST) -> np.ndarray:
    """By which share each probability is off, less what rounding does in a step of any length."""
    gaps = np.maximum(np.abs(found - wanted) - dust, 0.0)
    return gaps / np.where(wanted > 0, wanted, 1.0)


def named(problem: Problem, k: Any) -> str:
    """State ``k`` as its tokens, a mask as ``_``."""
    space = problem.sequences
    x, mask = on_sequences.index_tables(space)[0][int(k)], space.tokens - 1
    return "".join("_" if space.masked and a == mask else str(a) for a in x)


def between_states(problem: Problem, rates: np.ndarray) -> np.ndarray:
    """``[S^d, S^d]`` of rates ``[S^d, d, S]`` to tokens, 0 to itself."""
    _, to = on_sequences.index_tables(problem.sequences)
    found = np.zeros((len(to), len(to)))
    np.add.at(found, (np.arange(len(to))[:, None, None], to), rates)
    np.fill_diagonal(found, 0.0)
    return found


def true_rates(problem: Problem, t: float, small: Small) -> np.ndarray:
    """``[S^d, S^d]`` rates of the truth at ``t``; from ``inf``, chances to be revealed."""
    law = small.truth.before[0]
    if np.isinf(t):
        chances = at_zero(small.truth.kernel / small.h[:, None, None])[0]
        one = (_distance(problem) == 1) & (law > 0)[:, None]
        return np.where(one, chances, 0.0)
    x, to = on_sequences.index_tables(problem.sequences)
    here = np.where(law > 0, law, 1.0)[:, None, None]
    ratios = np.where((law > 0)[:, None, None], law[to] / here, 0.0)
    return between_states(problem, ratios * rate_matrix(problem).T[x])


def _distance(problem: Problem) -> np.ndarray:
    """``[S^d, S^d]`` in how many tokens two states differ."""
    x = on_sequences.index_tables(problem.sequences)[0]
    return (x[:, None] != x).sum(-1)
