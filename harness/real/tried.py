"""Whether the code is right with another model: of another law, or of another time.

A cause is a hypothesis that was tried: the loop itself is run again, unchanged.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from harness.foundation.counted import counted
from harness.process.noise import Noise
from harness.real.beside import EQUAL, nearest
from harness.real.curve import Point, curve, tendency
from harness.real.finding import Finding
from harness.real.watched import Watched
from harness.traced.errors import TooManyWorlds, Untraceable
from harness.traced.loop import TracedLoop
from harness.traced.models import other_law

BETTER = 2.0  # times smaller must a KL become, for the other model to be the right one
NAMES = {"posterior": "posterior", "cavity": "cavity (leave-one-out)"}


def another_law(
    loop: TracedLoop,
    score: Any,
    noise: Noise,
    truth: np.ndarray,
    points: Sequence[Point],
    unit: float = 0.0,
) -> Iterator[Finding]:
    """The posterior for the cavity, and back: where it mends the KL, that is what is needed.

    ``unit``: the unit roundoff of the code.
    """
    other = other_law(loop.asks)
    if other is None or tendency(points, unit).good:
        return
    steps = [each.steps for each in points[-3:]]
    try:
        found = curve(replace(loop, asks=other), score, noise, truth, steps)
    except (Untraceable, TooManyWorlds):
        return  # what cannot be tried is no explanation
    if not (BETTER * found[-1].kl < points[-1].kl and tendency(found, unit).good):
        return
    kind = "cavity" if other.startswith("cavity") else "posterior"
    yield Finding(
        f"needs {kind} predictions",
        f"it was given {_name(loop.asks)} predictions and needs {_name(other)} ones: with them "
        f"{tendency(found).words}",
    )


def another_time(
    loop: TracedLoop,
    score: Any,
    noise: Noise,
    truth: np.ndarray,
    points: Sequence[Point],
    watched: Watched,
    target: Any,
    stop: float,
) -> Iterator[Finding]:
    """The answers of the call before, or after: with them it is a built-in sampler, and better."""
    times, last = watched.times, points[-1]
    if times is None or len(times) < 3 or watched.steps != last.steps:
        return
    clock = dict(loop.options).get("clock", float)
    for told, shifted in (("before", _before(times)), ("after", _after(times))):
        moved = _moved(clock, dict(zip(times, shifted, strict=True)))
        other = replace(loop, options={**dict(loop.options), "clock": moved})
        try:
            found = curve(other, score, noise, truth, [last.steps])[0]
        except ValueError:
            continue  # no time of the noise, no law there, or one that is not followed
        if not BETTER * found.kl < last.kl:
            continue
        ends = times[-1] if told == "before" else stop
        known = nearest(found.law, target, noise, last.steps, shifted, ends)
        if known is not None and known.tv <= EQUAL:
            yield Finding(
                "asks at the wrong time",
                f"the model is asked at the time of another step: with the answers of the call "
                f"{told} it is {known.sampler}, and the KL {found.kl:.3g} instead of "
                f"{last.kl:.3g} at {counted(last.steps, 'step')}",
            )


def _moved(clock: Any, to: dict[float, float]) -> Any:
    """``clock``, and then the noise time that another call has."""
    known = np.array(list(to))

    def moved(t: float) -> float:
        u = float(clock(t))
        near = np.isclose(known, u, rtol=1e-9, atol=0) | (known == u)
        return to[float(known[near.argmax()])] if near.any() else u

    return moved


def _before(times: Sequence[float]) -> list[float]:
    """The time of the call before; of the first one, as far back as the grid goes on."""
    first, second = times[:2]
    back = first * first / second if 0 < second < first < np.inf else first
    return [back, *times[:-1]]


def _after(times: Sequence[float]) -> list[float]:
    """The time of the call after; of the last one, as far as the grid goes on."""
    last, before = times[-1], times[-2]
    return [*times[1:], last * last / before if 0 < last < before < np.inf else last]


def _name(asks: str) -> str:
    return NAMES["cavity" if asks.startswith("cavity") else "posterior"]
