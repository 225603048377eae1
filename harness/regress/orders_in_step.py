"""Orders seen in single small steps, where terms of a low order outgrow those of a higher one.

In runs of a few hundred steps a small term of a lower order hides behind a large one of the order
that is claimed; in a step of a thousandth of that length it does not.

Statement.  Of a sampler whose steps are near to the truth's from every state (``chain_order > 0``)
the law of a step is off by ``h`` times ``O(h^{p/2})`` if its output order is ``p``, and its chain
KL in a step is ``O(h^{p+1})`` if its chain order is ``p``.
Proof.  Errors of ``N = T/h`` steps add up: the later steps carry them on as the truth does, but for
terms of a higher order.  On full support a KL is a quadratic form in the error of the law.  ∎
"""

from typing import Any

import numpy as np

from harness.numerics import divergence
from harness.problem.problem import Problem
from harness.regress.extrapolation import surest
from harness.regress.small_steps import LOST, named

TOLERANCE = 0.1  # of an order, one-sided
SHOWN = 1e-7  # of a flow: a term below this is not told from rounding
EARLIEST = 0.01  # before, the smallest steps have only rounding to show


def asked(t: float, kind: str) -> bool:
    """Whether a term of a lower order would be looked for at ``t``, of data of this kind."""
    return EARLIEST < t < np.inf and kind not in ("zeros", "tilted")


def told(
    problem: Problem, small: Any, true: np.ndarray, found_rates: np.ndarray, t: float, kind: str
) -> tuple[str, ...]:
    """The orders that are claimed and not there, in words; of rates ``[S^d, S^d]``."""
    claims = problem.sampler.claims
    if not asked(t, kind):
        return ()
    found = []
    if 1 < claims.chain_order < np.inf:
        shown = chain_order(small)
        if shown < claims.chain_order - TOLERANCE:
            found.append(
                f"the chain KL falls with order {shown:.3g}, claimed {claims.chain_order:g}"
            )
    if 1 < claims.output_order < np.inf:
        found += _lower_terms(problem, small, true, found_rates)
    return tuple(found)


def chain_order(small: Any) -> float:
    """The order of a run's chain KL, by that of a step; ``inf`` where it is rounding."""
    kls = []
    truth = small.truth
    for row, gone, before, kernel in zip(
        small.rows, small.lost, truth.before, truth.kernel, strict=True
    ):
        joint, lost = before[:, None] * kernel, float(before @ gone)
        kl = divergence.kl(joint.ravel(), (before[:, None] * row).ravel(), lost=lost)
        dust = np.minimum(joint, 1e-30 * before[:, None] / np.where(kernel > 0, kernel, np.inf))
        kls.append((float(kl), 100 * float(dust.sum()) + LOST * (lost > 0)))
    (before, _), (last, dust) = kls[-2:]
    return float(np.log2(before / last)) - 1 if last > dust else np.inf


def _lower_terms(
    problem: Problem, small: Any, true: np.ndarray, found_rates: np.ndarray
) -> list[str]:
    """The half or whole power that the error of the law has, a unit of time, and should not."""
    before, claimed = small.truth.before[0], problem.sampler.claims.output_order
    flows = before @ true + before * true.sum(1)
    scale = np.maximum(flows, 0.01 * flows.max())
    change, floor = small.change() / scale, small.floor() / scale
    found = surest(change, claimed / 2, SHOWN + 3 * floor)
    if found is None:
        return []
    orders = f"output order {2 * found.low:g}, claimed {claimed:g}"
    if found.low == 0:
        moved = before[:, None] * np.abs(found_rates - true)
        moved = np.where(np.eye(len(moved))[found.at] + np.eye(len(moved))[:, [found.at]], moved, 0)
        x, y = np.unravel_index(int(np.argmax(moved)), moved.shape)
        rates = f"rate {found_rates[x, y]:.9g}, in truth {true[x, y]:.9g}"
        move = f"from {named(problem, x)} to {named(problem, y)} at {rates}"
        return [f"a rate is off, by {found.size:.2g} of a flow: {move}: {orders}"]
    return [
        f"the law of a step has a term h^{1 + found.low:g}, {found.size:.2g} of a flow where "
        f"h={small.h[-1]:.2g}: {orders}"
    ]
