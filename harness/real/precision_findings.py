"""In which precision code computes, and what its law loses by that: the same code in float64."""

from collections.abc import Iterable, Iterator
from typing import Any

from harness.foundation.counted import counted
from harness.numerics.divergence import tv
from harness.numerics.roundoff import UNIT, coarsest, unit_roundoff
from harness.process.noise import Noise
from harness.real.curve import Point
from harness.real.finding import Finding
from harness.traced.errors import TooManyWorlds, Untraceable
from harness.traced.loop import TracedLoop

MANY = 200.0  # unit roundoffs a model call, of a law on sequences: more is not rounding alone


def findings(
    loop: TracedLoop, score: Any, noise: Noise, computed_in: Iterable[str], point: Point
) -> Iterator[Finding]:
    """Nothing of code that computes in float64 only."""
    unit = unit_roundoff(computed_in)
    if unit <= UNIT:
        return
    name = coarsest(computed_in)
    told = f"computed in {name}, whose unit roundoff is {unit:.2g}"
    try:
        other = loop.law(score, noise, point.steps, in_float64=True).law
    except (Untraceable, TooManyWorlds) as error:
        yield Finding(f"{name}", f"{told}; it has no run in float64: {error}", fault=False)
        return
    off = float(tv(other, point.seen.law))
    least = f"{told}: in float64 the law of {counted(point.steps, 'step')} is TV {off:.2g} away"
    if off <= MANY * unit * max(1.0, point.calls):
        yield Finding(f"{name}", least, fault=False)
        return
    yield Finding(
        "digits lost",
        f"{least}, {off / unit:.3g} roundoffs: a difference of numbers that are nearly the same, "
        "or a number that is added or cut off, takes more digits than there are",
    )
