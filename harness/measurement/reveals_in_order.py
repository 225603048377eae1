"""What a fixed order of reveals costs, round by round: what tokens tell each other, and estimates.

``blocks`` are the sets of tokens that are revealed, in turn.  Both are sums of positive terms.
"""

import math
from itertools import accumulate
from typing import Any

import numpy as np

from harness.engines.sequences.step_laws import step_law
from harness.foundation.precision import float64
from harness.measurement import reveal_chain
from harness.numerics.divergence import bregman
from harness.problem.problem import Problem

Blocks = tuple[tuple[int, ...], ...]


def blocks_of(problem: Problem) -> Blocks:
    """The tokens that each step of ``problem`` reveals, read off its laws, from all masked on.

    Of a sampler whose choice depends on which tokens are masked only (trait FIXED_ORDER).
    """
    space, found = problem.sequences, []
    mask = space.tokens - 1
    state = np.full(space.length, mask)
    for t, s in problem.grid.intervals():
        row = int(state @ np.asarray(space.strides))
        with float64():
            law: Any = step_law(problem, t, s)
            stays = np.asarray(law.p)[row, :, mask]
        chosen = np.flatnonzero((state == mask) & (stays < 0.5))
        if len(chosen):
            found.append(tuple(chosen.tolist()))
        state[chosen] = 0
    return tuple(found)


def dependence(problem: Problem, blocks: Blocks) -> float:
    """``Σ_r TC(X_{S_r} | X_{C_r})`` in nats: what tokens revealed together tell each other."""
    clean = (slice(-1),) * problem.sequences.length
    law = problem.data_law.reshape(problem.sequences.shape)[clean]
    known = [(), *accumulate(blocks[:-1])]
    return math.fsum(_told(law, before, new) for before, new in zip(known, blocks, strict=True))


def _told(law: np.ndarray, known: tuple[int, ...], new: tuple[int, ...]) -> float:
    """``TC(X_new | X_known)``."""
    places = sorted((*known, *new))
    joint = law.sum(tuple(i for i in range(law.ndim) if i not in places))
    axes = [places.index(i) for i in new]
    before = joint.sum(tuple(axes), keepdims=True)
    apart = before
    for axis in axes:
        others = tuple(a for a in axes if a != axis)
        apart = apart * joint.sum(others, keepdims=True) / np.where(before > 0, before, 1.0)
    return float(np.asarray(bregman(joint, apart)).sum())


def estimation(problem: Problem, blocks: Blocks) -> float:
    """``Σ_r Σ_{i∈S_r} E KL(Pr(X^i|X_{C_r}) ‖ its estimate)`` in nats."""
    masked = reveal_chain.masks(problem.sequences)
    weights = reveal_chain.known(problem)
    true, told = reveal_chain.clean_laws(problem), reveal_chain.estimated_clean_laws(problem)
    gaps = np.asarray(bregman(true, told)).sum(-1)  # [n, d]
    total, left = 0.0, set(range(problem.sequences.length))
    for new in blocks:
        here = (masked == np.isin(np.arange(masked.shape[1]), list(left))).all(1) & (weights > 0)
        total += float((weights[here, None] * gaps[here][:, list(new)]).sum())
        left -= set(new)
    return total
