"""Exact facts about the forward process on token counts; the names of ``truth``.

Every number means *sequences of tokens*: the law of a sequence is that of its counts, spread
evenly over their orders.  So ``H(X) = H(counts) + E log multiplicity``, and what is said of one
token is said of the first, since all are alike.
"""

import math
from dataclasses import replace
from typing import Any

import numpy as np

from harness.foundation.perturbation import perturbed
from harness.foundation.precision import float64
from harness.numerics import compositions, convolution
from harness.numerics.divergence import CARRIED, ENTRY_ERROR, entropy_with_floor, nonnegative
from harness.process.counts import Counts
from harness.process.noise import Noise
from harness.process.truth import masked_counts, refresh_counts


def spread(space: Counts, noise: Noise, law: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """``law [N]`` after every token has moved by ``kernel [S, S]``, one of ``noise``."""
    if space.masked:
        kept, hidden = kernel[0, 0], kernel[0, -1]
        return masked_counts.masked(law, kept, hidden, space.tokens, space.length)
    total = space.length
    if noise.draws_afresh and refresh_counts.fits(len(kernel), total):
        return refresh_counts.push(law, *refresh_counts.parts(kernel), total)
    return convolution.push(law, kernel, total)


def independent(space: Counts, token: np.ndarray) -> np.ndarray:
    """``[N]`` law of the counts of independent tokens with law ``token [S]``."""
    somewhere = np.zeros(space.size)
    somewhere[0] = 1.0  # wherever the tokens are, each is drawn afresh
    return convolution.push(somewhere, np.tile(token, (space.tokens, 1)), space.length)


def log_independent(space: Counts, token: np.ndarray) -> np.ndarray:
    """``[N]`` log of ``independent``, where that may underflow."""
    counts = space.counts()
    with np.errstate(divide="ignore", invalid="ignore"):
        one = np.where(counts > 0, counts * np.log(token), 0.0).sum(1)
    return one + compositions.log_multiplicity(counts)


def total_correlation(space: Counts, law: np.ndarray) -> float:
    """``TC(X) = d H(X_1) - H(X)`` in nats."""
    return total_correlation_with_floor(space, law)[0]


def dual_total_correlation(space: Counts, law: np.ndarray) -> float:
    """``DTC(X) = H(X) - d H(X_1 | X_{-1})`` in nats."""
    return dual_total_correlation_with_floor(space, law)[0]


def total_correlation_with_floor(space: Counts, law: np.ndarray) -> tuple[float, float]:
    """``TC(X) = d H(X_1) - H(X)`` in nats, and its floor."""
    if space.length == 1:
        return 0.0, 0.0
    token = entropy_with_floor(law @ space.counts() / space.length)
    return _difference(space.length, token, sequence_entropy(space, law), -1)


def dual_total_correlation_with_floor(space: Counts, law: np.ndarray) -> tuple[float, float]:
    """``DTC(X) = H(X) - d H(X_1 | X_{-1})`` in nats, and its floor."""
    if space.length == 1:
        return 0.0, 0.0
    given = _conditional_entropy(first(space, law))
    return _difference(space.length, given, sequence_entropy(space, law), 1)


def _difference(
    times: int, one: tuple[float, float], whole: tuple[float, float], sign: int
) -> tuple[float, float]:
    """``sign (whole - times * one)``, which is not negative, with its floor; each with its own."""
    floor = math.hypot(times * one[1], whole[1])
    return nonnegative(sign * (whole[0] - times * one[0]), floor), floor


def sequence_entropy(space: Counts, law: np.ndarray) -> tuple[float, float]:
    """``H(X)`` of the sequence, in nats, and its floor."""
    value, floor = entropy_with_floor(law)
    orders = law * compositions.log_multiplicity(space.counts())
    whole = value + float(orders.sum())
    return whole, floor + ENTRY_ERROR * (float(np.sqrt(orders @ orders)) + whole / 4)


def first(space: Counts, law: np.ndarray) -> np.ndarray:
    """``[S, N']`` joint law of the first token and the counts of the ``d - 1`` others."""
    others = _others(space)
    unit = np.eye(space.tokens, dtype=others.dtype)
    whole = compositions.index(others[None] + unit[:, None])  # [S, N']
    return law[whole] * (others.T + 1) / space.length


def conditional_entropy(joint: np.ndarray) -> float:
    """``H(first | second)`` of a joint law ``[S, N']``, by positive terms only."""
    return _conditional_entropy(joint)[0]


def _conditional_entropy(joint: np.ndarray) -> tuple[float, float]:
    """The same with its floor."""
    total = joint.sum(0)
    seen = joint > 0
    share = joint[seen] / np.broadcast_to(total, joint.shape)[seen]
    terms = joint[seen] * np.log(share)
    value = float(-terms.sum())
    return value, ENTRY_ERROR * (float(np.sqrt(terms @ terms)) + value / 4)


def reverse_flow(space: Counts, rows: int, noise: Noise, law: np.ndarray, begin: int) -> np.ndarray:
    """``[N, S, S]`` flow ``Q(n) n_a r(a→b)`` of the true reverse rates, 0 at ``b = a``.

    The ratio of two sequences is that of their counts' laws over their numbers of orders, so the
    flow is ``Q(n - e_a + e_b) (n_b + 1) R(b, a)``.
    """
    with float64():
        rates = np.asarray(noise.rate_matrix(space.tokens))
    rates = rates - np.diag(np.diag(rates))
    counts = space.counts()
    arrived = np.where(counts[:, :, None] > 0, counts[:, None, :] + 1.0, 0.0)
    return _carried(law[space.moved()] * arrived * rates.T)[begin : begin + rows]


class Reversal:
    """The truth between ``s`` and ``t = s + h``, given the counts at ``t``.

    ``factorisation`` is ``E TC(X_s | X_t)`` in nats, of sequences.

    Statement.  It is ``d [H(X_s^1|X_t^{-1}) - H(X_t^1|X_t^{-1})] - [H(X_s) - H(X_t)]``.
    Proof.  That of ``on_sequences.factorisation``, with ``H(J) - H(X_t)`` written as a difference
    of two entropies given the same ``X_t^{-1}``: they are of the size of one token's.  ∎
    """

    def __init__(self, problem: Any, t: float, s: float) -> None:
        self.space, self.noise, self.h = problem.space, problem.symbol_noise, t - s
        self.kernel, self.law_t = problem.kernel(self.h), problem.marginal(t)
        law_s, law_t = problem.marginal(s), self.law_t
        space, rest = self.space, self.space.length - 1
        earlier = first(space, law_s)
        # Law of X_s^1 and the counts of X_t^{-1}: the others have moved on.
        self.joint_law = earlier
        if rest:
            others = replace(space, length=rest)
            moved = [spread(others, self.noise, row, self.kernel) for row in earlier]
            self.joint_law = np.stack(moved)
        self.joint_law = perturbed("posterior", self.joint_law)
        earlier_given, now_given = map(_conditional_entropy, (self.joint_law, first(space, law_t)))
        before, now = sequence_entropy(space, law_s), sequence_entropy(space, law_t)
        gain = earlier_given[0] - now_given[0]
        self.factorisation = space.length * gain - (before[0] - now[0])
        floors = [space.length * earlier_given[1], space.length * now_given[1], before[1], now[1]]
        self.own_floor = math.hypot(*floors)
        one = 1 + math.log(space.vocabulary)  # the entropy of a token given the others, at most
        self.alike_floor = ENTRY_ERROR * space.length * (space.length - 1) * one

    def joint(self, begin: int, rows: int) -> np.ndarray:
        """``[rows, S, outcomes]``: of all tokens at value ``a`` in ``X_t``, their outcome at ``s``.

        ``d Pr(X_s^1 = b, X_t^{-1} = n - e_a) P_h(b, a)``.
        """
        space, counts = self.space, self.space.counts()
        less = counts[:, None, :] - np.eye(space.tokens, dtype=counts.dtype)
        present = counts > 0
        index = compositions.index(np.where(present[..., None], less, 0))
        joint = np.moveaxis(self.joint_law[:, np.where(present, index, 0)], 0, -1)  # [N, a, b]
        joint = np.where(present[..., None], space.length * joint * self.kernel.T, 0.0)
        if space.class_sizes:
            with float64():
                share = np.asarray(self.noise.moved_share(self.h))
            own = np.arange(space.tokens)
            moved = joint[:, own, own] * share
            joint[:, own, own] -= moved
            joint = np.concatenate([joint, moved[..., None]], -1)
        return _carried(joint)[begin : begin + rows]


def _carried(flow: np.ndarray) -> np.ndarray:
    """``flow`` with 0 where the law of the state that it leaves may have underflowed."""
    return np.where(flow < CARRIED, 0.0, flow)


def _others(space: Counts) -> np.ndarray:
    return compositions.states(space.tokens, space.length - 1)
