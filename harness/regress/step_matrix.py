"""A step law by an outsider's code: written out entry by entry, and checked to be a law at all."""

import math
from collections import Counter
from collections.abc import Iterator
from functools import reduce
from itertools import combinations_with_replacement
from typing import Any

import jax
import numpy as np
from scipy.integrate import solve_ivp
from scipy.linalg import expm

from harness.engines.sequences import by_kind
from harness.engines.sequences.by_kind import Choice, Pairs
from harness.foundation.precision import float64
from harness.law.step import Generator, InTurn, Kernel, Mixture, RandomOrder, Tokens, Varying
from harness.problem.problem import Problem
from harness.process.truth import on_sequences
from harness.regress.check_outcome import worse
from harness.regress.subsets_and_orders import random_order


def dense(problem: Problem, law: Any) -> np.ndarray:
    """``K [S^d, S^d]`` of one step, written out entry by entry."""
    x, neighbours = on_sequences.index_tables(problem.chain_space)
    here = np.arange(len(x))
    match law:
        case RandomOrder():
            return random_order(law, x, neighbours)
        case Tokens():
            p = _np(law.p)
            return np.prod([p[:, i][:, x[:, i]] for i in range(x.shape[1])], axis=0)
        case Mixture():
            branches = [dense(problem, Tokens(p)) for p in _np(law.p).swapaxes(0, 1)]
            return np.einsum("nz,zny->ny", np.exp(_np(law.log_weights)), branches)
        case Pairs():
            first = dense(problem, law.first)
            second = dense(problem, law.second).reshape(len(x), len(x), -1)
            return np.einsum("xm,xmy->xy", first, second)
        case Kernel():
            return _np(law.p)
        case Choice():
            return _chosen(dense(problem, law.proposal), _np(law.weights), law.count)
        case Varying():
            return _integrated(law, x, neighbours)
        case InTurn():
            return reduce(np.matmul, [dense(problem, stage) for stage in law.stages])
    matrix = np.zeros((len(x), len(x)))
    np.add.at(matrix, (here[:, None, None], neighbours), _np(law.rates))
    matrix[here, here] -= matrix.sum(1)
    return expm(matrix * float(law.duration))


def _chosen(rows: np.ndarray, weights: np.ndarray, count: int) -> np.ndarray:
    """Every multiset of the other proposals, one by one: the mean of ``w(y)/Σ w``, for each row."""
    total = np.zeros_like(rows)
    for others in combinations_with_replacement(range(len(weights)), count - 1):
        orders = math.factorial(count - 1)
        for each in Counter(others).values():
            orders //= math.factorial(each)
        chance = orders * rows[:, list(others)].prod(1)
        total += chance[:, None] * rows * weights / (weights + weights[list(others)].sum())
    return count * total


def _integrated(law: Varying, x: np.ndarray, neighbours: np.ndarray) -> np.ndarray:
    """``dK/du = -K Q_u`` from ``u = begin`` down to ``end``, by a Runge-Kutta method of order 8."""
    here, rates_at = np.arange(len(x)), jax.jit(lambda law, u: law.rates(u, x))

    def change(u: float, flat: np.ndarray) -> np.ndarray:
        matrix = np.zeros((len(x), len(x)))
        with jax.enable_x64(True):
            rates = _np(rates_at(law, u))
        np.add.at(matrix, (here[:, None, None], neighbours), rates)
        matrix[here, here] -= matrix.sum(1)
        return -(flat.reshape(matrix.shape) @ matrix).ravel()

    span, begin = (float(law.begin), float(law.end)), np.eye(len(x)).ravel()
    found = solve_ivp(change, span, begin, method="DOP853", rtol=1e-13, atol=1e-15)
    return found.y[:, -1].reshape(len(x), -1)


def states(problem: Problem) -> np.ndarray:
    return on_sequences.index_tables(problem.chain_space)[0]


def errors(law: Any) -> Iterator[tuple[str, float]]:
    """How far the law is from being one, rule by rule; nan counts as infinitely far."""
    if isinstance(law, InTurn):
        for stage in law.stages:
            yield from errors(stage)
        return
    if isinstance(law, Varying | Kernel):
        yield from _whole_errors(law)
        return
    if not isinstance(law, Generator):
        with float64():
            tables = [tokens for tokens, _ in by_kind.tables(law)]
        for tokens in tables:
            yield from _token_errors(tokens)
        return
    rates = _np(law.rates)
    yield "a rate is not finite, off", 0.0 if np.isfinite(rates).all() else math.inf
    yield "a rate is negative", float(-rates.min())
    yield "the duration is negative", -float(law.duration)


def clipped(law: Any) -> float:
    """The most that the law of a whole step says it has clipped; 0 where it cannot say."""
    if isinstance(law, InTurn):
        return max(map(clipped, law.stages))
    return float(np.max(_np(law.clipped))) if isinstance(law, Tokens | Kernel) else 0.0


def _whole_errors(law: Varying | Kernel) -> Iterator[tuple[str, float]]:
    if isinstance(law, Varying):  # its rates, exit rates and bound are checked as it is made
        yield "the duration is negative", float(law.end - law.begin)
        return
    rows: Any = _np(law.p)[:, None]
    yield from _token_errors(Tokens(rows, _np(law.lost)[:, None]))


def _token_errors(law: Tokens) -> Iterator[tuple[str, float]]:
    p = _np(law.p)
    if not np.isfinite(p).all():
        yield "an entry is not finite, off", math.inf
        return
    yield "an entry is negative", float(-p.min())
    lost = np.broadcast_to(_np(law.lost), p.shape[:2])
    yield "the lost mass is negative", float(-lost.min())
    yield "a token's law misses a sum of 1", float(np.abs(p.sum(-1) + lost - 1).max())


def _np(array: Any) -> np.ndarray:
    return np.asarray(array, dtype=np.float64)


def laws_apart(first: Any, second: Any) -> float:
    """The largest distance of two laws of a step of one kind; nan if an entry is no number."""
    worst = 0.0
    for a, b in zip(jax.tree.leaves(first), jax.tree.leaves(second), strict=True):
        a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
        gap = np.subtract(a, b, out=np.zeros_like(a), where=a != b)  # both may be infinite
        off = float(np.abs(gap).max())
        worst = off if worse(off, worst) else worst
    return worst
