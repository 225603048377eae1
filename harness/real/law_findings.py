"""Faults that a loop's output laws show."""

import math
from collections.abc import Iterator, Sequence

from harness.foundation.counted import counted
from harness.real.curve import EXACT, Point
from harness.real.finding import Finding

SAME_SHARE = 0.75  # masks that are left in this share when steps double are left however many


def findings(points: Sequence[Point]) -> Iterator[Finding]:
    """A model that is not asked, masks left, states off the support, rows of a batch, memory."""
    last = points[-1]
    if last.calls == 0:
        yield Finding(
            "the model is never called",
            "the loop never calls the model that it is handed: what it gives is the same whatever "
            "the data are",
        )
    if last.seen.saved:
        yield _kept(last)
    elif last.seen.coupled:
        yield Finding(
            "rows of a batch",
            "rows of a batch are not independent samples: "
            f"{last.seen.coupled}. The law here is that of a batch of one row",
        )
    if last.masks > 0:
        yield _masks(points)
    if last.off_support > EXACT:
        yield Finding(
            "off the support",
            f"{last.off_support:.3g} of the output is where the data law is 0",
        )
    if last.seen.memory:
        told = " and ".join(last.seen.memory)
        yield Finding(
            "hidden memory",
            f"the loop remembers more than the model is handed ({told}): the law allows for it",
            fault=False,
        )


def _kept(last: Point) -> Finding:
    saved = last.seen.saved
    told = (
        "an answer is kept while no row of the batch moves: in a batch of its own a row asked the "
        f"model {last.calls - saved:.4g} instead of {last.calls:.4g} times"
    )
    if not last.seen.coupled:
        return Finding("answers are kept", f"{told}, and the law is the same", fault=False)
    return Finding(
        "an old answer is kept",
        f"{told}, and draws from what the model said at another time: what a row gets depends on "
        "the other rows. The law here is that of a row among many, of which some always move",
    )


def _masks(points: Sequence[Point]) -> Finding:
    last = points[-1]
    share = f"{last.masks:.3g} of the samples hold a mask at the end"
    if len(points) < 2:
        return Finding("masks are left", f"{share} of {counted(last.steps, 'step')}")
    before = points[-2]
    if last.masks >= SAME_SHARE ** math.log2(last.steps / before.steps) * before.masks:
        return Finding(
            "masks are left",
            f"{share}, however many steps: the schedule ends before all is revealed",
        )
    return Finding(
        "a mask can be drawn",
        f"{share}, fewer with more steps: the mask is drawn as if it were a token, or the last "
        "step leaves some",
    )
