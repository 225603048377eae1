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
from harness.regress.small_steps import LOST

TOLERANCE = 0.1  # of an order, one-sided
SHOWN = 1e-7  # of a flow: a term below this is not told from rounding
EARLIEST = 0.01  # before, the smallest steps have only rounding to show


def told(problem: Problem, small: Any, flows: np.ndarray, t: float, kind: str) -> tuple[str, ...]:
    """The orders that are claimed and not there, in words.  ``flows [S^d]``: through each state."""
    claims = problem.sampler.claims
    if not EARLIEST < t < np.inf or kind in ("zeros", "tilted"):
        return ()
    found = []
    if 1 < claims.chain_order < np.inf:
        shown = chain_order(small)
        if shown < claims.chain_order - TOLERANCE:
            found.append(
                f"the chain KL falls with order {shown:.3g}, claimed {claims.chain_order:g}"
            )
    if 1 < claims.output_order < np.inf:
        found += _lower_terms(small, flows, claims.output_order / 2)
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


def _lower_terms(small: Any, flows: np.ndarray, order: float) -> list[str]:
    """The half or whole power below ``order`` that the error of the law has, a unit of time."""
    scale = np.maximum(flows, 0.01 * flows.max())
    change, floor = small.change() / scale, small.floor() / scale
    found = surest(change, order, SHOWN + 3 * floor)
    if found is None:
        return []
    low, term = found
    return [
        f"the law of a step has a term h^{1 + low:g}, {term:.2g} of a flow where "
        f"h={small.h[-1]:.2g}: output order {2 * low:g}, claimed {2 * order:g}"
    ]
