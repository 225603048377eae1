"""What masked tokens still tell about each other as ever more of them are revealed.

Every token is revealed with probability ``r = e^{-t}``, on its own; ``A`` is the random set of the
revealed ones and ``f(r) = E H(X^A)``.  A target enters the error of a masked sampler through ``f``
alone.  It is a polynomial: with ``H_k`` the mean entropy of ``k`` tokens,
``f(r) = Σ_k C(d,k) r^k (1-r)^{d-k} H_k``, and so are

    ``f'(r)  = Σ_i H(X^i | A, i hidden)``, coefficients ``d (H_{k+1} - H_k)``,
    ``h(r)   = Σ_i I(X^i; X^A | i hidden) = f'(0) - f'(r)``,
    ``h'(r)  = -f''(r)``, coefficients ``d (d-1) (2 H_{k+1} - H_k - H_{k+2})``.

The last bracket is ``I(X^i; X^j | X^B)``, mean over ``i ≠ j`` and ``k`` others ``B``: it is summed
here as the divergence that it is, by positive terms, and the rest is made of it by additions, so
that even the smallest dependence keeps its digits.
"""

import math
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import combinations
from typing import Any

import numpy as np

from harness.numerics import bernstein, compositions
from harness.numerics.divergence import bregman
from harness.problem.problem import Problem
from harness.process.counts import Counts
from harness.process.truth import on_counts


