"""Categorical draws as much released code makes them: ``argmax_b p_b/(-log u_b)``, coarse uniforms.

With uniforms of infinite resolution this is an exact draw (the Gumbel trick).  A float32 uniform is
a multiple of ``2^-24`` below 1, so that ``-log u`` is never below ``2^-24``: an outcome of small
probability hardly ever wins, and the drawn law has less entropy than the one that is meant.

Statement.  Let a masked token be revealed with a small probability ``r``, to ``b`` with share
``π_b``.  With ``K = 2^bits`` it is drawn with weight ``1/(K expm1(1/(K r π_b)))`` for ``r π_b``, to
first order ``r π_b - 1/2K``, and its law has ``S J/(2 K r)`` nats less than ``π``, where ``J`` is
``Σ (π_b - 1/S) log(S π_b)``, the divergence of ``π`` from uniform in both directions.  In ``N``
even steps from all masked the fall is the mean over ``1/r = 1..N``: ``N S J/(4 K)``.
Proof.  The mask wins unless its wait, exponential of rate 1 to ``O(r)``, is longer than that of
``b``, which is ``j/(K r π_b)``, ``j = 1, 2, ..``, with probability ``1/K`` each: a geometric sum.
With shares ``π_b + (1/(2 K r)) (S π_b - 1)`` the entropy changes by ``-Σ δ_b log π_b``.  ∎

Source: Zheng et al., "Masked diffusion models are secretly time-agnostic masked models and exploit
inaccurate categorical sampling", arXiv 2409.02908.
"""

from typing import Any

import numpy as np

from harness.foundation.validation import integer

LEAST = 1e-10  # in the place of a uniform of 0, as in released code
EXHAUSTED = 45.0  # an exponential variable is larger with probability below 1e-19
TERMS = 2**16  # of an outcome's law, summed one by one
STRATA = 2**12  # beyond that: an integral over so many


def checked_bits(bits: int) -> int:
    """``bits`` of a uniform, of which the draws have 52.  Raises TypeError or ValueError."""
    if integer("bits", bits, 1) > 52:
        raise ValueError(f"bits must be at most 52, those of the draws, got {bits}")
    return bits


def drawn_law(p: Any, bits: int) -> np.ndarray:
    """The law ``[S]`` of one such draw from ``p [S]``.

    Outcome ``b`` with ``u_b = 1 - j/K``, ``K = 2^bits``, wins if ``u_c <= u_b^{p_c/p_b}`` for all
    others, with strict inequality for those that come before it: ``argmax`` takes the first.  Sums
    over ``j`` are complete up to 65,536 terms; beyond, they are integrals over 4,096 strata, by
    three Gauss nodes each, and what a waiting time above 45 would add, at most ``1/K``, is left
    out.
    """
    p = np.asarray(p, float)
    levels, order, longest = 2.0**bits, np.arange(len(p)), -np.log(LEAST)
    law = np.zeros(len(p))
    for b in np.flatnonzero(p):
        j, weight = _terms(levels, EXHAUSTED * p[b])
        with np.errstate(divide="ignore"):
            wait = np.minimum(-np.log1p(-j / levels), longest) / p[b]
        wins = weight / levels
        for c in np.flatnonzero((p > 0) & (order != b)):
            # How many of the K values of u_c lose: those from 1/K on, and 0.
            edge, zero = levels * np.exp(-p[c] * wait), longest / p[c]
            if p[c] == p[b]:
                losing = levels - j + (c > b)
            elif c < b:
                losing = np.clip(np.ceil(edge - 1e-6) - 1, 0, levels - 1) + (zero > wait)
            else:
                losing = np.clip(np.floor(edge + 1e-6), 0, levels - 1) + (zero >= wait)
            wins *= losing / levels
        law[b] = wins.sum()
    return law


def _terms(levels: float, longest: float) -> tuple[np.ndarray, np.ndarray]:
    """``j`` and weights of a sum over ``j = 1..K``, up to ``-log(1 - j/K) = longest`` if cut."""
    most = min(levels, np.ceil(levels * -np.expm1(-longest)))
    if levels <= TERMS or most <= TERMS:
        j = np.arange(1, min(levels, TERMS) + 1)
        return j, np.ones(len(j))
    # In -log u, where the terms are smooth, from the middle of two levels to that of two others.
    begin, end = -np.log1p(-0.5 / levels), min(longest, np.log(2 * levels))
    nodes, share = np.polynomial.legendre.leggauss(3)
    width = (end - begin) / STRATA
    minus_log = (begin + width * (np.arange(STRATA)[:, None] + (nodes + 1) / 2)).reshape(-1)
    weight = width * np.tile(share / 2, STRATA) * levels * np.exp(-minus_log)
    last = [1.0] if end < longest else [0.0]  # that of u = 0
    return np.append(-levels * np.expm1(-minus_log), levels), np.append(weight, last)
