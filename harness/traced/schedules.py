"""Does the schedule that code steps through add up?

Code goes through times of its own clock and applies at each some amount of noise, often ``σ(t) Δt``
for ``∫σ``.  What a schedule does that a theorem does not allow for is a ``ScheduleFinding``, with
its number and a sentence.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from harness.foundation.counted import counted
from harness.traced.clocks import integral

SAME = 1e-6  # relative: amounts of noise that were computed in 32 bits


@dataclass(frozen=True)
class ScheduleFinding:
    """``number`` is what was found, of the kind ``name``; ``sentence`` says it."""

    name: str
    number: float
    sentence: str


def check_schedule(
    times: Sequence[float],
    clock: Callable[[float], float],
    *,
    rate: Callable[[float], Any] | None = None,
    told: Sequence[float] | None = None,
) -> list[ScheduleFinding]:
    """What there is to say of code that steps through ``times [N + 1]`` of its own.

    ``clock(t)`` is their noise time.  ``rate(t)``: the ``σ`` of the code; ``told [N]``: how much
    noise it undoes in each step, or takes its rates times, by default ``σ(t) |Δt|`` where a step
    begins, if there is a rate.  Nothing is found where noise times decrease from ``inf`` to 0, each
    another one, and the steps are told what they are.  Raises ValueError for too few times.
    """
    if len(times) < 2:
        raise ValueError(f"a schedule needs at least 2 times, got {len(times)}")
    if told is not None and len(told) != len(times) - 1:
        raise ValueError(f"told needs one amount a step, {len(times) - 1}, got {len(told)}")
    noise = [float(clock(float(t))) for t in times]
    found = [_backwards(noise), _standing(noise), _end(noise), _start(noise)]
    if rate is not None:
        found.append(_another_rate(times, noise, rate))
        if told is None:
            told = [abs(t - s) * float(rate(float(t))) for t, s in pairwise(times)]
    if told is not None:
        found.append(_sum(noise, told))
    return [each for each in found if each is not None]


def _backwards(noise: list[float]) -> ScheduleFinding | None:
    rising = [k for k, (t, s) in enumerate(pairwise(noise)) if s > t]
    if not rising:
        return None
    k = rising[0]
    return ScheduleFinding(
        "not monotone",
        len(rising),
        f"{counted(len(rising), 'step')} of {len(noise) - 1} lead to more noise, the first from "
        f"noise time {noise[k]:.4g} to {noise[k + 1]:.4g} (step {k + 1})",
    )


def _standing(noise: list[float]) -> ScheduleFinding | None:
    still = sum(t == s for t, s in pairwise(noise))
    if not still:
        return None
    return ScheduleFinding(
        "rounded",
        len(set(noise)),
        f"{counted(still, 'step')} of {len(noise) - 1} undo no noise at all: the {len(noise)} "
        f"times have only {len(set(noise))} different values, as of a schedule that is rounded",
    )


def _end(noise: list[float]) -> ScheduleFinding | None:
    last = noise[-1]
    if last <= 0:
        return None
    return ScheduleFinding(
        "ends early",
        last,
        f"the last time is noise time {last:.4g} and not 0, where the data are: there noise has "
        f"hit a token with probability {-math.expm1(-last):.4g}",
    )


def _start(noise: list[float]) -> ScheduleFinding | None:
    first = noise[0]
    if first == math.inf:
        return None
    return ScheduleFinding(
        "starts late",
        first,
        f"the first time is noise time {first:.4g}: there a share {math.exp(-first):.4g} of the "
        "tokens is still clean, which a start from pure noise does not have",
    )


def _another_rate(
    times: Sequence[float], noise: list[float], rate: Callable[[float], Any]
) -> ScheduleFinding | None:
    """Whether ``rate`` is what the clock is the integral of."""
    steps = [
        (t, s, here - there, abs(integral(rate, float(s), float(t))))
        for (t, s), (here, there) in zip(pairwise(times), pairwise(noise), strict=True)
        if math.isfinite(here)
    ]
    off = [(abs(wanted - got), t, s, wanted, got) for t, s, wanted, got in steps]
    far = [each for each in off if each[0] > SAME * max(abs(each[3]), each[4])]
    if not far:
        return None
    _, t, s, wanted, got = max(far)
    return ScheduleFinding(
        "rate is not that of the clock",
        got / wanted - 1 if wanted else math.inf,
        f"the rate does not belong to the clock: from t={t:.4g} to {s:.4g} it adds up to "
        f"{got:.4g}, and the noise time is {wanted:.4g}",
    )


def _sum(noise: list[float], told: Sequence[float]) -> ScheduleFinding | None:
    """Whether steps are told the noise that they undo; a step from ``inf`` undoes all there is."""
    true = np.array([0.0 if t == s else t - s for t, s in pairwise(noise)])
    given = np.asarray(told, np.float64)
    both = np.isinf(true) & np.isinf(given)
    off = np.where(both, 0.0, abs(np.where(both, 0.0, given) - np.where(both, 0.0, true)))
    if not (off > SAME * np.where(np.isinf(true), 1.0, np.maximum(abs(true), abs(given)))).any():
        return None
    worst, kept = int(off.argmax()), ~both
    in_all = true[kept].sum()
    return ScheduleFinding(
        "steps do not add up",
        float(given[kept].sum() / in_all - 1) if in_all else math.inf,
        f"the steps are told {given[kept].sum():.4g} of noise in all where it is "
        f"{in_all:.4g}; the worst is step {worst + 1}, told {given[worst]:.4g} for "
        f"{true[worst]:.4g}",
    )