@dataclass(frozen=True)
class RevealProfile:
    """``f`` and its derivatives, in nats; ``r``, ``p`` and ``q`` are arrays ``[..]`` or numbers.

    ``dependence [d - 1]``: mean ``I(X^i; X^j | X^B)`` over ``B`` of ``k = 0 .. d-2`` others.
    ``last``: mean ``H(X^i | all others)``.
    """

    dependence: tuple[float, ...]
    last: float

    @classmethod
    @lru_cache(maxsize=16)  # theorems ask for it again and again
    def of(cls, problem: Problem) -> "RevealProfile":
        """That of the data law of a problem with a mask.  Raises ValueError for one without."""
        space, law = problem.space, problem.data_law
        if not space.masked:
            raise ValueError(f"a reveal profile needs absorbing noise, got {problem.noise}")
        if isinstance(space, Counts):
            counts = space.counts()
            clean = np.flatnonzero(counts[:, -1] == 0)
            ordered = clean[np.argsort(compositions.index(counts[clean, :-1]))]
            return cls.of_counts(law[ordered], space.vocabulary, space.length)
        clean = (slice(space.vocabulary),) * space.length
        return cls.of_sequences(law.reshape(space.shape)[clean])

    @classmethod
    def of_sequences(cls, law: np.ndarray) -> "RevealProfile":
        """Of a law ``[S]*d`` of sequences, from the laws of all ``2^d`` subsets of tokens."""
        length, tokens = law.ndim, law.shape[0]
        # One more value on each axis means "hidden": an entry is a probability of a subset.
        for i in range(length):
            law = np.concatenate([law, law.sum(i, keepdims=True)], i)
        seen = (np.indices((tokens + 1,) * max(length - 2, 0)) < tokens).sum(0).reshape(-1)
        dependence = np.zeros(length - 1)
        for i, j in combinations(range(length), 2):
            pair = np.moveaxis(law, (i, j), (0, 1)).reshape(tokens + 1, tokens + 1, -1)
            told = _told(pair[:-1, :-1], pair[:-1, -1:], pair[-1:, :-1], pair[-1:, -1:])
            dependence += np.bincount(seen, told, length - 1)
        for k in range(length - 1):
            dependence[k] /= math.comb(length, 2) * math.comb(length - 2, k)
        own = (slice(tokens),) * length
        doubts = [
            on_counts.conditional_entropy(np.moveaxis(law[own], i, 0).reshape(tokens, -1))
            for i in range(length)
        ]
        return cls(tuple(dependence.tolist()), math.fsum(doubts) / length)

    @classmethod
    def of_counts(cls, law: np.ndarray, tokens: int, length: int) -> "RevealProfile":
        """Of an exchangeable law, given by that of its counts, ``[N]``."""
        space, dependence = Counts(tokens, length), []
        last = on_counts.conditional_entropy(on_counts.first(space, law))
        while space.length > 1:
            one = on_counts.first(space, law)  # [S, N']
            space, law = Counts(tokens, space.length - 1), one.sum(0)
            pair = np.stack([on_counts.first(space, row) for row in one])  # [S, S, N'']
            none = pair.sum((0, 1), keepdims=True)
            told = _told(pair, pair.sum(1, keepdims=True), pair.sum(0, keepdims=True), none)
            dependence.append(float(told.sum()))
        return cls(tuple(reversed(dependence)), last)

    @property
    def length(self) -> int:
        """``d``."""
        return len(self.dependence) + 1

    @cached_property
    def density(self) -> tuple[float, ...]:
        """``[d - 1]`` coefficients of ``h'``: what ``grids.square_root_profile`` takes."""
        pairs = self.length * (self.length - 1)
        return tuple(pairs * each for each in self.dependence)

    @cached_property
    def _doubts(self) -> np.ndarray:
        """``[d]`` mean ``H(X^i | k others)``: what is left at the end and what was told after."""
        told = np.cumsum(np.array((0.0, *reversed(self.dependence))))
        return self.last + told[::-1]

    def entropy(self, r: Any) -> np.ndarray:
        """``f(r)``."""
        return bernstein.value((0.0, *np.cumsum(self._doubts)), r)

    def doubt(self, r: Any) -> np.ndarray:
        """``f'(r)``."""
        return bernstein.value(self.length * self._doubts, r)

    def information(self, r: Any) -> np.ndarray:
        """``h(r)``."""
        told = np.cumsum(np.array((0.0, *self.dependence)))
        return bernstein.value(self.length * told, r)

    def rise(self, r: Any) -> np.ndarray:
        """``h'(r)``."""
        return bernstein.value(self.density, r)

    def step_cost(self, p: Any, q: Any) -> np.ndarray:
        """``(q-p) f'(p) - (f(q) - f(p)) = ∫_p^q (q-r) h'(r) dr``: of revealing from ``p`` to ``q``.

        What the tokens revealed in one step tell about each other, on average.
        """
        return bernstein.integral(self.density, p, q, lambda r, left: left, 1)

    def dual_total_correlation(self, p: Any, q: Any) -> np.ndarray:
        """``∫_p^q r h'(r) dr``: ``DTC(X_s) - DTC(X_t)`` where ``e^{-t} = p`` and ``e^{-s} = q``."""
        return bernstein.integral(self.density, p, q, lambda r, left: r, 1)

    def curvature(self, p: Any, q: Any) -> np.ndarray:
        """``H(p, q) = ∫_p^q r (1-r) h'(r) dr``."""
        after = 1 - np.asarray(q)[..., None]
        return bernstein.integral(self.density, p, q, lambda r, left: r * (left + after), 2)

    @cached_property
    def effective_total_correlation(self) -> float:
        """``∫_0^∞ min(1, t) I(t) dt``, ``I(t) = r² h'(r)`` at ``r = e^{-t}``; below TC and DTC.

        A polynomial in ``r`` up to ``1/e``, and smooth in ``t`` from there.
        """
        late = self.dual_total_correlation(0.0, math.exp(-1))
        nodes, weights = np.polynomial.legendre.leggauss(max(32, self.length))
        t = (nodes + 1) / 2
        r = np.exp(-t)
        return float(late + (weights / 2 * t * r**2 * self.rise(r)).sum())

    @cached_property
    def optimal_constant(self) -> float:
        """``P = (∫_0^1 sqrt(h'))²``: the best ``N`` steps cost about ``P/(2N)``."""
        return float(bernstein.root_integrals(self.density, (0.0, 1.0))[0]) ** 2


def _told(pair: np.ndarray, a: np.ndarray, b: np.ndarray, none: np.ndarray) -> np.ndarray:
    """``[..]`` what two tokens tell of each other given the rest: ``pair [S, S, ..]`` and margins.

    The sum over the rest of ``Σ_ab pair log(pair none/(a b))``, term by term positive.
    """
    apart = a * b / np.where(none > 0, none, 1.0)
    return np.asarray(bregman(pair, apart)).sum((0, 1))
