"""How fast a KL falls with the step, beside the order that is claimed."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from harness.regress.extrapolation import romberg
from harness.verdicts.slopes import NEEDED, Slope, local_slopes, trailing_resolved

TOLERANCE = 0.1  # of an order, one-sided
SETTLED = 0.01  # of an order, from one slope to the next
EXACT = 1e-20  # a KL below this is rounding: the sampler has no error to speak of


class Judged(NamedTuple):
    """``number``: the order shown, in words.  ``rises``: it would be larger in smaller steps."""

    passed: bool
    number: str
    reason: str = ""
    rises: bool = False


def judged(
    steps: Sequence[int], y: Sequence[float], floors: Sequence[float], claimed: float
) -> Judged:
    """Of ``y [m]`` nats in so many ``steps [m]``: the smallest of the last local slopes."""
    if y[-1] <= EXACT + floors[-1]:
        return Judged(True, "no error")
    slopes = local_slopes([1 / n for n in steps], y, floors)
    usable = [slope.value for slope in trailing_resolved(slopes)[-NEEDED:]]
    rises = slopes[-1].value > slopes[-2].value + SETTLED
    if len(usable) == NEEDED:
        return Judged(min(usable) >= claimed - TOLERANCE, f"{min(usable):.2f}", rises=rises)
    if np.isfinite(claimed) and _leads_there(slopes, steps, y, claimed):
        return Judged(True, f"{slopes[-1].value:.2f} and falling to {claimed:g}")
    reason = f"{len(usable)} resolved intervals, {NEEDED} needed"
    return Judged(False, f"{slopes[-1].value:.2f} unresolved", reason, rises)


def _leads_there(
    slopes: Sequence[Slope], steps: Sequence[int], y: Sequence[float], claimed: float
) -> bool:
    """Slopes that still fall may lead to the claimed order, or below it.

    What they leave of ``y/h^claimed`` must have a limit, in powers of ``h``.
    """
    constants = [each * n**claimed for each, n in zip(y, steps, strict=True)]
    before, constant = romberg(constants, 1)[-1][-2:]
    settled = abs(constant - before) <= constants[-1] / 3
    return settled and min(slope.value for slope in slopes[-NEEDED:]) >= claimed - TOLERANCE
