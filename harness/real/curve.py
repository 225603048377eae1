"""How far a loop's output is from the data, exactly, against its number of steps."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.foundation.counted import counted
from harness.numerics import divergence
from harness.process.noise import Noise
from harness.traced.loop import LoopLaw, TracedLoop

EXACT = 1e-12  # TV that float64 leaves
SINGLE = 1e-6  # and float32
FALLS = 0.5  # an order of the KL in 1/N that is one
LEAST = 3  # finite KLs that it takes to say where they go
_TAKES = f"where it goes takes {LEAST} numbers of steps to say"
STANDS = 0.8  # a KL that keeps this share when the steps are doubled does not go to 0


@dataclass(frozen=True)
class Point:
    """The law of a run of ``steps`` beside the ``truth``, both ``[C] * d``.

    Divergences in nats: ``kl`` of the truth from the output, ``reverse_kl`` the other way.
    ``off_support``: the output's probability where the truth has none; ``masks``: that it holds a
    mask, or something that is no token; ``calls``: the mean number of model calls.
    """

    steps: int
    calls: float
    kl: float
    reverse_kl: float
    tv: float
    off_support: float
    masks: float
    law: np.ndarray
    seen: LoopLaw


def point(seen: LoopLaw, truth: np.ndarray) -> Point:
    """What ``seen`` is beside the ``truth [C] * d``; masks are lost mass."""
    clean = seen.law[(slice(truth.shape[0]),) * truth.ndim]
    masks = max(0.0, float(seen.law.sum() - clean.sum())) + seen.lost
    masks = masks if masks > EXACT else 0.0
    q, p = truth.reshape(-1), clean.reshape(-1)
    return Point(
        seen.steps,
        seen.calls,
        float(divergence.kl(q, p, masks)),
        float(divergence.reverse_kl(q, p, masks)),
        float(divergence.tv(q, p, masks)),
        float(p[q == 0].sum()),
        masks,
        clean,
        seen,
    )


def curve(
    loop: TracedLoop, score: Any, noise: Noise, truth: np.ndarray, steps: Sequence[int]
) -> list[Point]:
    """A point for each number of ``steps``, ascending.  Raises as ``TracedLoop.law``."""
    return [point(loop.law(score, noise, count), truth) for count in sorted(steps)]


@dataclass(frozen=True)
class Tendency:
    """What the KL does as the steps get more: ``exact``, ``falls``, ``stays``, ``grows``, ``open``.

    ``order`` of ``falls``: minus the slope of log KL in log N between the last two points, and in
    ``words``.  Of two finite KLs the kind is what they do, and ``words`` say no more than that:
    where the KL goes is not ``shown``.
    """

    kind: str
    words: str
    order: float = math.nan
    shown: bool = True

    @property
    def good(self) -> bool:
        """Whether more steps lead to the truth."""
        return self.kind in ("exact", "falls")


def tendency(points: Sequence[Point], unit: float = 0.0) -> Tendency:
    """What the last points of a curve show.

    ``unit``: the unit roundoff in which the code computes, each call of the model one of them.
    """
    *_, last = points
    near = [each.tv <= max(SINGLE, unit * each.calls) for each in points]
    exact = [all(near[k:]) for k in range(len(points))]
    if any(exact):
        first = points[exact.index(True)]
        how = "to rounding" if last.tv <= EXACT else f"to a TV of {last.tv:.1g}"
        how = how if last.tv <= SINGLE else f"{how}, which rounding explains,"
        return Tendency(
            "exact", f"the data law {how} from {counted(first.steps, 'step')} on", math.inf
        )
    numbers = ", ".join(f"{each.kl:.3g}" for each in points[-3:])
    if not math.isfinite(last.kl):
        return Tendency("stays", f"the KL is infinite: {why_infinite(last)}")
    if len(points) < 2:
        told = f"the KL is {last.kl:.3g} at {counted(last.steps, 'step')}: {_TAKES}"
        return Tendency("open", told, shown=False)
    before = points[-2]
    if not math.isfinite(before.kl):
        told = f"the KL is {last.kl:.3g} at {last.steps} steps, and infinite at {before.steps}"
        told += ": more steps are needed to say where it goes"
        return Tendency("open", told, shown=False)
    doublings = math.log2(last.steps / before.steps)
    order = math.log2(before.kl / last.kl) / doublings if before.kl > 0 else -math.inf
    kind = _kind(points, order)
    if sum(math.isfinite(each.kl) for each in points) < LEAST:
        return Tendency(kind, f"the KL {_of_two(before, last)}", order, shown=False)
    words = {
        "falls": f"the KL goes to 0 like h^{order:.2f} ({numbers})",
        "grows": f"the KL grows with the number of steps: {numbers}",
        "stays": f"the KL stays at {last.kl:.3g} however many steps ({numbers})",
        "open": f"the KL falls slowly ({numbers})",
    }
    order = math.nan if kind == "stays" else order
    return Tendency(kind, words[kind], order, shown=kind != "open")


def _kind(points: Sequence[Point], order: float) -> str:
    if order >= FALLS:
        return "falls"
    if order < 0 and points[0].kl < points[-1].kl:
        return "grows"
    return "stays" if 2.0**-order >= STANDS else "open"


def _of_two(first: Point, last: Point) -> str:
    """No more than two numbers show: neither a limit nor an order."""
    told = f"is {first.kl:.3g} at {counted(first.steps, 'step')} and {last.kl:.3g} at {last.steps}"
    return f"{told}: {_TAKES}"


def why_infinite(last: Point) -> str:
    """What the truth has and the output has not."""
    return "what the data have is never drawn" if last.masks < 1 else "no run ends without masks"
